//! `gx run --isolated`: recorded at once, then its turn, then a checkout of its own.

use std::time::SystemTime;

use anyhow::{Context, Result};
use serde_json::json;

use crate::clock::Timestamp;
use crate::error::{Exit, fault};
use crate::model::id::ExperimentId;
use crate::model::outcome::{Finished, TreeChange};
use crate::model::record::Fields;
use crate::model::scrape::Metrics;
use crate::model::status::Status;
use crate::process::{fail, interrupt};
use crate::run::begun::Begun;
use crate::run::cards::{self, Cards, Hand, Turn};
use crate::run::conclude::Observed;
use crate::run::event::{Event, Listener};
use crate::run::judge::{Ending, Seen};
use crate::run::lock::{Patience, Reach, WorkTreeLock};
use crate::run::plan::Plan;
use crate::run::runner::Runner;
use crate::run::settle::Settled;
use crate::run::site::Site;
use crate::run::task::Start;
use crate::run::tip::Since;
use crate::store::aside::Aside;
use crate::store::pending::{Held, Pending};

impl Runner<'_> {
    /// Records an experiment, then runs it in a checkout of its own when its turn has come.
    pub(super) fn run_apart(
        &self,
        start: Start<'_>,
        put_back: bool,
        listen: &mut Listener<'_>,
    ) -> Result<Finished> {
        for Settled { id, status, tree } in self.settle(Reach::Records)? {
            listen(Event::Settled { id, status, tree: Box::new(tree) });
        }
        if let Some(job) = start.job {
            // What can never start is not recorded.
            cards::check(&self.config.gpu, job.gpus)?;
        }
        let begun = self.begin(start, listen).map_err(|error| match interrupt::count() {
            0 => error,
            _ => fault("interrupted before anything was recorded").exit(Exit::Interrupted).into(),
        })?;
        if put_back && let Err(error) = self.put_back(&begun) {
            listen(Event::Warning(format!("the edit stays in the work tree: {error:#}")));
        }
        self.go_on(begun, listen)
    }

    /// Goes on with a run that waits for its turn and that nobody looks after any more.
    pub(super) fn resume(&self, held: Held, listen: &mut Listener<'_>) -> Result<Finished> {
        let id = self.id_of(&held.pending)?.context("this run has no name")?;
        // It goes on under what was configured when it began.
        let settings = self.settings_of(&held.pending);
        let runner = Runner { config: &settings.config, settings: &settings, ..*self };
        runner.go_on(Begun { held, id, others: Vec::new(), since: SystemTime::now() }, listen)
    }

    fn go_on(&self, begun: Begun, listen: &mut Listener<'_>) -> Result<Finished> {
        self.look_after(&begun)?;
        let status = self.store.record(begun.pending().snapshot)?.status();
        listen(Event::Begun(Box::new(begun.beginning(status))));
        let Some((hand, site)) = self.take_turn(&begun, listen)? else {
            return self.leave_queue(begun, listen);
        };
        let site = match site {
            Ok(site) => site,
            // It would fail the same way again: this is its end.
            Err(error) => return self.record_unfit(begun, &error, listen),
        };
        fail::point("turn");
        if status == Status::Queued {
            self.record_start(&begun, &hand)?;
        }
        let seen = self.train(&begun, &site, hand, listen)?;
        fail::point("trained");
        let finished = self.conclude(begun, &site, &seen)?;
        self.tell_end(&finished, listen);
        Ok(finished)
    }

    /// Waits for the cards of a run; nothing where it was stopped. Its checkout is made while others still train, so that no card waits for it.
    fn take_turn<'a>(
        &'a self,
        begun: &Begun,
        listen: &mut Listener<'_>,
    ) -> Result<Option<(Hand, Result<Site<'a>>)>> {
        let task = begun.pending().task.as_ref().context("a run without a command")?;
        let aside = begun.held.aside();
        let mut tell = |event: Event| {
            if let Event::Waiting { position, waiters, reason, .. } = &event {
                let place = json!({"position": position, "waiters": waiters, "reason": reason});
                // Only for those who look: the queue itself is where the locks are.
                let _ = aside.write(Aside::QUEUE, &place);
            }
            listen(event);
        };
        let mut site = None;
        let turn = Cards::new(self, task).wait(Some(&begun.id), &mut tell, &mut || {
            site.get_or_insert_with(|| Site::apart(self, begun));
        })?;
        let Turn::Come(hand) = turn else { return Ok(None) };
        Ok(Some((hand, site.unwrap_or_else(|| Site::apart(self, begun)))))
    }

    /// Ends a run whose checkout could not be made.
    fn record_unfit(
        &self,
        begun: Begun,
        error: &anyhow::Error,
        listen: &mut Listener<'_>,
    ) -> Result<Finished> {
        let ending = Ending::ReportedCrash(format!("its checkout could not be made: {error:#}"));
        let finished = self.record_early_end(&begun.held, &begun.id, ending)?;
        self.store.keep_outcome(&finished)?;
        begun.held.done()?;
        self.tell_end(&finished, listen);
        Ok(finished)
    }

    /// The line that says `running`, in the journal; the notes follow while the command runs already.
    fn record_start(&self, begun: &Begun, hand: &Hand) -> Result<()> {
        let mut fields = Fields::new();
        fields.insert("status".into(), json!(Status::Running));
        fields.insert("started".into(), json!(Timestamp::now()));
        fields.extend(hand.fields());
        self.store.append_soon(begun.pending().snapshot, fields)
    }

    fn leave_queue(&self, begun: Begun, listen: &mut Listener<'_>) -> Result<Finished> {
        let id = &begun.id;
        if !interrupt::is_wish() {
            // The machine goes down: it keeps its place among the things to do.
            return Err(fault(format!("told to end while {id} waits for its turn; it stays queued"))
                .hint("`gx recover` goes on with it")
                .exit(Exit::Interrupted)
                .into());
        }
        let finished = self.record_cancelled(&begun.held, id)?;
        self.store.keep_outcome(&finished)?;
        begun.held.done()?;
        self.tell_end(&finished, listen);
        Ok(finished)
    }

    /// Records that a run was stopped while it waited.
    pub(super) fn record_cancelled(&self, held: &Held, id: &ExperimentId) -> Result<Finished> {
        self.record_early_end(held, id, Ending::Cancelled)
    }

    /// Records the end of a run whose command has not begun.
    fn record_early_end(&self, held: &Held, id: &ExperimentId, ending: Ending) -> Result<Finished> {
        let finished = Timestamp::now();
        // Written first: whoever finds it half done must not put it back into the queue.
        let seen = Seen { ending: ending.clone(), finished, cards: Fields::new(), is_wish: true };
        held.aside().write_whole(Aside::RESULT, &seen)?.sync()?;
        let metrics = Metrics::default();
        let observed = Observed { ending, metrics, finished, altered: Vec::new(), extra: Fields::new() };
        Ok(self.record_end(held, id, &observed)?.0)
    }

    /// Puts the edit of an experiment back in the work tree right after it was recorded.
    fn put_back(&self, begun: &Begun) -> Result<()> {
        let _lock = WorkTreeLock::take(self.repo, Patience::Refuse)?;
        let log = format!("gx: queue {}", begun.id);
        let scope = &begun.pending().scope;
        let plan = Plan::roll_back(self.repo, scope, &self.editable()?, &Since::Nothing, &log)?;
        match plan.apply(self.repo)?.refused {
            Some(refusal) => Err(fault(refusal.why).hint(refusal.advice).into()),
            None => Ok(()),
        }
    }

    /// What a verdict on an isolated run moves: the tip, and the work trees of the tag that are clean.
    pub(super) fn change_apart(
        &self,
        pending: &Pending,
        id: &ExperimentId,
        status: Status,
        reach: Reach,
    ) -> Result<TreeChange> {
        if pending.leave || !status.is_final() || status == Status::Interrupted {
            return Ok(TreeChange::default());
        }
        let mut change = match status {
            Status::Keep => self.keep_apart(pending, id)?,
            _ => TreeChange::default(),
        };
        self.bring_all(pending, reach, &mut change)?;
        Ok(change)
    }

    /// Gives back the checkouts of runs that have their end.
    pub(super) fn tidy_up(&self) {
        // What cannot be tidied now is tried again by the next run.
        let _ = self.tidy();
        self.store.forget_stranded();
    }

    fn tidy(&self) -> Result<()> {
        let names = self.repo.checkouts()?;
        // Mostly there are none to tidy, and then nobody has to look into the trash.
        let trashed = if names.is_empty() { Vec::new() } else { self.store.trashed()? };
        for name in names {
            let in_trash = || trashed.iter().find(|stored| stored.id.to_string() == name).cloned();
            let Some(stored) = self.store.resolve(&name).ok().or_else(in_trash) else { continue };
            let record = self.store.record(stored.snapshot)?;
            let is_kept = record.fields().get("worktree").is_some();
            let has_more = self.store.peek_pending(record.text("uuid").unwrap_or_default()).is_some();
            if is_kept || has_more || !record.status().is_final() {
                continue;
            }
            if let Some(checkout) = self.repo.checkout(&name)? {
                checkout.retire(self.config.run.warm)?;
            }
        }
        Ok(())
    }
}
