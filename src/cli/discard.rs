//! `gx discard`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::model::status::Status;
use crate::report::done::Reverdict;
use crate::report::outcome::Tree;

/// Discard an experiment whatever its verdict was
#[derive(Debug, Args)]
pub struct Discard {
    /// The experiment
    id: String,
    /// Why
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: String,
}

impl Discard {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let store = scene.store();
        let stored = store.resolve(&self.id)?;
        let change = scene.runner(&store).discard(&stored, &self.reason)?;
        let reason = self.reason.clone();
        scene.output.show(&Reverdict {
            id: stored.id,
            status: Status::Discard,
            reason,
            tree: Tree::of(change),
        })?;
        Ok(Exit::Done)
    }
}
