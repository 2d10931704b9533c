//! `gx best`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::report::best::Bests;
use crate::research::ranking::Among;

/// Show the best experiment of each run tag
#[derive(Debug, Args)]
pub struct Best {
    /// Only of this run tag
    #[arg(long)]
    tag: Option<String>,
    /// Count results of other clones on any hardware, not only on hardware like this clone's
    #[arg(long)]
    any_hardware: bool,
}

impl Best {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let among = if self.any_hardware { Among::AnyHardware } else { Among::Comparable };
        scene.output.show(&Bests::of(&scene.store(), self.tag.as_deref(), scene.goal(), among)?)?;
        Ok(Exit::Done)
    }
}
