//! `gx attach`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::{Exit, fault};
use crate::model::id::ExperimentId;
use crate::model::outcome::Finished;
use crate::process::signal::Wish;
use crate::report::outcome::Outcome;
use crate::run::event::Listener;
use crate::run::runner::Runner;
use crate::run::watch::{Terms, Until};
use crate::ui::output::Output;
use crate::ui::progress::Progress;
use crate::ui::style::Label;

/// Watch a run as if it had been started here; Ctrl-C stops it
#[derive(Debug, Args)]
pub struct Attach {
    /// The experiment
    id: String,
}

impl Attach {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let stored = scene.resolve(&self.id)?;
        let store = scene.store();
        let runner = scene.runner(&store);
        let mut progress = Progress::new(scene.output);
        progress.watch(&stored.id.to_string());
        let finished = attached(scene, &runner, &stored.id, &mut |event| progress.hear(event))?;
        drop(progress);
        Ok(told(scene.output, finished))
    }
}

/// Waits for the end of a run; the first Ctrl-C asks it to stop, the second makes it.
pub fn attached(
    scene: &Scene,
    runner: &Runner<'_>,
    id: &ExperimentId,
    listen: &mut Listener<'_>,
) -> Result<Finished> {
    let stored = runner.store.resolve(&id.to_string())?;
    let mut stop = |count: usize| {
        let wish = if count > 1 { Wish::Now } else { Wish::Gently };
        runner.stop(&stored, wish)
    };
    let mut terms = Terms { until: Until::All, deadline: None, interrupted: &mut stop };
    runner.wait_for(std::slice::from_ref(&stored), &mut terms, listen)?;
    // What its supervisor could not do to this work tree any more.
    let settled = runner.settle_here().unwrap_or_default();
    let tree = settled.into_iter().find(|settled| settled.id == stored.id).map(|settled| settled.tree);
    let with_tree =
        |finished: Finished| Finished { tree: tree.clone().unwrap_or(finished.tree.clone()), ..finished };
    if let Some(finished) = runner.store.outcome(&stored.id) {
        return Ok(with_tree(finished));
    }
    runner.recorded_end(&stored)?.map(with_tree).ok_or_else(|| {
        scene.output.note("note", Label::Strong, "its end is not recorded yet");
        fault(format!("{} has no end yet", stored.id)).hint(format!("gx wait {}", stored.id)).into()
    })
}

/// Shows how a run ended, and gives its exit code.
pub fn told(output: Output, finished: Finished) -> Exit {
    let exit = finished.exit();
    // The verdict stands and has its exit code, also where nobody could be told.
    if let Err(error) = output.show(&Outcome::of(finished)) {
        output.note("warning", Label::Near, &format!("{error:#}"));
    }
    exit
}
