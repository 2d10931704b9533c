//! The same record for agents that run the training by themselves: register, then complete or crash.

use anyhow::Result;

use crate::clock::Timestamp;
use crate::error::fault;
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::outcome::Finished;
use crate::model::record::Fields;
use crate::model::scrape::Metrics;
use crate::run::conclude::Observed;
use crate::run::event::Listener;
use crate::run::judge::Ending;
use crate::run::lock::{Patience, WorkTreeLock};
use crate::run::runner::{Request, Runner};
use crate::run::task::Start;
use crate::store::aside::Aside;
use crate::store::experiments::Stored;
use crate::store::pending::Held;

/// An experiment that was registered.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// Its name.
    pub id: ExperimentId,
    /// Its snapshot.
    pub snapshot: ObjectId,
    /// The commit that it is compared with.
    pub base: ObjectId,
    /// Its run tag.
    pub tag: String,
}

/// How the agent says that it ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// With these metrics.
    Complete(Metrics),
    /// Without a result, and why.
    Crash(String),
}

/// What is to become of the work tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apply {
    /// Nothing.
    RecordOnly,
    /// Keep or roll back, as `gx run` does.
    Tree,
}

impl Runner<'_> {
    /// Takes the snapshot and begins the record of an experiment that somebody else runs.
    ///
    /// The records are to be [settled](Self::settle) before, once for whatever follows.
    pub fn register(&self, request: &Request, listen: &mut Listener<'_>) -> Result<Registered> {
        let begun = self.begin(Start { request, job: None, given: None, seed: None }, listen)?;
        let pending = &begun.held.pending;
        let tag = pending.begin.get("tag").and_then(|tag| tag.as_str()).unwrap_or_default().to_owned();
        Ok(Registered { id: begun.id, snapshot: pending.snapshot, base: pending.scope.base, tag })
    }

    /// Ends a registered experiment; the records are to be [settled](Self::settle) before.
    ///
    /// # Errors
    /// It has ended already, or was not registered in this clone.
    pub fn report(
        &self,
        stored: &Stored,
        report: Report,
        apply: Apply,
        listen: &mut Listener<'_>,
    ) -> Result<Finished> {
        let mut held = self.registered(stored)?;
        held.pending.leave |= apply == Apply::RecordOnly;
        let lock =
            (apply == Apply::Tree).then(|| WorkTreeLock::take(self.repo, Patience::Refuse)).transpose()?;
        let (ending, metrics) = match report {
            Report::Complete(metrics) => (Ending::Reported, metrics),
            Report::Crash(error) => (Ending::ReportedCrash(error), Metrics::default()),
        };
        let observed = Observed {
            ending,
            metrics,
            finished: Timestamp::now(),
            altered: Vec::new(),
            extra: Fields::new(),
        };
        // If this is cut short, the next command has something to do for it again.
        held.aside().remove(Aside::BEGUN);
        let (mut finished, turn) = self.record_end(&held, &stored.id, &observed)?;
        if apply == Apply::Tree {
            finished.tree = self.change_tree(&held.pending, finished.status)?;
        }
        drop(turn);
        if apply == Apply::Tree || finished.is_crash_streak {
            // What its record does not tell.
            self.store.keep_outcome(&finished)?;
        }
        held.done()?;
        drop(lock);
        self.after(&finished, listen);
        Ok(finished)
    }

    fn registered(&self, stored: &Stored) -> Result<Held> {
        let record = self.store.newest_record(stored.snapshot)?;
        let id = &stored.id;
        let status = record.status();
        if status.is_final() {
            return Err(fault(format!("{id} has ended already, as `{status}`"))
                .hint(format!(
                    "to change the verdict: `gx keep {id} --reason \"…\"` or `gx discard {id} --reason \"…\"`"
                ))
                .into());
        }
        let held = self.store.take_pending_patiently(record.text("uuid").unwrap_or_default())?;
        match held {
            Some(held) if held.pending.external => Ok(held),
            Some(_) => {
                Err(fault(format!("{id} is no registered experiment: `gx run` looks after it")).into())
            }
            None => Err(fault(format!(
                "{id} is in the hand of another process, or was registered in another clone"
            ))
            .hint(format!("see `gx show {id}`"))
            .into()),
        }
    }
}
