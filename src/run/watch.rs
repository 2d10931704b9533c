//! Waiting for runs that others look after, in this terminal or another, and taking up what nobody does.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Deserialize;

use crate::clock::Timestamp;
use crate::error::{Exit, Fault, fault, tell};
use crate::model::id::ExperimentId;
use crate::model::record::Record;
use crate::model::status::Status;
use crate::process::identity::{self, Identity};
use crate::process::supervisor::Place;
use crate::process::wait::{self, Watch};
use crate::process::{interrupt, log};
use crate::run::event::{Event, Listener};
use crate::run::lock::Reach;
use crate::run::orphan::{is_training, unnoted};
use crate::run::runner::{Order, Runner};
use crate::store::aside::Aside;
use crate::store::experiments::Stored;

/// How often is looked at what cannot be waited for, such as an agent that trains by itself.
const LOOK: Duration = Duration::from_millis(250);

/// How often an attached terminal sees news.
const BEAT: Duration = Duration::from_millis(100);

/// The same for one that watches several: each look reads all their records.
const SLOW_BEAT: Duration = Duration::from_secs(1);

/// What a run is doing, as far as waiting for it goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Doing {
    /// It has its end, and all that follows from it is done.
    Ended,
    /// This process looks after it, or trains on when its supervisor was killed.
    Alive {
        /// Whose end is worth waking up for.
        whom: Identity,
        /// Whether that is the trainer itself, without a supervisor.
        is_orphan: bool,
    },
    /// It waits for its turn, and nobody looks after it.
    Forsaken {
        /// Its random name.
        uuid: String,
    },
    /// Somebody ends it by hand, or it needs another look.
    Unclear,
}

/// What to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The end of all.
    All,
    /// The end of one.
    Any,
}

/// How to wait.
pub struct Terms<'a> {
    /// What for.
    pub until: Until,
    /// How long; `None` is for ever.
    pub deadline: Option<Instant>,
    /// What an interrupt of this process does, by their number so far.
    pub interrupted: &'a mut dyn FnMut(usize) -> Result<()>,
}

/// Where a run stands among those that wait for cards, as its supervisor notes it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct InQueue {
    position: usize,
    waiters: usize,
    reason: String,
}

impl Runner<'_> {
    /// Waits for the end of experiments; gives those that have theirs, which may be fewer when time is over.
    ///
    /// # Errors
    /// One runs where this clone cannot see it.
    pub fn wait_for(
        &self,
        wanted: &[Stored],
        terms: &mut Terms<'_>,
        listen: &mut Listener<'_>,
    ) -> Result<Vec<Stored>> {
        interrupt::listen()?;
        let (began, mut heard, mut place) = (Instant::now(), 0, None);
        let mut stuck = BTreeMap::new();
        loop {
            let mut doings = Vec::new();
            for stored in wanted {
                doings.push(self.doing(stored)?);
            }
            let ended = wanted.iter().zip(&doings).filter(|(_, doing)| **doing == Doing::Ended);
            let ended: Vec<Stored> = ended.map(|(stored, _)| stored.clone()).collect();
            let is_enough = ended.len() == wanted.len() || terms.until == Until::Any && !ended.is_empty();
            let left = terms.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if is_enough || left.is_some_and(|left| left.is_zero()) {
                return Ok(ended);
            }
            let open = wanted.len() - ended.len();
            self.take_up_all(wanted, &doings, &mut stuck, listen);
            if stuck.len() == open
                && let Some((_, error)) = stuck.pop_first()
            {
                return Err(error);
            }
            if let [only] = wanted {
                self.tell_one(only, &mut place, listen)?;
            } else {
                let line = Some(format!("{} of {} have ended", ended.len(), wanted.len()));
                listen(Event::Progress { elapsed: began.elapsed(), left: None, line });
            }
            sleep_on(&doings, if wanted.len() == 1 { BEAT } else { SLOW_BEAT }, left);
            if interrupt::count() > heard {
                heard = interrupt::count();
                (terms.interrupted)(heard)?;
            }
        }
    }

    /// Starts supervisors for runs that have none; one that cannot go on is told once and keeps nobody from waiting
    /// for the others.
    fn take_up_all(
        &self,
        wanted: &[Stored],
        doings: &[Doing],
        stuck: &mut BTreeMap<ExperimentId, anyhow::Error>,
        listen: &mut Listener<'_>,
    ) {
        for (stored, doing) in wanted.iter().zip(doings) {
            if !matches!(doing, Doing::Forsaken { .. }) {
                // Somebody else may have taken it up.
                stuck.remove(&stored.id);
                continue;
            }
            if stuck.contains_key(&stored.id) {
                continue;
            }
            if let Err(error) = self.take_up(std::slice::from_ref(stored), std::slice::from_ref(doing)) {
                if wanted.len() > 1 {
                    listen(Event::Warning(tell(&error).message));
                }
                stuck.insert(stored.id.clone(), error);
            }
        }
    }

    /// Tells how far a run is: its place in the queue when that has changed, else its time and its last line.
    fn tell_one(&self, stored: &Stored, told: &mut Option<InQueue>, listen: &mut Listener<'_>) -> Result<()> {
        let record = self.store.newest_record(stored.snapshot)?;
        let pending = self.store.peek_pending(record.text("uuid").unwrap_or_default());
        if record.status() == Status::Queued {
            let place = pending.and_then(|(_, aside)| aside.read::<InQueue>(Aside::QUEUE));
            if let Some(InQueue { position, waiters, reason }) = place.clone().filter(|_| place != *told) {
                listen(Event::Waiting { id: Some(stored.id.clone()), position, waiters, reason });
                *told = place;
            }
            return Ok(());
        }
        let started = record.time("started").unwrap_or_else(Timestamp::now);
        let elapsed = Duration::from_secs_f64(Timestamp::now().seconds_since(started).max(0.0));
        let limit = pending.and_then(|(pending, _)| pending.task?.limit);
        let line = log::last_progress(&self.store.log_file(&stored.id));
        listen(Event::Progress { elapsed, left: limit.map(|limit| limit.saturating_sub(elapsed)), line });
        Ok(())
    }

    /// What a run is doing; one that nobody looks after any more gets its end on the way. Its end may be in the journal
    /// only, where somebody else [gathers](crate::store::experiments::Store::gathering).
    ///
    /// # Errors
    /// It runs where this clone cannot see it.
    pub fn doing(&self, stored: &Stored) -> Result<Doing> {
        for is_settled in [false, true] {
            let record = self.store.newest_record(stored.snapshot)?;
            let uuid = record.text("uuid").unwrap_or_default();
            let pending = self.store.peek_pending(uuid);
            let Some((pending, aside)) = pending else {
                // Its end may have come between the two looks.
                return match self.store.newest_record(stored.snapshot)?.status().is_final() {
                    true => Ok(Doing::Ended),
                    false => Err(elsewhere(stored, &record)),
                };
            };
            if let Some(shim) = aside.read::<Identity>(Aside::SHIM).filter(Identity::is_alive) {
                return Ok(Doing::Alive { whom: shim, is_orphan: false });
            }
            if record.status().is_final() {
                return Ok(Doing::Ended);
            }
            if let Some(trainer) = aside.read::<Identity>(Aside::TRAINER).filter(is_training) {
                return Ok(Doing::Alive { whom: trainer, is_orphan: true });
            }
            if pending.machine != identity::machine_id() {
                return Err(elsewhere(stored, &record));
            }
            if pending.external {
                return Ok(Doing::Unclear);
            }
            if let Some(trainer) = unnoted(&pending, &aside, is_settled) {
                return Ok(Doing::Alive { whom: trainer, is_orphan: true });
            }
            if is_settled && record.status() == Status::Queued {
                return Ok(Doing::Forsaken { uuid: pending.uuid });
            }
            if !is_settled {
                self.store.settle()?;
                // This one alone: whoever waits for hundreds would look at them all for each.
                if let Some(held) = self.store.take_pending(uuid)? {
                    self.settle_one(held, Reach::Records)?;
                }
            }
        }
        Ok(Doing::Unclear)
    }

    /// Whether an agent trains it by itself, and says how it ended.
    pub(super) fn is_external(&self, stored: &Stored) -> Result<bool> {
        let record = self.store.newest_record(stored.snapshot)?;
        let pending = self.store.peek_pending(record.text("uuid").unwrap_or_default());
        Ok(pending.is_some_and(|(pending, _)| pending.external))
    }

    /// Starts supervisors for runs that wait for their turn and have none.
    pub(super) fn take_up(&self, wanted: &[Stored], doings: &[Doing]) -> Result<()> {
        for (stored, doing) in wanted.iter().zip(doings) {
            if let Doing::Forsaken { uuid } = doing {
                self.restart(uuid).map_err(|error| cannot_go_on(stored, &error))?;
            }
        }
        Ok(())
    }

    /// Starts a supervisor for a run that waits for its turn, in the environment and the work tree that it was
    /// meant for.
    ///
    /// # Errors
    /// It cannot go on, as when its cards are gone; it stays queued then.
    pub fn restart(&self, uuid: &str) -> Result<()> {
        let Some((pending, aside)) = self.store.peek_pending(uuid) else { return Ok(()) };
        let place = Place {
            environment: aside.read(Aside::ENVIRONMENT),
            dir: self.repo.work_dir_of(&pending.worktree).filter(|dir| dir.is_dir()),
        };
        self.look_after_elsewhere(&Order::Resume { uuid: uuid.to_owned() }, place)
    }
}

/// What is to be done about a run that waits for a turn that does not come.
fn cannot_go_on(stored: &Stored, error: &anyhow::Error) -> anyhow::Error {
    let told = tell(error);
    let fault = fault(format!("{} stays queued: {}", stored.id, told.message)).exit(told.exit);
    let fault = told.hints.into_iter().fold(fault, Fault::hint);
    fault.hint(format!("give it up: `gx stop {}`", stored.id)).into()
}

fn sleep_on(doings: &[Doing], beat: Duration, left: Option<Duration>) {
    let watches: Vec<Watch> = doings
        .iter()
        .filter_map(|doing| match doing {
            Doing::Alive { whom, .. } if whom.is_alive() => Some(Watch::on(whom.pid)),
            _ => None,
        })
        .collect();
    let open = doings.iter().filter(|doing| **doing != Doing::Ended).count();
    // Every process that is waited for wakes this one; only for the others one has to look.
    let is_all_watched = watches.len() == open && watches.iter().all(|watch| watch.descriptor().is_some());
    let pause = Some(if is_all_watched { beat } else { beat.min(LOOK) });
    let at_most = [pause, left].into_iter().flatten().min();
    let descriptors: Vec<_> = watches.iter().filter_map(Watch::descriptor).collect();
    wait::for_any(&descriptors, at_most);
}

fn elsewhere(stored: &Stored, record: &Record) -> anyhow::Error {
    let host = record.text("host").unwrap_or("another machine");
    fault(format!("{} is `{}` on {host}, where this clone cannot see it", stored.id, record.status()))
        .hint("wait for it there, or fetch its end when it has one")
        .exit(Exit::Failed)
        .into()
}
