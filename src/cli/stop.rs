//! `gx stop`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::cli::wait::waited;
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
        for stored in &wanted {
            runner.stop(stored, wish)?;
        }
        let ids: Vec<_> = wanted.into_iter().map(|stored| stored.id).collect();
        waited(scene, &ids, None, Until::All)?;
        Ok(Exit::Done)
    }
}
