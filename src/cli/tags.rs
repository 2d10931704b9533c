//! `gx tags`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::report;

/// List the run tags and how they went
#[derive(Debug, Args)]
pub struct Tags {}

impl Tags {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        scene.output.show(&report::tags::Tags::of(&scene.store(), scene.goal())?)?;
        Ok(Exit::Done)
    }
}
