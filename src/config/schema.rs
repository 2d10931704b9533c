//! The configuration as the rest of gx reads it: real types, every value already checked.

use std::fmt;
use std::path::{Component, Path};
use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::config::globs::Globs;
use crate::config::store::Store;
use crate::config::ui::Ui;
use crate::config::units;
use crate::model::gpu;
use crate::model::verdict::Goal;

/// Everything that can be configured; `default.toml` is the reference of every key.
#[derive(Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The number that decides, and where it is read.
    pub metric: Metric,
    /// When a result is kept.
    pub policy: Policy,
    /// What is run, and on which paths.
    pub run: Run,
    /// Which cards there are, and how they are given out.
    pub gpu: Gpu,
    /// How experiments are kept and found.
    pub store: Store,
    /// What a snapshot leaves out.
    pub snapshot: Snapshot,
    /// How much of a log is kept.
    pub log: Log,
    /// What is called at the end of a run.
    pub hooks: Hooks,
    /// How answers are shown to people.
    pub ui: Ui,
}

/// The number that decides, and where it is read.
#[derive(Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Its name in the results; never empty.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// Which way is better.
    pub goal: Goal,
    /// Whether a value of zero or below is no result.
    pub positive: bool,
    /// Where the results are read.
    pub source: Source,
    /// The file of [`Source::Json`], relative to the root; empty otherwise.
    pub file: String,
    /// The expression of [`Source::Regex`]; empty otherwise.
    pub pattern: String,
}

/// When a result is kept.
#[derive(Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// By how much a result must beat the best; finite, not negative.
    #[serde(deserialize_with = "distance")]
    pub min_delta: f64,
    /// How far behind the best a near miss may be, inclusive; finite, not negative.
    #[serde(deserialize_with = "distance")]
    pub near_miss: f64,
    /// After how many crashes in a row to stop; 0 means never.
    pub crash_streak: u32,
    /// What becomes of a better result on an older base.
    pub stale: Stale,
}

/// What becomes of a result that is better than the best when the tip of its tag moved while it ran.
#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(try_from = "String")]
pub enum Stale {
    /// It is kept; the tip moves to a merge with the measured tree.
    Keep,
    /// It is a near miss, to be tried again on the tip.
    NearMiss,
}

impl TryFrom<String> for Stale {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.as_str() {
            "keep" => Ok(Stale::Keep),
            "near-miss" => Ok(Stale::NearMiss),
            _ => Err(format!("must be \"keep\" or \"near-miss\", not {word:?}")),
        }
    }
}

/// What is run, and on which paths.
#[derive(Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The words of the command, placeholders such as `{lr}` still in them; empty when none is configured.
    pub command: Vec<String>,
    /// The time after which a run is killed; `None` means never.
    #[serde(deserialize_with = "units::limit")]
    pub timeout: Option<Duration>,
    /// The time between asking a run to end and killing it.
    #[serde(deserialize_with = "units::time")]
    pub grace: Duration,
    /// Patterns of the paths that keep and discard may touch; valid for [`Globs::new`].
    #[serde(deserialize_with = "patterns")]
    pub editable: Vec<String>,
    /// Patterns of the paths that must not change; valid for [`Globs::new`].
    #[serde(deserialize_with = "patterns")]
    pub protected: Vec<String>,
    /// Ignored paths that separate work trees borrow; each relative and inside the repository.
    #[serde(deserialize_with = "inside")]
    pub link: Vec<String>,
    /// Patterns of the results that a run in a checkout of its own leaves behind; valid for [`Globs::new`].
    #[serde(deserialize_with = "patterns")]
    pub artifacts: Vec<String>,
    /// How many cards a run gets.
    pub gpus: u32,
    /// How many finished checkouts are kept for the next runs.
    pub warm: usize,
}

/// Which cards there are, and how they are given out.
#[derive(Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Gpu {
    /// Where gx learns about them.
    pub source: gpu::Source,
    /// How many there are, for [`gpu::Source::Fixed`].
    pub count: u32,
    /// The indices or UUIDs of those that may be used; empty means all.
    pub devices: Vec<String>,
    /// How the trainer is told which are its own.
    pub visible: gpu::Visible,
    /// How many experiments may share one; never 0.
    #[serde(deserialize_with = "some")]
    pub slots: u32,
    /// How long a waiting experiment may be overtaken.
    #[serde(deserialize_with = "units::time")]
    pub max_bypass: Duration,
    /// The free memory in bytes that one must have; 0 means any.
    #[serde(deserialize_with = "units::bytes")]
    pub min_free_memory: u64,
    /// The temperature in degrees Celsius above which one is not given out; 0 means any.
    pub max_temperature: u32,
    /// The folder of the locks; empty means the usual one.
    pub lock_dir: String,
    /// How long a question after them may take; never 0.
    #[serde(deserialize_with = "units::some_time")]
    pub query_timeout: Duration,
    /// How long a card is kept after a run until its memory is free again; 0 means that nobody looks.
    #[serde(deserialize_with = "units::time")]
    pub release_timeout: Duration,
    /// The path of NVIDIA's library; empty means that the system finds it.
    pub library: String,
}

/// What a snapshot leaves out.
#[derive(Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The size in bytes above which an untracked file is left out.
    #[serde(deserialize_with = "units::bytes")]
    pub max_file: u64,
    /// Patterns of the paths that hold secrets; valid for [`Globs::new`].
    #[serde(deserialize_with = "patterns")]
    pub never: Vec<String>,
}

/// How much of a log is kept.
#[derive(Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// How many bytes of a log its record keeps; never 0.
    #[serde(deserialize_with = "units::some_bytes")]
    pub max_note: u64,
    /// How many of the last lines are kept in the record of a failure; never 0.
    #[serde(deserialize_with = "lines")]
    pub failure_tail: usize,
}

/// What is called at the end of a run.
#[derive(Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Hooks {
    /// A shell command; empty means none.
    pub finished: String,
    /// How long it may take; never 0.
    #[serde(deserialize_with = "units::some_time")]
    pub timeout: Duration,
}

/// Where the results of a run are read.
#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(try_from = "String")]
pub enum Source {
    /// The last complete `---` block of `key: value` lines in the log.
    Block,
    /// A JSON object in a file.
    Json,
    /// The named groups of an expression, looked for in the log.
    Regex,
}

impl TryFrom<String> for Source {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.as_str() {
            "block" => Ok(Source::Block),
            "json" => Ok(Source::Json),
            "regex" => Ok(Source::Regex),
            _ => Err(format!("must be \"block\", \"json\" or \"regex\", not {word:?}")),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Source::Block => "block",
            Source::Json => "json",
            Source::Regex => "regex",
        })
    }
}

fn name<'de, D: Deserializer<'de>>(source: D) -> Result<String, D::Error> {
    let name = String::deserialize(source)?;
    if name.trim().is_empty() { Err(D::Error::custom("must not be empty")) } else { Ok(name) }
}

fn distance<'de, D: Deserializer<'de>>(source: D) -> Result<f64, D::Error> {
    match f64::deserialize(source)? {
        distance if distance.is_finite() && distance >= 0.0 => Ok(distance),
        distance => Err(D::Error::custom(format!("must be 0 or more, not {distance}"))),
    }
}

fn some<'de, D: Deserializer<'de>>(source: D) -> Result<u32, D::Error> {
    match u32::deserialize(source)? {
        0 => Err(D::Error::custom("must be more than zero")),
        some => Ok(some),
    }
}

fn lines<'de, D: Deserializer<'de>>(source: D) -> Result<usize, D::Error> {
    match usize::deserialize(source)? {
        0 => Err(D::Error::custom("must be more than zero")),
        lines => Ok(lines),
    }
}

fn patterns<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<String>, D::Error> {
    let patterns = Vec::<String>::deserialize(source)?;
    Globs::check(&patterns).map_err(D::Error::custom)?;
    Ok(patterns)
}

fn inside<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<String>, D::Error> {
    let paths = Vec::<String>::deserialize(source)?;
    let within = |path: &str| {
        let mut parts = Path::new(path).components().peekable();
        parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
    };
    match paths.iter().find(|path| !within(path)) {
        Some(path) => Err(D::Error::custom(format!("must name paths inside the repository, not {path:?}"))),
        None => Ok(paths),
    }
}
