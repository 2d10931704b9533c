//! `gx import`

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::{Exit, fault};
use crate::report::done::Imported;
use crate::research::results;

/// Take over a results.tsv: pin what is left of its code, keep the rest as records
#[derive(Debug, Args)]
pub struct Import {
    /// The file
    file: PathBuf,
    /// The run tag, instead of the branch's
    #[arg(long)]
    tag: Option<String>,
}

impl Import {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let path = scene.dir.join(&self.file);
        let text = fs::read_to_string(&path).map_err(|error| {
            fault(format!("cannot read {}: {error}", path.display()))
                .hint("name autoresearch's table: `gx import results.tsv`")
        })?;
        let results = results::read(&text).with_context(|| format!("cannot import {}", path.display()))?;
        let store = scene.store();
        let runner = scene.runner(&store);
        let tag = runner.current_tag(self.tag.as_deref())?;
        let count = runner.import(&results, &tag)?;
        scene.output.show(&Imported {
            tag,
            added: count.added,
            code_found: count.found,
            code_lost: count.lost,
            skipped: count.skipped,
        })?;
        Ok(Exit::Done)
    }
}
