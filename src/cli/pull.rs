//! `gx pull`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::cli::share::{Along, remote, wire};
use crate::error::Exit;
use crate::report::shared::Pull as Answer;
use crate::store::share::exchange::Exchange;

/// Bring the experiments and records of other clones from a remote
#[derive(Debug, Args)]
pub struct Pull {
    /// The remote (default: `gx.remote`, else the only one declared private, else origin)
    remote: Option<String>,
    #[command(flatten)]
    along: Along,
    /// Look at the remote, show what would come, and change no experiment
    #[arg(long)]
    dry_run: bool,
}

impl Pull {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let store = scene.store();
        let (name, extras) = (remote(&store, self.remote.as_deref())?, self.along.extras());
        let mut exchange = Exchange::open(&store, &name, wire(scene))?;
        exchange.fetch(extras)?;
        let pulled = if self.dry_run { exchange.plan_pull(extras) } else { exchange.pull(extras) }?;
        // The line on the terminal goes before the answer comes.
        drop(exchange);
        scene.output.show(&Answer::of(&name, &pulled, self.dry_run))?;
        Ok(if pulled.conflicts.is_empty() { Exit::Done } else { Exit::Failed })
    }
}
