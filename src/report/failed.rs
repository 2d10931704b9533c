//! What went wrong, for programs.

use serde::Serialize;

use crate::error::Told;

/// An error under `--json`, and the answer to a line of `gx feed` that could not be followed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failed {
    /// The whole chain of causes, joined by `: `.
    pub error: String,
    /// What to do about it.
    pub hints: Vec<String>,
    /// The exit code of the command that would have failed so.
    pub exit: u8,
}

impl Failed {
    /// Of an error as it is told.
    pub fn of(told: &Told) -> Self {
        Self { error: told.message.clone(), hints: told.hints.clone(), exit: told.exit.code() }
    }
}
