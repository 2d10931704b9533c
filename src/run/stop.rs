//! `gx stop`: ending a run from outside, whoever looks after it.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::error::fault;
use crate::process::child::Cause;
use crate::process::identity::Identity;
use crate::process::signal::{self, Wish};
use crate::run::lock::Reach;
use crate::run::orphan::{Reason, end_orphan};
use crate::run::runner::Runner;
use crate::run::watch::Doing;
use crate::store::experiments::Stored;

/// How often is looked again at a run that another command has in hand, and how long between two looks.
const LOOKS: usize = 250;
const PAUSE: Duration = Duration::from_millis(20);

impl Runner<'_> {
    /// Tells a run to stop; it may take its grace to do so.
    ///
    /// # Errors
    /// It has ended, is ended by hand, or belongs to another user.
    pub fn stop(&self, stored: &Stored, wish: Wish) -> Result<()> {
        for _ in 0..LOOKS {
            if self.try_to_stop(stored, wish)? {
                return Ok(());
            }
            thread::sleep(PAUSE);
        }
        Err(fault(format!("{} is in the hands of another command", stored.id)).hint("try again").into())
    }

    /// Whether it could be stopped; not while somebody else settles it or takes it up.
    fn try_to_stop(&self, stored: &Stored, wish: Wish) -> Result<bool> {
        let id = &stored.id;
        match self.doing(stored)? {
            Doing::Ended => {
                let status = self.store.record(stored.snapshot)?.status();
                Err(fault(format!("{id} has ended already, as `{status}`"))
                    .hint(format!("see `gx show {id}`"))
                    .into())
            }
            Doing::Alive { whom, is_orphan: false } => {
                signal::tell(&whom, wish).with_context(|| format!("cannot stop {id}"))?;
                Ok(true)
            }
            Doing::Alive { whom, is_orphan: true } => self.stop_orphan(stored, &whom, wish).map(|()| true),
            Doing::Forsaken { uuid } => self.cancel(stored, &uuid),
            Doing::Unclear if self.is_external(stored)? => {
                Err(fault(format!("{id} is trained by its agent, not by gx"))
                    .hint(format!("say how it ended: `gx crash {id} --error \"stopped\"`"))
                    .into())
            }
            Doing::Unclear => Ok(false),
        }
    }

    fn stop_orphan(&self, stored: &Stored, trainer: &Identity, wish: Wish) -> Result<()> {
        let record = self.store.record(stored.snapshot)?;
        let uuid = record.text("uuid").unwrap_or_default();
        let (pending, aside) = self.store.peek_pending(uuid).context("the run has ended meanwhile")?;
        // As long as was configured when it began, whatever is where it is stopped.
        let configured = self.settings_of(&pending).config.run.grace;
        let grace = if wish == Wish::Now { Duration::ZERO } else { configured };
        end_orphan(trainer, &aside, (uuid, grace), Reason { cause: Cause::Interrupt, is_wish: true })
            .with_context(|| format!("cannot stop {}", stored.id))?;
        self.settle(Reach::Records)?;
        Ok(())
    }

    /// Takes a run out of the things to do; not while somebody takes it up.
    fn cancel(&self, stored: &Stored, uuid: &str) -> Result<bool> {
        let Some(held) = self.store.take_pending_patiently(uuid)? else { return Ok(false) };
        let finished = self.record_cancelled(&held, &stored.id)?;
        self.store.keep_outcome(&finished)?;
        held.done()?;
        Ok(true)
    }
}
