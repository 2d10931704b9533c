//! A trainer whose supervisor was killed gets another, which keeps it to its time limit and has its end recorded.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::model::outcome::Finished;
use crate::process::child::Cause;
use crate::process::identity::Identity;
use crate::process::interrupt;
use crate::process::signal;
use crate::process::wait::{Pause, Watch};
use crate::run::event::{Event, Listener};
use crate::run::orphan::{Reason, end_orphan, is_training, mark};
use crate::run::runner::Runner;
use crate::store::aside::Aside;
use crate::store::experiments::Stored;
use crate::store::pending::Pending;

/// How long at most until a limit or the end of a group is noticed.
const BEAT: Duration = Duration::from_millis(100);

/// How long is tried to do all that follows from an end.
const SETTLING: Duration = Duration::from_secs(5);

impl Runner<'_> {
    /// Watches over the trainer of a run to its end; nothing where somebody else does, or where none trains.
    pub(super) fn adopt(&self, uuid: &str, listen: &mut Listener<'_>) -> Result<Option<Finished>> {
        let Some((pending, aside)) = self.store.peek_pending(uuid) else { return Ok(None) };
        // Of two that were started at once only one goes on, also to what follows from the end.
        let Some(_claim) = aside.claim()? else { return Ok(None) };
        let noted = aside.read::<Identity>(Aside::TRAINER);
        let trainer = noted.or_else(|| signal::marked(&mark(uuid))).filter(is_training);
        let (Some(trainer), Some(id)) = (trainer, self.id_of(&pending)?) else { return Ok(None) };
        if aside.read::<Identity>(Aside::SHIM).is_some_and(|shim| shim.is_alive()) {
            return Ok(None);
        }
        aside.write(Aside::SHIM, &Identity::me())?;
        aside.write(Aside::TRAINER, &trainer)?;
        let left = pending.task.as_ref().and_then(|task| task.limit);
        listen(Event::Progress { elapsed: trainer.age().unwrap_or_default(), left, line: None });
        let settings = self.settings_of(&pending);
        let runner = Runner { config: &settings.config, settings: &settings, ..*self };
        runner.keep_to_limit(&pending, &trainer, &aside)?;
        // Another command may have it in hand just now, and could do no more than its record.
        let (since, mut pause) = (Instant::now(), Pause::new());
        self.settle_here()?;
        while self.store.peek_pending(uuid).is_some() && since.elapsed() < SETTLING {
            pause.wait(BEAT);
            self.settle_here()?;
        }
        let stored = Stored { id, snapshot: pending.snapshot };
        let finished = self.store.outcome(&stored.id).or(self.recorded_end(&stored)?);
        if let Some(finished) = &finished {
            runner.after(finished, listen);
        }
        Ok(finished)
    }

    /// Comes back when nothing of the trainer runs any more.
    fn keep_to_limit(&self, pending: &Pending, trainer: &Identity, aside: &Aside) -> Result<()> {
        let limit = pending.task.as_ref().and_then(|task| task.limit);
        let (began, before) = (Instant::now(), trainer.age().unwrap_or_default());
        let mut watch = Watch::on(trainer.pid);
        while is_training(trainer) {
            let left = limit.map(|limit| limit.saturating_sub(before + began.elapsed()));
            let cause = match (interrupt::count(), left) {
                (1.., _) => Cause::Interrupt,
                (0, Some(Duration::ZERO)) => Cause::TimeLimit,
                (0, left) => {
                    watch.wait(left.map_or(BEAT, |left| left.min(BEAT)));
                    continue;
                }
            };
            let grace = if interrupt::count() > 1 { Duration::ZERO } else { self.config.run.grace };
            let reason = Reason { cause, is_wish: interrupt::is_wish() };
            return end_orphan(trainer, aside, (&pending.uuid, grace), reason);
        }
        // Those that the trainer left behind have the grace to end too, as with a supervisor of its own.
        let (ended, mut pause) = (Instant::now(), Pause::new());
        let mark = mark(&pending.uuid);
        while signal::marked(&mark).is_some() && ended.elapsed() < self.config.run.grace {
            pause.wait(BEAT);
        }
        Ok(signal::end_orphans(trainer, &mark, Duration::ZERO)?)
    }
}
