//! What a run tells while it goes on; a progress bar, plain lines or a recorder listen.

use std::time::Duration;

use crate::model::id::ExperimentId;
use crate::model::outcome::TreeChange;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Something that the user should know and that stops nothing.
    Warning(String),
    /// The experiment has its name and its record; the command starts now.
    Started {
        /// Which.
        id: ExperimentId,
        /// The command's words, joined.
        command: String,
        /// After which time it is killed.
        limit: Option<Duration>,
    },
    /// The command is still going.
    Progress {
        /// Since its start.
        elapsed: Duration,
        /// Until it is killed.
        left: Option<Duration>,
        /// The last line that it printed.
        line: Option<String>,
    },
    /// The command has ended, however it did.
    Ended,
    /// A run that an earlier gx could not finish has been brought to its end.
    Settled {
        /// Which.
        id: ExperimentId,
        /// As what.
        status: crate::model::status::Status,
        /// What was done to the branch and the work tree for it.
        tree: Box<TreeChange>,
    },
}

/// Whoever wants to know.
pub type Listener<'a> = dyn FnMut(Event) + 'a;
