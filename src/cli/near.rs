//! `gx near`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::report::near::NearMisses;

/// List results that came close to the best as it stands now
#[derive(Debug, Args)]
pub struct Near {
    /// Only of this run tag
    #[arg(long)]
    tag: Option<String>,
}

impl Near {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        scene.output.show(&NearMisses::of(&scene.store(), self.tag.as_deref(), &scene.policy())?)?;
        Ok(Exit::Done)
    }
}
