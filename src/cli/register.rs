//! `gx register`

use anyhow::Result;
use clap::Args;

use crate::cli::run::Idea;
use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::report::done::Registered;
use crate::run::external;
use crate::ui::progress::Progress;

/// Begin the record of an experiment that you run yourself
#[derive(Debug, Args)]
pub struct Register {
    #[command(flatten)]
    idea: Idea,
}

impl Register {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let request = self.idea.request(scene.output)?;
        let store = scene.store();
        let mut progress = Progress::new(scene.output);
        let made = scene.runner(&store).register(&request, &mut |event| progress.hear(event))?;
        scene.output.show(&answer(made))?;
        Ok(Exit::Done)
    }
}

/// What is said of an experiment that was registered.
pub(super) fn answer(made: external::Registered) -> Registered {
    Registered { id: made.id, snapshot: made.snapshot, base: made.base, tag: made.tag }
}
