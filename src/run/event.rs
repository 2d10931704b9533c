//! What a run tells while it goes on; a progress bar, plain lines or a recorder listen, in this process or another.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::Told;
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::outcome::{Finished, TreeChange};
use crate::model::status::Status;
use crate::run::runner::Given;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// Something that the user should know and that stops nothing.
    Warning(String),
    /// A place in the queue for cards.
    Waiting {
        /// Which experiment, where it has a name already.
        id: Option<ExperimentId>,
        /// Its place, counted from 1.
        position: usize,
        /// How many wait.
        waiters: usize,
        /// Why it waits.
        reason: String,
    },
    /// The experiment has its name and its record.
    Begun(Box<Beginning>),
    /// Another process looks after it already, or it has ended.
    Elsewhere,
    /// The command starts now.
    Started {
        /// Which.
        id: ExperimentId,
        /// The command's words, joined.
        command: String,
        /// After which time it is killed.
        limit: Option<Duration>,
        /// The indices of its cards.
        gpus: Vec<u32>,
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
        status: Status,
        /// What was done to the branch and the work tree for it.
        tree: Box<TreeChange>,
    },
    /// The experiment has its verdict, and what followed from it is done.
    Finished(Box<Finished>),
    /// It could not begin, or could not be brought to its end.
    Failed(Told),
}

/// An experiment that has its name and its record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Beginning {
    /// Its name.
    pub id: ExperimentId,
    /// Its random name.
    pub uuid: String,
    /// Its snapshot.
    pub snapshot: ObjectId,
    /// Its run tag.
    pub tag: String,
    /// Whether it waits or runs.
    pub status: Status,
    /// What its repeats need.
    pub given: Given,
}

/// Whoever wants to know.
pub type Listener<'a> = dyn FnMut(Event) + 'a;
