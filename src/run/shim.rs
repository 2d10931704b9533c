//! The supervisor of one run: gx in a session of its own, which does all of it and tells whoever listens.

use anyhow::Result;

use crate::error::{fault, tell};
use crate::model::outcome::Finished;
use crate::process::{family, interrupt};
use crate::run::event::{Event, Listener};
use crate::run::runner::{Order, Place, Runner};
use crate::run::task::Start;

/// Takes an order as a client wrote it.
///
/// # Errors
/// It is none, as when somebody calls the supervisor by hand.
pub fn order(text: &[u8]) -> Result<Order> {
    serde_json::from_slice(text).map_err(|error| {
        fault(format!("this is no order for a supervisor: {error}"))
            .hint("`gx run` starts supervisors; nobody needs to do it by hand")
            .into()
    })
}

impl Runner<'_> {
    /// Carries an order out. The last event is [`Event::Finished`], [`Event::Elsewhere`] or
    /// [`Event::Failed`], whatever went wrong.
    pub fn serve(&self, order: &Order, listen: &mut Listener<'_>) -> Result<()> {
        family::found()?;
        interrupt::listen()?;
        let done = match order {
            Order::Begin { request, job, given, seed } => {
                let start = Start { request, job: Some(job), given: given.as_deref(), seed: *seed };
                match &job.place {
                    Place::Here(patience) => self.run_here(start, job, *patience, listen).map(Some),
                    Place::Apart { put_back, .. } => self.run_apart(start, *put_back, listen).map(Some),
                }
            }
            Order::Resume { uuid } => match self.store.take_pending_patiently(uuid) {
                Ok(Some(held)) => self.resume(held, listen).map(Some),
                Ok(None) => Ok(None),
                Err(error) => Err(error),
            },
            Order::Adopt { uuid } => self.adopt(uuid, listen),
        };
        match done {
            Ok(Some(finished)) => listen(Event::Finished(Box::new(finished))),
            Ok(None) => {
                listen(Event::Elsewhere);
                return Ok(());
            }
            Err(error) => listen(Event::Failed(tell(&error))),
        }
        self.tidy_up();
        Ok(())
    }

    /// What follows when all is done and recorded: a word about what is over its budget, and the hook.
    pub(super) fn tell_end(&self, finished: &Finished, listen: &mut Listener<'_>) {
        if let Some(trouble) = &finished.unfinished {
            listen(Event::Warning(trouble.clone()));
        }
        // Nothing of the run depends on it; `gx store` tells it too.
        let over = self.store.over_budget(&self.config.store, &finished.id).unwrap_or_default();
        over.into_iter().for_each(|line| listen(Event::Warning(line)));
        self.after(finished, listen);
    }
}
