//! `gx push`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::cli::share::{Along, Asking, remote, wire};
use crate::error::Exit;
use crate::report::shared::Push as Answer;
use crate::store::experiments::Stored;
use crate::store::share::exchange::Exchange;
use crate::store::share::plan::Wanted;

/// Send experiments and their records to a remote that was declared private
#[derive(Debug, Args)]
pub struct Push {
    /// The remote (default: `gx.remote`, else the only one declared private, else origin)
    remote: Option<String>,
    /// Only these experiments (default: all that have ended)
    ids: Vec<String>,
    #[command(flatten)]
    along: Along,
    /// Show what would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,
}

impl Push {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let store = scene.store();
        let (given, ids) = self.words();
        let only = ids.iter().map(|id| store.resolve(id)).collect::<Result<Vec<Stored>>>()?;
        let name = remote(&store, given)?;
        let wanted = Wanted { only, extras: self.along.extras() };
        let mut exchange = Exchange::open(&store, &name, wire(scene))?;
        let answer = if self.dry_run {
            let (plan, history) = exchange.plan_push(&wanted)?;
            Answer::planned(&name, &plan, history)
        } else {
            Answer::done(&name, &exchange.push(&wanted, &Asking::new(scene))?)
        };
        // The line on the terminal goes before the answer comes.
        drop(exchange);
        scene.output.show(&answer)?;
        Ok(if answer.is_incomplete() { Exit::Failed } else { Exit::Done })
    }

    /// The remote and the experiments: a first word that is the id of an experiment names no remote.
    fn words(&self) -> (Option<&str>, Vec<&str>) {
        let first = self.remote.as_deref();
        let is_id = first.is_some_and(|word| word.parse::<crate::model::id::ExperimentId>().is_ok());
        let ids = first.filter(|_| is_id).into_iter().chain(self.ids.iter().map(String::as_str));
        (first.filter(|_| !is_id), ids.collect())
    }
}
