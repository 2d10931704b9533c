//! The side of `gx run` that the user sees: it starts a supervisor and listens to it.

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::Result;

use crate::error::{Exit, Fault, fault};
use crate::model::outcome::Finished;
use crate::process::fail;
use crate::process::interrupt;
use crate::process::supervisor::{Interrupts, Place, Supervisor};
use crate::run::event::{Beginning, Event, Listener};
use crate::run::runner::{Order, Runner};

/// How far a client listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attention {
    /// Until the experiment has its name: it then goes on alone.
    Beginning,
    /// Until the verdict.
    End,
}

/// What a client came away with.
#[derive(Debug)]
pub enum Heard {
    /// The run goes on, and nobody listens any more.
    Begun(Box<Beginning>),
    /// The verdict.
    Finished(Box<Finished>),
    /// The supervisor was killed; the run may go on without it.
    Lost(Box<Beginning>),
}

impl Runner<'_> {
    /// Has an order carried out by a supervisor; `flags` are the `--config KEY=VALUE` that it is to have too.
    ///
    /// # Errors
    /// Whatever the supervisor could not do.
    pub fn submit(
        &self,
        order: &Order,
        flags: &[(String, String)],
        attention: Attention,
        listen: &mut Listener<'_>,
    ) -> Result<Heard> {
        interrupt::listen()?;
        let mut shim = self.start_shim(order, flags, Place::default())?;
        let (mut begun, mut end) = (None, None);
        shim.listen(Interrupts::PassedOn, &mut |line| {
            match serde_json::from_slice(line) {
                Ok(Event::Begun(beginning)) => {
                    begun = Some(beginning.clone());
                    listen(Event::Begun(beginning));
                    if attention == Attention::Beginning {
                        return ControlFlow::Break(());
                    }
                }
                Ok(Event::Finished(finished)) => {
                    end = Some(Ok(finished));
                    return ControlFlow::Break(());
                }
                Ok(Event::Failed(told)) => {
                    end = Some(Err(told));
                    return ControlFlow::Break(());
                }
                Ok(event) => listen(event),
                Err(error) => listen(Event::Warning(format!("the supervisor speaks in tongues: {error}"))),
            }
            ControlFlow::Continue(())
        })?;
        if end.is_none() && (begun.is_none() || attention == Attention::End) {
            fail::point("lost");
        }
        match (end, begun) {
            (Some(Ok(finished)), _) => Ok(Heard::Finished(finished)),
            (Some(Err(told)), _) => Err(Fault::from(told).into()),
            (None, Some(begun)) if attention == Attention::Beginning => Ok(Heard::Begun(begun)),
            (None, Some(begun)) => Ok(Heard::Lost(begun)),
            // It dies of a Ctrl-C that comes before it listens.
            (None, None) if interrupt::count() > 0 => {
                Err(fault("interrupted before anything was recorded").exit(Exit::Interrupted).into())
            }
            (None, None) => Err(fault("the supervisor ended before the experiment had begun")
                .hint(format!("see the end of {}", self.shim_log().display()))
                .into()),
        }
    }

    /// Has a run looked after that nobody looks after; returns when that has begun, or somebody else does it.
    ///
    /// # Errors
    /// Whatever keeps it from going on.
    pub(super) fn look_after_elsewhere(&self, order: &Order, place: Place) -> Result<()> {
        let mut shim = self.start_shim(order, &[], place)?;
        let mut trouble = None;
        shim.listen(Interrupts::EndListening, &mut |line| match serde_json::from_slice(line) {
            // It may still fail to get its checkout or its cards.
            Ok(Event::Begun(_) | Event::Warning(_) | Event::Settled { .. }) => ControlFlow::Continue(()),
            Ok(Event::Failed(told)) => {
                trouble = Some(told);
                ControlFlow::Break(())
            }
            _ => ControlFlow::Break(()),
        })?;
        trouble.map_or(Ok(()), |told| Err(Fault::from(told).into()))
    }

    fn start_shim(&self, order: &Order, flags: &[(String, String)], place: Place) -> Result<Supervisor> {
        let folder = self.repo.gx_dir();
        let _ = fs::create_dir_all(&folder);
        let mut arguments = vec!["shim".to_owned()];
        for (key, value) in flags {
            arguments.extend(["--config".to_owned(), format!("{key}={value}")]);
        }
        Supervisor::start(&arguments, &serde_json::to_vec(order)?, &self.shim_log(), place)
    }

    /// Where supervisors say what is for nobody, such as why they panicked.
    fn shim_log(&self) -> PathBuf {
        self.repo.gx_dir().join("shim.log")
    }
}
