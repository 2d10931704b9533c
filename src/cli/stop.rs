//! `gx stop`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::cli::wait::{Call, Code, Interrupt, waited};
use crate::error::Exit;
use crate::process::signal::Wish;
use crate::run::watch::Until;

/// Stop a run, or take it out of the queue: it is recorded as interrupted
///
/// The command gets SIGTERM, the time of `run.grace` to save what it has, then SIGKILL.
#[derive(Debug, Args)]
pub struct Stop {
    /// The experiments
    #[arg(required = true)]
    ids: Vec<String>,
    /// Kill at once
    #[arg(long)]
    now: bool,
}

impl Stop {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let store = scene.store();
        let runner = scene.runner(&store);
        let wanted = self.ids.iter().map(|id| scene.resolve(id)).collect::<Result<Vec<_>>>()?;
        let wish = if self.now { Wish::Now } else { Wish::Gently };
        let (mut ids, mut trouble) = (Vec::new(), None);
        for stored in wanted {
            // What one of them cannot do keeps no other from it.
            match runner.stop(&stored, wish) {
                Ok(()) => ids.push(stored.id),
                Err(error) => drop(trouble.get_or_insert(error)),
            }
        }
        if !ids.is_empty() {
            let (until, code) = (Until::All, Code::Own);
            waited(scene, &Call { ids: &ids, limit: None, until, code, interrupt: Interrupt::GivesUp })?;
        }
        trouble.map_or(Ok(Exit::Done), Err)
    }
}
