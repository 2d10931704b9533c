//! Who runs experiments, and what it is asked to do.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::layers::Loaded;
use crate::config::schema::Config;
use crate::git::repo::Repo;
use crate::model::path::RepoPath;
use crate::run::lock::Patience;
use crate::store::experiments::Store;
use crate::store::pending::Scope;

/// What is to be tried.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Request {
    /// The idea, in a sentence.
    pub hypothesis: String,
    /// What kind of idea it is.
    pub category: Option<String>,
    /// More about it.
    pub description: Option<String>,
    /// The run tag, where it is not to come from the branch.
    pub tag: Option<String>,
    /// Named values: recorded, given to the command as `GX_PARAM_<NAME>`, put in for `{name}`.
    pub params: Vec<(String, String)>,
    /// A revision to compare with instead of the natural base.
    pub against: Option<String>,
    /// Whether branch and work tree are to stay whatever the outcome.
    pub leave: bool,
    /// Whether a clean work tree of the tag is to stay where it is when the tip moves.
    pub stay: bool,
}

/// How the command is run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// Its words.
    pub command: Vec<String>,
    /// Where it runs, absolute; for an isolated run the same folder of its checkout.
    pub dir: PathBuf,
    /// After which time it is killed; `None` is never.
    pub limit: Option<Duration>,
    /// How many cards it gets.
    pub gpus: u32,
    /// In which tree it runs.
    pub place: Place,
}

/// In which tree a command runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Place {
    /// In the work tree, and what to do when another run has it.
    Here(Patience),
    /// In a checkout of its own.
    Apart {
        /// Patterns of the results that are kept of it, beside those configured.
        artifacts: Vec<String>,
        /// Whether it is kept afterwards.
        keep_worktree: bool,
        /// Whether the edit is put back in the work tree as soon as it is recorded.
        put_back: bool,
    },
}

/// A snapshot that was taken already: repeats run the same one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Given {
    /// What belongs to the experiment.
    pub scope: Scope,
    /// What else is dirty.
    pub others: Vec<RepoPath>,
}

/// What a supervisor is to do.
#[expect(clippy::large_enum_variant, reason = "a process has one of it")]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Order {
    /// Run a new experiment.
    Begin {
        /// What is tried.
        request: Request,
        /// How it is run.
        job: Job,
        /// The snapshot, where it is one of several repeats but not the first.
        given: Option<Box<Given>>,
        /// Which of several repeats it is, counted from 1.
        seed: Option<u32>,
    },
    /// Go on with one that waits for its turn and that nobody looks after any more.
    Resume {
        /// Its random name.
        uuid: String,
    },
    /// Watch over a trainer whose supervisor was killed.
    Adopt {
        /// Its random name.
        uuid: String,
    },
}

/// Runs experiments in one work tree, and finishes what others left unfinished.
#[derive(Clone, Copy)]
pub struct Runner<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// Its experiments.
    pub store: &'a Store<'a>,
    /// What is configured.
    pub config: &'a Config,
    /// The same, with where each value comes from.
    pub settings: &'a Loaded,
}
