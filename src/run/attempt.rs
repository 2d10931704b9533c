//! `gx run`, from the lock of the work tree to the verdict.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::config::schema::Config;
use crate::git::repo::Repo;
use crate::model::id::ExperimentId;
use crate::model::outcome::Finished;
use crate::process::child::Launch;
use crate::process::interrupt;
use crate::process::{fail, log};
use crate::run::begin::Begun;
use crate::run::event::{Event, Listener};
use crate::run::judge::Ending;
use crate::run::lock::{Patience, WorkTreeLock};
use crate::run::settle::Reach;
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

impl Runner<'_> {
    /// Runs an experiment in place.
    ///
    /// # Errors
    /// Whatever keeps the experiment from beginning; once it has its record, every end is an outcome.
    pub fn run(&self, request: &Request, job: &Job, listen: &mut Listener<'_>) -> Result<Finished> {
        interrupt::listen()?;
        let lock = WorkTreeLock::take(self.repo, job.patience)?;
        for (id, status) in self.settle(Reach::Trees)? {
            listen(Event::Settled { id, status });
        }
        let begun = self.begin(request, Some(job), listen)?;
        lock.name(&begun.id.to_string())?;
        let ending = self.train(&begun, &lock, job, listen)?;
        fail::point("trained");
        let finished = self.conclude(begun, &ending)?;
        drop(lock);
        self.after(&finished, listen);
        Ok(finished)
    }

    fn train(
        &self,
        begun: &Begun,
        lock: &WorkTreeLock,
        job: &Job,
        listen: &mut Listener<'_>,
    ) -> Result<Ending> {
        let path = self.store.log_file(&begun.id);
        let log = self.open_log(&begun.id)?;
        let launch = Launch {
            command: begun.command.iter().map(OsString::from).collect(),
            dir: job.dir.clone(),
            log,
            env: begun.variables(),
            // Both locks live as long as the trainer: nobody runs beside it, nobody takes its run for dead.
            keep_open: vec![lock.as_fd(), begun.held.as_fd()],
        };
        listen(Event::Started { id: begun.id.clone(), command: begun.command.join(" "), limit: job.limit });
        fail::point("starting");
        let child = match launch.start() {
            Ok(child) => child,
            // Found a moment ago and not startable now: the record exists, so this is its end.
            Err(error) => return Ok(Ending::ReportedCrash(format!("{error:#}"))),
        };
        fail::point("started");
        begun.held.trainer(child.identity())?;
        fail::point("training");
        let mut tick = |elapsed: Duration| {
            let left = job.limit.map(|limit| limit.saturating_sub(elapsed));
            listen(Event::Progress { elapsed, left, line: log::last_progress(&path) });
        };
        let end = child.supervise(job.limit, self.config.run.grace, &mut tick)?;
        listen(Event::Ended);
        Ok(Ending::Supervised { ended: end.ended, cause: end.cause })
    }

    /// Opens the log of a run for appending.
    pub(super) fn open_log(&self, id: &ExperimentId) -> Result<File> {
        let path = self.store.log_file(id);
        let open = || {
            fs::create_dir_all(path.parent().expect("a log lies in a folder of its run"))?;
            File::options().create(true).append(true).open(&path)
        };
        open().with_context(|| format!("cannot write {}", path.display()))
    }
}
