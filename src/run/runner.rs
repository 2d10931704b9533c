//! Who runs experiments, and what it is asked to do.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::schema::Config;
use crate::git::repo::Repo;
use crate::run::lock::Patience;
use crate::store::experiments::Store;

/// What is to be tried.
#[derive(Clone, Debug, Default)]
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
}

/// How the command is run.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its words.
    pub command: Vec<String>,
    /// Where it runs.
    pub dir: PathBuf,
    /// After which time it is killed; `None` is never.
    pub limit: Option<Duration>,
    /// What to do when the work tree is taken.
    pub patience: Patience,
}

/// Runs experiments in one work tree, and finishes what others left unfinished.
pub struct Runner<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// Its experiments.
    pub store: &'a Store<'a>,
    /// What is configured.
    pub config: &'a Config,
}
