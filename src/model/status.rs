//! What has become of an experiment.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::Exit;

/// The states and outcomes of an experiment, as its record names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Waits for its turn.
    Queued,
    /// Training, or begun by `gx register` and not completed yet.
    Running,
    /// The first valid result of its tag, or better than the best.
    Keep,
    /// Not kept, but close to the best.
    NearMiss,
    /// A valid result that is no better.
    Discard,
    /// No valid result.
    Crash,
    /// Killed at the time limit.
    Timeout,
    /// A protected path had changed, so the result cannot count.
    Tainted,
    /// Stopped from outside before it was done.
    Interrupted,
    /// Nothing that is here says: its snapshot came without its record, as into a clone that fetched no notes. No record
    /// ever has this word.
    NoRecord,
}

impl Status {
    /// Every status, in the order of a table.
    pub const ALL: [Self; 10] = [
        Self::Queued,
        Self::Running,
        Self::Keep,
        Self::NearMiss,
        Self::Discard,
        Self::Crash,
        Self::Timeout,
        Self::Tainted,
        Self::Interrupted,
        Self::NoRecord,
    ];

    /// The word in records, tables and `--status`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Keep => "keep",
            Self::NearMiss => "near-miss",
            Self::Discard => "discard",
            Self::Crash => "crash",
            Self::Timeout => "timeout",
            Self::Tainted => "tainted",
            Self::Interrupted => "interrupted",
            Self::NoRecord => "no-record",
        }
    }

    /// Whether nothing more is to come of it, as far as anybody here can know.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }

    /// Whether the result is a number that can be ranked.
    pub fn has_valid_result(self) -> bool {
        matches!(self, Self::Keep | Self::NearMiss | Self::Discard)
    }

    /// The exit code of the `gx run` that ended so.
    pub fn exit(self) -> Exit {
        match self {
            Self::Queued | Self::Running | Self::Keep => Exit::Done,
            Self::NearMiss => Exit::NearMiss,
            Self::Discard => Exit::Discard,
            Self::Crash => Exit::Crash,
            Self::Timeout => Exit::Timeout,
            Self::Tainted => Exit::Tainted,
            Self::Interrupted => Exit::Interrupted,
            Self::NoRecord => Exit::Failed,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|status| status.word() == word).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|status| status.word()).collect();
            format!("no status is called `{word}`; there are {}", known.join(", "))
        })
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The kinds of idea that an experiment can try, as autoresearch's orchestrator lists them.
pub const CATEGORIES: [&str; 14] = [
    "architecture",
    "optimizer",
    "hyperparams",
    "activation",
    "attention",
    "embedding",
    "normalization",
    "regularization",
    "scheduling",
    "initialization",
    "simplification",
    "combination",
    "ablation",
    "other",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_read_back_from_its_word() {
        for status in Status::ALL {
            assert_eq!(status.word().parse(), Ok(status));
        }
        assert!("kept".parse::<Status>().unwrap_err().contains("near-miss"));
    }
}
