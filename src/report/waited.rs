//! `gx run --detach` and `gx wait`: experiments that go on by themselves, and how they ended.

use serde::Serialize;

use crate::error::Exit;
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::record::Record;
use crate::model::status::Status;
use crate::report::outcome::Tree;
use crate::store::experiments::Stored;

/// The answer of `gx run --detach`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Begun {
    /// One; several with `--repeat`.
    pub experiments: Vec<Started>,
    /// The next sensible command.
    pub next: String,
}

/// An experiment that goes on by itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Started {
    /// Its name.
    pub id: ExperimentId,
    /// The commit that holds its code.
    pub snapshot: ObjectId,
    /// Its run tag.
    pub tag: String,
    /// `queued` or `running`.
    pub status: Status,
}

impl Begun {
    /// With the advice to wait for them.
    pub fn of(experiments: Vec<Started>) -> Self {
        let names: Vec<String> = experiments.iter().map(|begun| begun.id.to_string()).collect();
        Self { experiments, next: format!("gx wait {}", names.join(" ")) }
    }
}

/// The answer of `gx wait`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Waited {
    /// All that were waited for, in the order of the call.
    pub experiments: Vec<Awaited>,
    /// How many of them have not ended.
    pub open: usize,
    /// Whether the time was over first.
    pub timed_out: bool,
    /// The next sensible command.
    pub next: String,
    /// The exit code of the command.
    pub exit: u8,
}

/// An experiment that was waited for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Awaited {
    /// Its name.
    pub id: ExperimentId,
    /// Its status now.
    pub status: Status,
    /// Why.
    pub reason: Option<String>,
    /// The metric that decides.
    pub metric: String,
    /// Its value, where the run gave a valid one.
    pub value: Option<f64>,
    /// Wall time in seconds.
    pub seconds: Option<f64>,
    /// The exit code that its `gx run` would have had; null while it goes on.
    pub exit: Option<u8>,
    /// Where the branch and the work tree stood after it; null where it did not end in this clone.
    pub tree: Option<Tree>,
}

impl Awaited {
    /// From what the store holds; `exit` is that of its end.
    pub fn of(stored: &Stored, record: &Record, exit: Option<Exit>, tree: Option<Tree>) -> Self {
        Self {
            id: stored.id.clone(),
            status: record.status(),
            reason: record.text("reason").map(str::to_owned),
            metric: record.text("metric").unwrap_or_default().to_owned(),
            value: record.number("value"),
            seconds: record.number("seconds"),
            exit: exit.map(Exit::code),
            tree,
        }
    }
}
