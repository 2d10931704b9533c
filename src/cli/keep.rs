//! `gx keep`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::model::status::Status;
use crate::report::done::Reverdict;
use crate::report::outcome::Tree;

/// Keep an experiment whatever its verdict was
#[derive(Debug, Args)]
pub struct Keep {
    /// The experiment
    id: String,
    /// Why
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: String,
    /// A new file that belongs to it
    #[arg(long = "with", value_name = "PATH")]
    with: Vec<PathBuf>,
}

impl Keep {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let store = scene.store();
        let stored = store.resolve(&self.id)?;
        let with: Vec<PathBuf> = self.with.iter().map(|path| scene.dir.join(path)).collect();
        let change = scene.runner(&store).keep(&stored, &self.reason, &with)?;
        let reason = self.reason.clone();
        scene.output.show(&Reverdict {
            id: stored.id,
            status: Status::Keep,
            reason,
            tree: Tree::of(change),
        })?;
        Ok(Exit::Done)
    }
}
