//! `gx show`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::report;

/// Show everything about an experiment
#[derive(Debug, Args)]
pub struct Show {
    /// The experiment
    id: String,
}

impl Show {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let stored = scene.resolve(&self.id)?;
        scene.output.show(&report::show::Show::of(&scene.store(), &stored, scene.goal())?)?;
        Ok(Exit::Done)
    }
}
