//! `gx undo`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::report::done::Done;

/// Bring back an experiment that `gx rm` moved to the trash
#[derive(Debug, Args)]
pub struct Undo {
    /// The experiment (default: the last one removed)
    id: Option<String>,
}

impl Undo {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let stored = scene.store().untrash(self.id.as_deref())?;
        scene.output.show(&Done { id: Some(stored.id), done: "is back".to_owned(), ..Done::default() })?;
        Ok(Exit::Done)
    }
}
