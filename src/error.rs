//! What a person or an agent is told when something cannot be done, and the exit code that says it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The exit codes of gx, the same for every command; `docs/exit-codes.md` is the reader's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
pub enum Exit {
    /// Done; an empty list too, and a run that was kept.
    Done = 0,
    /// Something failed; nothing half was written.
    Failed = 1,
    /// The command line or a configuration file cannot be understood.
    Usage = 2,
    /// Something would leave this machine that may not, or for a place that nobody has declared private.
    Blocked = 3,
    /// No card can be had: there are fewer than asked for, or none that may be used.
    NoCard = 4,
    /// No experiment has the given id.
    NoSuchExperiment = 5,
    /// It could not be checked whether something may leave, so it does not.
    Unchecked = 6,
    /// The run finished and was discarded.
    Discard = 10,
    /// The run finished close to the best.
    NearMiss = 11,
    /// The run gave no valid result.
    Crash = 12,
    /// The run was killed at its time limit.
    Timeout = 13,
    /// A protected path changed, so the result cannot count.
    Tainted = 15,
    /// Several runs of the tag crashed in a row: look before you try again.
    CrashStreak = 20,
    /// What was waited for has not ended in the time given; waiting again goes on.
    StillRunning = 24,
    /// Ctrl-C, or SIGTERM.
    Interrupted = 130,
}

impl Exit {
    /// The number that the process ends with.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// An error that names the thing and says what to do about it.
///
/// The message is lower case without a full stop; every hint can be pasted or followed as it is.
#[derive(Debug)]
pub struct Fault {
    message: String,
    hints: Vec<String>,
    exit: Exit,
}

/// Starts a [`Fault`] that ends with [`Exit::Failed`].
pub fn fault(message: impl Into<String>) -> Fault {
    Fault { message: message.into(), hints: Vec::new(), exit: Exit::Failed }
}

/// Starts a [`Fault`] about how the command was called: it ends with [`Exit::Usage`].
pub fn misuse(message: impl Into<String>) -> Fault {
    fault(message).exit(Exit::Usage)
}

impl Fault {
    /// Adds a line of advice; commands stand in backticks.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Sets the exit code.
    pub fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }
}

impl From<Told> for Fault {
    fn from(told: Told) -> Self {
        Self { message: told.message, hints: told.hints, exit: told.exit }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

/// An error as it is shown: one line, its hints, the exit code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The whole chain of causes, joined by `: `.
    pub message: String,
    /// Advice, in the order it was given.
    pub hints: Vec<String>,
    /// The exit code.
    pub exit: Exit,
}

const FULL: &str = "make room on the disk, then call gx again: nothing is half written";

const DAMAGED: &str =
    "`gx doctor` says what is damaged, `gx doctor --fix` mends what the journal of this clone can";

/// What may go wrong in any step, by the words of the system or of Git, and what to do about it.
const MISHAPS: [(&str, &str); 10] = [
    ("No space left on device", FULL),
    ("Out of diskspace", FULL),
    // What libgit2 says when the disk was too full for an object that the ref is to name.
    ("target OID for the reference doesn't exist", FULL),
    // What Git says when it was too full for a table of refs.
    ("transaction failure: I/O error", FULL),
    // What gx and Git say of an object.
    (" is damaged: its file is ", DAMAGED),
    ("unable to stream", DAMAGED),
    ("loose object", DAMAGED),
    (" is missing or damaged", DAMAGED),
    ("Permission denied", "gx must be able to write into the repository: `ls -ld .git .git/*` shows who may"),
    ("Read-only file system", "gx must be able to write into the repository: mount it writable"),
];

/// Reads what an error chain has to say; the outermost fault decides the exit code.
pub fn tell(error: &anyhow::Error) -> Told {
    let faults = || error.chain().filter_map(|cause| cause.downcast_ref::<Fault>());
    let message = format!("{error:#}");
    let mut hints: Vec<String> = faults().flat_map(|fault| fault.hints.iter().cloned()).collect();
    let mishap = MISHAPS.iter().find(|(sign, _)| message.contains(sign)).map(|(_, hint)| (*hint).to_owned());
    // What a supervisor has told brings its hint along.
    hints.extend(mishap.filter(|hint| !hints.contains(hint)));
    Told { hints, message, exit: faults().next().map_or(Exit::Failed, |fault| fault.exit) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn a_fault_keeps_its_hints_and_exit_under_added_context() {
        let failed: anyhow::Result<()> = Err(fault("no experiment is called `exp-912`")
            .hint("list them with `gx ls`")
            .exit(Exit::NoSuchExperiment)
            .into());
        let told = tell(&failed.context("cannot show it").unwrap_err());
        assert_eq!(told.message, "cannot show it: no experiment is called `exp-912`");
        assert_eq!(told.hints, ["list them with `gx ls`"]);
        assert_eq!(told.exit.code(), 5);
    }

    #[test]
    fn a_mishap_of_the_system_gets_advice() {
        let full = std::io::Error::from_raw_os_error(28);
        let told = tell(&anyhow::Error::from(full).context("cannot write the note"));
        assert!(told.message.starts_with("cannot write the note: No space left on device"));
        assert_eq!(told.hints, [FULL]);
        let again = tell(&Fault::from(told.clone()).into());
        assert_eq!(again, told, "told by a supervisor, it has its advice twice");
    }

    #[test]
    fn an_unplanned_error_ends_with_one_and_no_hint() {
        let told = tell(&anyhow::anyhow!("disk on fire"));
        assert_eq!((told.exit, told.hints.len()), (Exit::Failed, 0));
    }
}
