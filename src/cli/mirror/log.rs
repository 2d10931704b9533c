//! `gx mirror log`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::mirror::annals::Annals;
use crate::mirror::configured::Mirror;
use crate::report::mirror::MirrorLog;

/// Show the latest public commits, the private ones that stand for them, and how that came about
#[derive(Debug, Args)]
pub struct Log {
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

impl Log {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let repo = &scene.lab.repo;
        let mirror = Mirror::needed(repo)?;
        let annals = Annals::of(repo, &mirror, usize::try_from(self.limit)?)?;
        scene.output.show(&MirrorLog::of(annals))?;
        Ok(Exit::Done)
    }
}
