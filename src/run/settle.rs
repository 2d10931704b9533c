//! Finishing what was cut short: any gx command does it for records, a run in the same work tree for trees.

use std::fs;
use std::time::SystemTime;

use anyhow::Result;

use crate::clock::Timestamp;
use crate::config::layers::Loaded;
use crate::config::schema::Source;
use crate::model::id::ExperimentId;
use crate::model::outcome::TreeChange;
use crate::model::record::{Fields, Record};
use crate::model::scrape::Metrics;
use crate::model::status::Status;
use crate::run::conclude::Observed;
use crate::run::judge::{Ending, Seen, read_metrics};
use crate::run::lock::{Patience, Reach, WorkTreeLock};
use crate::run::orphan::is_training;
use crate::run::runner::Runner;
use crate::store::aside::Aside;
use crate::store::pending::{Held, Pending};

/// A run that was left unfinished, and what was done for it now.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// Which.
    pub id: ExperimentId,
    /// Its status now.
    pub status: Status,
    /// What was done to the branch and the work tree.
    pub tree: TreeChange,
}

impl Runner<'_> {
    /// Finishes the runs of this machine that nobody looks after any more; says which got their end now.
    pub fn settle(&self, reach: Reach) -> Result<Vec<Settled>> {
        self.store.settle()?;
        if reach == Reach::Trees {
            self.repo.sweep_scratch();
        }
        let (mut settled, mut trouble) = (Vec::new(), None);
        for held in self.store.abandoned() {
            match held.and_then(|held| self.settle_one(held, reach)) {
                Ok(one) => settled.extend(one),
                // The others can have their end all the same.
                Err(error) => trouble = trouble.or(Some(error)),
            }
        }
        trouble.map_or(Ok(settled), Err)
    }

    pub(super) fn settle_one(&self, held: Held, reach: Reach) -> Result<Option<Settled>> {
        if held.pending.external {
            return self.settle_external(held).map(|()| None);
        }
        let Some(id) = self.id_of(&held.pending)? else {
            // Killed before it had a name: nothing of it is visible to anybody.
            return held.done().map(|()| None);
        };
        if held.read_trainer().is_some_and(|trainer| is_training(&trainer)) {
            return Ok(None);
        }
        let record = self.store.newest_record(held.pending.snapshot)?;
        if record.is_empty() {
            self.record_begin(&held.pending, &id)?;
        }
        if self.is_queued(&held)? {
            // It keeps its place among the things to do; `gx recover` goes on with it.
            return Ok(None);
        }
        // It is judged by what was configured when it began.
        let settings = self.settings_of(&held.pending);
        let runner = Runner { config: &settings.config, settings: &settings, ..*self };
        runner.settle_ended(held, id, &record, reach)
    }

    /// What was configured when a run began.
    pub(super) fn settings_of(&self, pending: &Pending) -> Loaded {
        Loaded::of(&pending.settings).unwrap_or_else(|_| self.settings.clone())
    }

    /// As [`Self::settle`], as far as is allowed now: the work tree too, where no other run has it.
    pub fn settle_here(&self) -> Result<Vec<Settled>> {
        match WorkTreeLock::take(self.repo, Patience::Refuse) {
            Ok(_lock) => self.settle(Reach::Trees),
            Err(_) => self.settle(Reach::Records),
        }
    }

    /// Whether a run still waits for its turn.
    pub(super) fn is_queued(&self, held: &Held) -> Result<bool> {
        let is_done = held.aside().read::<Seen>(Aside::RESULT).is_some() || held.read_trainer().is_some();
        Ok(!is_done && self.store.newest_record(held.pending.snapshot)?.status() == Status::Queued)
    }

    fn settle_ended(
        &self,
        held: Held,
        id: ExperimentId,
        record: &Record,
        reach: Reach,
    ) -> Result<Option<Settled>> {
        let mut is_news = false;
        let mut tree = TreeChange::default();
        let mut status = record.status();
        if record.is_empty() || !status.is_final() {
            let observed = self.left_behind(&held, &id)?;
            let (finished, _turn) = self.record_end(&held, &id, &observed)?;
            // For those who wait for it: its supervisor cannot tell them any more.
            self.store.keep_outcome(&finished)?;
            status = finished.status;
            is_news = true;
        }
        self.keep_log(held.pending.snapshot, &id)?;
        if held.pending.is_isolated() {
            return self.settle_apart(held, Settled { id, status, tree }, reach, is_news);
        }
        let stays = held.pending.leave || status == Status::Interrupted;
        let worktree = &held.pending.worktree;
        if reach == Reach::Trees && *worktree == self.repo.worktree_name() {
            let _turn = self.verdict_turn()?;
            tree = self.change_tree(&held.pending, status)?;
            is_news |= tree != TreeChange::default();
            held.done()?;
        } else if *worktree != self.repo.worktree_name() && (stays || !self.repo.has_worktree(worktree)) {
            // Its tree stays as it is, or is not there any more.
            held.done()?;
        }
        Ok(is_news.then_some(Settled { id, status, tree }))
    }

    fn settle_apart(
        &self,
        held: Held,
        mut settled: Settled,
        reach: Reach,
        is_news: bool,
    ) -> Result<Option<Settled>> {
        let is_keep = settled.status == Status::Keep;
        if reach == Reach::Trees && is_keep {
            let _turn = self.verdict_turn()?;
            settled.tree = self.change_apart(&held.pending, &settled.id, settled.status, reach)?;
        }
        if settled.status == Status::Interrupted && !is_wish(&held) {
            held.strand()?;
            self.tidy_up();
        } else if reach == Reach::Trees || !is_keep || held.pending.leave {
            held.done()?;
            self.tidy_up();
        }
        let is_news = is_news || settled.tree != TreeChange::default();
        Ok(is_news.then_some(settled))
    }

    /// An external run has its end only from its agent; but its record may still have to be begun. Who was killed a moment
    /// ago may have said so in the journal only.
    fn settle_external(&self, held: Held) -> Result<()> {
        let Some(id) = self.id_of(&held.pending)? else { return held.done() };
        if self.store.newest_record(held.pending.snapshot)?.is_empty() {
            self.record_begin(&held.pending, &id)?;
        }
        // An imported row begins with its end.
        if self.store.newest_record(held.pending.snapshot)?.status().is_final() {
            return held.done();
        }
        held.aside().mark(Aside::BEGUN)
    }

    /// The name of a pending run, where it got as far as having one.
    pub(super) fn id_of(&self, pending: &Pending) -> Result<Option<ExperimentId>> {
        Ok(self.store.by_snapshot(pending.snapshot)?.map(|stored| stored.id))
    }

    /// What a run that nobody saw end has left: its log, and when that was last written.
    fn left_behind(&self, held: &Held, id: &ExperimentId) -> Result<Observed> {
        let pending = &held.pending;
        let log = self.store.log_file(id);
        let written = fs::metadata(&log).and_then(|meta| meta.modified());
        let started = pending.begin.get("started").and_then(|at| at.as_str()?.parse::<Timestamp>().ok());
        let since = started.map_or(SystemTime::now(), system_time);
        // The results may lie in a file of the work tree where it ran, and none of another one are its own.
        let checkout = || self.repo.gx_dir().join("worktrees").join(id.to_string());
        let mut extra = Fields::new();
        let place = match pending.is_isolated() {
            true => Some(checkout()).filter(|dir| dir.is_dir()),
            false => self.repo.work_dir_of(&pending.worktree),
        };
        if let Some(place) = place.as_ref().filter(|_| pending.is_isolated()) {
            extra = self.keep_artifacts(pending, id, place);
        }
        let metrics = match (&written, place) {
            (Ok(_), Some(place)) => read_metrics(&self.config.metric, &log, &place, since)?,
            (Ok(_), None) if self.config.metric.source != Source::Json => {
                read_metrics(&self.config.metric, &log, self.repo.work_dir(), since)?
            }
            _ => Metrics::default(),
        };
        let finished = written.ok().and_then(timestamp).or(started).unwrap_or_else(Timestamp::now);
        if let Some(Seen { ending, finished, cards, .. }) = held.aside().read(Aside::RESULT) {
            extra.extend(cards);
            return Ok(Observed { ending, metrics, finished, altered: Vec::new(), extra });
        }
        Ok(Observed {
            ending: Ending::Unseen,
            metrics,
            finished: finished.max(started.unwrap_or(finished)),
            altered: Vec::new(),
            extra,
        })
    }
}

/// Whether somebody wanted the run to end, as far as was written down.
fn is_wish(held: &Held) -> bool {
    held.aside().read::<Seen>(Aside::RESULT).is_some_and(|seen| seen.is_wish)
}

fn timestamp(time: SystemTime) -> Option<Timestamp> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(Timestamp::from_micros(i64::try_from(since.as_micros()).ok()?))
}

fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + std::time::Duration::from_micros(at.micros().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::git::repo::Repo;
    use crate::run::runner::Request;
    use crate::store::experiments::Store;
    use crate::store::journal::Journal;

    #[test]
    fn what_a_registered_run_has_only_in_the_journal_is_not_recorded_again() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let store = Store::new(&repo).gathering();
        let journal = Journal::new(&repo.gx_dir());
        let settings = Loaded::of(&BTreeMap::new()).unwrap();
        let runner = Runner { repo: &repo, store: &store, config: &settings.config, settings: &settings };
        let tag = Some("mar5".to_owned());
        let request = Request { hypothesis: "one".to_owned(), tag, ..Request::default() };
        // The first time everything is brought into the notes.
        let _ = runner.register(&request, &mut |_| {}).unwrap();
        runner.settle(Reach::Records).unwrap();
        let made = runner.register(&request, &mut |_| {}).unwrap();
        // As one that was killed a moment after the journal had its line.
        let unnote = || {
            store.all_pending().iter().for_each(|one| {
                store.peek_pending(&one.uuid).unwrap().1.remove(Aside::BEGUN);
            });
        };
        unnote();
        runner.settle(Reach::Records).unwrap();
        assert!(store.note(made.snapshot).unwrap().is_empty(), "the notes have it already");
        assert_eq!(journal.waiting_of(made.snapshot).unwrap().len(), 1);
        let ended = [("status".to_owned(), json!(Status::Discard))];
        store.append(made.snapshot, ended.into_iter().collect()).unwrap();
        unnote();
        runner.settle(Reach::Records).unwrap();
        let open: Vec<_> = store.all_pending().iter().map(|one| one.snapshot).collect();
        assert!(!open.contains(&made.snapshot), "it waits for its agent for ever");
    }
}
