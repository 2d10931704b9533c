//! `gx run` in the work tree, from its lock to the verdict.

use anyhow::Result;

use crate::error::{Exit, fault};
use crate::model::outcome::Finished;
use crate::model::status::Status;
use crate::process::{fail, interrupt};
use crate::run::cards::{self, Cards, Turn};
use crate::run::event::{Event, Listener};
use crate::run::lock::{Patience, Reach, WorkTreeLock};
use crate::run::runner::{Job, Runner};
use crate::run::settle::Settled;
use crate::run::site::Site;
use crate::run::task::Start;

impl Runner<'_> {
    /// Runs an experiment in place.
    ///
    /// # Errors
    /// Whatever keeps the experiment from beginning; once it has its record, every end is an outcome.
    pub(super) fn run_here(
        &self,
        start: Start<'_>,
        job: &Job,
        patience: Patience,
        listen: &mut Listener<'_>,
    ) -> Result<Finished> {
        let lock = WorkTreeLock::take(self.repo, patience)?;
        for Settled { id, status, tree } in self.settle(Reach::Trees)? {
            listen(Event::Settled { id, status, tree: Box::new(tree) });
        }
        let task = self.task(start, job, job.command.clone())?;
        let Turn::Come(hand) = Cards::new(self, &task).wait(None, listen, &mut || {})? else {
            return Err(cards::given_up());
        };
        let begun = self.begin(start, listen).map_err(|error| match interrupt::count() {
            0 => error,
            // Ctrl-C reaches the git that takes the snapshot too.
            _ => fault("interrupted before anything was recorded").exit(Exit::Interrupted).into(),
        })?;
        lock.name(&begun.id.to_string())?;
        hand.name(&begun.id);
        self.look_after(&begun)?;
        listen(Event::Begun(Box::new(begun.beginning(Status::Running))));
        let site = Site::here(self.repo, &lock);
        let seen = self.train(&begun, &site, hand, listen)?;
        fail::point("trained");
        let finished = self.conclude(begun, &site, &seen)?;
        drop(site);
        drop(lock);
        self.tell_end(&finished, listen);
        Ok(finished)
    }
}
