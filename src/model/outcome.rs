//! What `gx run` and its relatives come to, for those who tell it.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::error::Exit;
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::model::scrape::Metrics;
use crate::model::status::Status;

/// The best result of a tag at some moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Whose it is.
    pub id: ExperimentId,
    /// The value of the metric.
    pub value: f64,
}

/// An experiment that has come to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finished {
    /// Which.
    pub id: ExperimentId,
    /// Its snapshot.
    pub snapshot: ObjectId,
    /// Its run tag.
    pub tag: String,
    /// How it ended.
    pub status: Status,
    /// Why, in a few words.
    pub reason: String,
    /// The name of the metric that decided.
    pub metric: String,
    /// Its value, where there is a valid one.
    pub value: Option<f64>,
    /// Everything that it measured.
    pub metrics: Metrics,
    /// The commit that the branch is to stand at, where it was kept.
    pub kept_commit: Option<String>,
    /// What it was compared with: the best before it.
    pub best_before: Option<Best>,
    /// The result that its own base had, where that was one of an experiment: with several at work the best before
    /// it may be another.
    pub base_result: Option<Best>,
    /// Wall time in seconds.
    pub seconds: f64,
    /// How many of the tag's last runs crashed in a row, this one included.
    pub crashes_in_a_row: u32,
    /// Whether that is as many as the policy allows.
    pub is_crash_streak: bool,
    /// When it ended.
    pub finished: Timestamp,
    /// What became of the branch and the work tree.
    pub tree: TreeChange,
    /// The last lines of the log, after a failure.
    pub log_tail: Option<String>,
    /// What went wrong beside the record and does not change it; a later command tries again.
    pub unfinished: Option<String>,
}

impl Finished {
    /// The exit code of the command that ended it.
    pub fn exit(&self) -> Exit {
        if self.is_crash_streak { Exit::CrashStreak } else { self.status.exit() }
    }
}

/// What became of the branch and the work tree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TreeChange {
    /// The ref that moved, and where it is now.
    pub moved: Option<Moved>,
    /// Candidate paths that were put back.
    pub restored: Vec<RepoPath>,
    /// Candidate paths that stand committed now.
    pub committed: Vec<RepoPath>,
    /// Paths that were not touched, though one might expect it, and why.
    pub left: Vec<Left>,
    /// Why nothing was changed, where nothing was.
    pub refused: Option<Refusal>,
    /// What else is uncommitted in the work tree and stays so.
    pub others: Vec<RepoPath>,
    /// Kept meanwhile on the same base, and not part of the tree that the tip has now.
    pub superseded: Vec<ExperimentId>,
    /// What was done for other work trees of the tag, or could not be.
    pub notes: Vec<String>,
}

/// A ref that moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// Its full name.
    pub reference: String,
    /// Where it was.
    pub from: ObjectId,
    /// Where it is.
    pub to: ObjectId,
}

/// A path that was left alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Left {
    /// Which.
    pub path: RepoPath,
    /// Why.
    pub why: String,
}

/// Why a tree was not changed, and the command that would do it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// Why.
    pub why: String,
    /// What to type.
    pub advice: String,
}

impl Refusal {
    /// The reason when somebody else moved the branch between the plan and the deed.
    pub const RACE: &str = "the branch was moved by somebody else";

    /// Whether it is one that another try may well overcome.
    pub fn is_race(&self) -> bool {
        self.why == Self::RACE
    }
}
