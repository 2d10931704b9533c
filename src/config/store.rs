//! What is configured about keeping experiments: how they are found, what is tidied in the background, and what
//! `gx gc` may take away.

use std::time::Duration;

use serde::Deserialize;

use crate::config::units;

/// How experiments are kept and found.
#[derive(Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Whether the index is asked.
    pub index: Index,
    /// Whether it is tidied in the background.
    pub upkeep: Upkeep,
    /// From how many loose refs on.
    pub upkeep_refs: usize,
    /// From how many loose objects on.
    pub upkeep_objects: usize,
    /// How long the trash is left; `None` means for ever.
    #[serde(deserialize_with = "units::limit")]
    pub keep_trash: Option<Duration>,
    /// How long whole log files are left; `None` means for ever.
    #[serde(deserialize_with = "units::limit")]
    pub keep_logs: Option<Duration>,
    /// How many bytes whole log files may take; 0 means any.
    #[serde(deserialize_with = "units::bytes")]
    pub max_logs: u64,
    /// How many bytes kept results may take; 0 means any.
    #[serde(deserialize_with = "units::bytes")]
    pub max_artifacts: u64,
    /// How long applied lines of the journal are left; never 0.
    #[serde(deserialize_with = "units::some_time")]
    pub keep_journal: Duration,
}

/// Whether the index is asked.
#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(try_from = "String")]
pub enum Index {
    /// Where it can be had.
    Auto,
    /// Never: every record is read.
    Off,
}

impl TryFrom<String> for Index {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.as_str() {
            "auto" => Ok(Index::Auto),
            "off" => Ok(Index::Off),
            _ => Err(format!("must be \"auto\" or \"off\", not {word:?}")),
        }
    }
}

/// Whether the store is tidied in the background.
#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(try_from = "String")]
pub enum Upkeep {
    /// After a command that wrote, where enough has gathered.
    Auto,
    /// Only by hand.
    Off,
}

impl TryFrom<String> for Upkeep {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.as_str() {
            "auto" => Ok(Upkeep::Auto),
            "off" => Ok(Upkeep::Off),
            _ => Err(format!("must be \"auto\" or \"off\", not {word:?}")),
        }
    }
}
