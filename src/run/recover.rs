//! `gx recover`: everything that was begun here and that nobody looks after, after a reboot or a kill.

use anyhow::Result;
use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::error::tell;
use crate::model::id::ExperimentId;
use crate::model::record::Fields;
use crate::model::status::Status;
use crate::process::supervisor::Place;
use crate::run::runner::{Order, Runner};
use crate::run::settle::Settled;
use crate::run::watch::Doing;
use crate::store::experiments::Stored;

/// What to do with runs that were interrupted and not by a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupted {
    /// They stay so.
    Stay,
    /// They go back into the queue.
    Requeue,
}

/// What was done for one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovery {
    /// Which.
    pub id: ExperimentId,
    /// Its status now.
    pub status: Status,
    /// What was done.
    pub deed: Deed,
}

/// A way to go on.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// It has its end now.
    Settled(Box<Settled>),
    /// It has a supervisor again.
    Restarted,
    /// It was interrupted, and is in the queue again.
    Requeued,
    /// It trains on, and is watched over again.
    Adopted,
    /// It cannot go on now, and why.
    Failed(String),
}

/// What was done, and what could be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recovered {
    /// What was done.
    pub runs: Vec<Recovery>,
    /// Those that were interrupted and can be put back into the queue.
    pub interrupted: Vec<ExperimentId>,
}

impl Runner<'_> {
    /// Does it all. Each run stands for itself: what one cannot do keeps no other from it.
    ///
    /// # Errors
    /// The repository cannot be read or written.
    pub fn recover(&self, interrupted: Interrupted) -> Result<Recovered> {
        let mut done = Recovered::default();
        for settled in self.settle_here()? {
            let (id, status) = (settled.id.clone(), settled.status);
            done.runs.push(Recovery { id, status, deed: Deed::Settled(Box::new(settled)) });
        }
        let mut again = Vec::new();
        for uuid in self.store.stranded()? {
            match interrupted {
                Interrupted::Requeue => again.extend(self.requeue(&uuid)?),
                Interrupted::Stay => done.interrupted.extend(self.is_interrupted(&uuid)?),
            }
        }
        done.runs.retain(|run| !again.contains(&run.id));
        done.interrupted.sort();
        for stored in self.open()? {
            if let Some(deed) = self.go_on_with(&stored, again.contains(&stored.id))? {
                let status = self.store.record(stored.snapshot)?.status();
                done.runs.push(Recovery { id: stored.id, status, deed });
            }
        }
        Ok(done)
    }

    /// The runs of this machine that are not done with, in the order in which they began.
    fn open(&self) -> Result<Vec<Stored>> {
        let mut open = Vec::new();
        for pending in self.store.all_pending().into_iter().filter(|pending| !pending.external) {
            if let Some(id) = self.id_of(&pending)? {
                open.push(Stored { id, snapshot: pending.snapshot });
            }
        }
        open.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(open)
    }

    fn go_on_with(&self, stored: &Stored, is_requeued: bool) -> Result<Option<Deed>> {
        let record = self.store.record(stored.snapshot)?;
        let uuid = record.text("uuid").unwrap_or_default().to_owned();
        let (done, deed) = match self.doing(stored)? {
            Doing::Forsaken { uuid } if is_requeued => (self.restart(&uuid), Deed::Requeued),
            Doing::Forsaken { uuid } => (self.restart(&uuid), Deed::Restarted),
            Doing::Alive { is_orphan: true, .. } => (self.have_adopted(uuid), Deed::Adopted),
            _ => return Ok(None),
        };
        Ok(Some(done.map_or_else(|error| Deed::Failed(tell(&error).message), |()| deed)))
    }

    /// Has somebody watch over a trainer, in its own work tree: only from there can a failed edit be put back.
    fn have_adopted(&self, uuid: String) -> Result<()> {
        let Some((pending, _)) = self.store.peek_pending(&uuid) else { return Ok(()) };
        let dir = self.repo.work_dir_of(&pending.worktree).filter(|dir| dir.is_dir());
        self.look_after_elsewhere(&Order::Adopt { uuid }, Place { dir, environment: None })
    }

    fn is_interrupted(&self, uuid: &str) -> Result<Option<ExperimentId>> {
        let Some(snapshot) = self.store.peek_stranded(uuid) else { return Ok(None) };
        let Some(stored) = self.store.by_snapshot(snapshot)? else { return Ok(None) };
        if self.store.find(&stored.id)?.is_none() {
            // It was thrown away.
            return Ok(None);
        }
        let is_so = self.store.record(snapshot)?.status() == Status::Interrupted;
        Ok(is_so.then_some(stored.id))
    }

    /// Puts an interrupted run back into the queue, as the same experiment.
    fn requeue(&self, uuid: &str) -> Result<Option<ExperimentId>> {
        let Some(id) = self.is_interrupted(uuid)? else { return Ok(None) };
        let Some(held) = self.store.take_stranded(uuid)? else { return Ok(None) };
        // What it printed before its end is none of its results; the note of the log keeps it.
        self.store.forget_run(&id)?;
        let record = self.store.record(held.pending.snapshot)?;
        let begin = &held.pending.begin;
        let is_of_begin = |key: &str| begin.contains_key(key) && key != "started";
        let of_its_end = record.fields().keys().filter(|key| !is_of_begin(key) && !is_of_any(key));
        let mut fields: Fields = of_its_end.map(|key| (key.clone(), Value::Null)).collect();
        fields.insert("status".into(), json!(Status::Queued));
        fields.insert("queued".into(), json!(Timestamp::now()));
        self.store.append(held.pending.snapshot, fields)?;
        Ok(Some(id))
    }
}

/// Whether a key of a record is there, or put there by its owner, however often the experiment runs.
fn is_of_any(key: &str) -> bool {
    ["id", "v", "note", "trashed"].contains(&key)
}
