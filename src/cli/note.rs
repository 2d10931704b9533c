//! `gx note`

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::cli::scene::Scene;
use crate::error::{Exit, misuse};
use crate::model::record::Fields;
use crate::report::done::Done;

/// Add a remark to an experiment
#[derive(Debug, Args)]
pub struct Note {
    /// The experiment
    id: String,
    /// The remark
    #[arg(allow_hyphen_values = true)]
    text: String,
}

impl Note {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        if self.text.trim().is_empty() {
            return Err(misuse("the remark is empty").hint("say something: `gx note ID \"…\"`").into());
        }
        let store = scene.store();
        let stored = store.resolve(&self.id)?;
        store.append(stored.snapshot, Fields::from_iter([("note".to_owned(), json!(self.text.trim()))]))?;
        scene.output.show(&Done { id: Some(stored.id), done: "noted".to_owned(), ..Done::default() })?;
        Ok(Exit::Done)
    }
}
