//! `gx recover`: what was done for each run that nobody looked after.

use serde::Serialize;

use crate::model::id::ExperimentId;
use crate::model::status::Status;
use crate::report::outcome::Tree;

/// The answer of `gx recover`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recovered {
    /// The runs that something was done for.
    pub experiments: Vec<Again>,
    /// Interrupted runs that `gx recover --requeue` would put back into the queue.
    pub interrupted: Vec<ExperimentId>,
    /// The next sensible command.
    pub next: Option<String>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Again {
    /// Its name.
    pub id: ExperimentId,
    /// Its status now.
    pub status: Status,
    /// `settled`, `restarted`, `requeued`, `adopted` or `failed`.
    pub done: &'static str,
    /// Why it cannot go on, where that is so.
    pub why: Option<String>,
    /// What was done to the branch and the work tree.
    pub tree: Option<Tree>,
}

/// The answer of `gx recover --install`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Installation {
    /// Where the unit belongs.
    pub unit_file: String,
    /// A unit of systemd for this user.
    pub unit: String,
    /// What brings it into force, line by line.
    pub commands: Vec<String>,
    /// The same for cron, as one line of `crontab -e`.
    pub crontab: String,
}
