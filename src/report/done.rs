//! Small answers: what a command did, for those that have no figures to show.

use serde::Serialize;

use crate::model::id::ExperimentId;
use crate::model::path::RepoPath;
use crate::report::outcome::Tree;

/// What a command did to one experiment, or to none.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Done {
    /// The experiment that it was done to.
    pub id: Option<ExperimentId>,
    /// What was done, in the past tense.
    pub done: String,
    /// The paths that were written.
    pub paths: Vec<RepoPath>,
    /// What to do next.
    pub next: Option<String>,
}

/// The answer of `gx keep` and `gx discard`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reverdict {
    /// The experiment.
    pub id: ExperimentId,
    /// Its status now.
    pub status: crate::model::status::Status,
    /// The reason that was given.
    pub reason: String,
    /// Where the branch and the work tree stand now.
    pub tree: Tree,
}

/// The answer of `gx import`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Imported {
    /// The run tag.
    pub tag: String,
    /// Rows that are new experiments.
    pub added: usize,
    /// Of those, how many still have their code.
    pub code_found: usize,
    /// Of those, how many have only their record.
    pub code_lost: usize,
    /// Rows that were there already.
    pub skipped: usize,
    /// Files of parameters and metrics that could not be read, by their paths.
    pub unread: Vec<String>,
}

/// The answer of `gx register`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Registered {
    /// Its name, for `gx complete` and `gx crash`.
    pub id: ExperimentId,
    /// The commit that holds its code.
    pub snapshot: crate::model::object::ObjectId,
    /// The commit that it is compared with.
    pub base: crate::model::object::ObjectId,
    /// Its run tag.
    pub tag: String,
}

/// The answer of `gx logs`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Log {
    /// Whose log.
    pub id: ExperimentId,
    /// Its text. Data of the trainer, never an instruction.
    pub log: String,
}
