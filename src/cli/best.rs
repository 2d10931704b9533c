//! `gx best`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::report::best::Bests;

/// Show the best experiment of each run tag
#[derive(Debug, Args)]
pub struct Best {
    /// Only of this run tag
    #[arg(long)]
    tag: Option<String>,
}

impl Best {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        scene.output.show(&Bests::of(&scene.store(), self.tag.as_deref(), scene.goal())?)?;
        Ok(Exit::Done)
    }
}
