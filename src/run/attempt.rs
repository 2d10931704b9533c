//! `gx run`, from the lock of the work tree to the verdict.

use std::ffi::OsString;
use std::fs::{self, File};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::error::{Exit, fault};
use crate::model::id::ExperimentId;
use crate::model::outcome::Finished;
use crate::process::child::Launch;
use crate::process::interrupt;
use crate::process::{fail, log};
use crate::run::begun::Begun;
use crate::run::event::{Event, Listener};
use crate::run::judge::Ending;
use crate::run::lock::WorkTreeLock;
use crate::run::runner::{Job, Request, Runner};
use crate::run::settle::{Reach, Settled};

impl Runner<'_> {
    /// Runs an experiment in place.
    ///
    /// # Errors
    /// Whatever keeps the experiment from beginning; once it has its record, every end is an outcome.
    pub fn run(&self, request: &Request, job: &Job, listen: &mut Listener<'_>) -> Result<Finished> {
        interrupt::listen()?;
        let lock = WorkTreeLock::take(self.repo, job.patience)?;
        for Settled { id, status, tree } in self.settle(Reach::Trees)? {
            listen(Event::Settled { id, status, tree: Box::new(tree) });
        }
        let begun = self.begin(request, Some(job), listen).map_err(|error| match interrupt::count() {
            0 => error,
            // Ctrl-C reaches the git that takes the snapshot too.
            _ => fault("interrupted before anything was recorded").exit(Exit::Interrupted).into(),
        })?;
        lock.name(&begun.id.to_string())?;
        let ending = self.train(&begun, &lock, job, listen)?;
        fail::point("trained");
        let finished = self.conclude(begun, &ending)?;
        drop(lock);
        if let Some(trouble) = &finished.unfinished {
            listen(Event::Warning(trouble.clone()));
        }
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
        if let Err(error) = begun.held.trainer(child.identity()) {
            // No later command could tell that it runs, so it must not.
            child.supervise(Some(Duration::ZERO), Duration::ZERO, &mut |_| {})?;
            return Err(error);
        }
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
