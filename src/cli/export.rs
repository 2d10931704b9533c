//! `gx export`

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::cli::scene::Scene;
use crate::error::{Exit, fault};
use crate::report::export::{self, Format};

/// Write experiments as a file for other tools
#[derive(Debug, Args)]
pub struct Export {
    /// The format; `tsv` is autoresearch's results.tsv, of one run tag
    #[arg(value_enum)]
    format: Kind,
    /// Only those of this run tag
    #[arg(long)]
    tag: Option<String>,
    /// Write to this new file instead of stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Kind {
    Tsv,
    Csv,
    Json,
}

impl Export {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let format = match self.format {
            Kind::Tsv => Format::Tsv,
            Kind::Csv => Format::Csv,
            Kind::Json => Format::Json,
        };
        let store = scene.store();
        let tag = match (&self.tag, self.format) {
            (None, Kind::Tsv) => Some(scene.runner(&store).current_tag(None)?),
            (tag, _) => tag.clone(),
        };
        let metric = &scene.lab.settings.config.metric.name;
        let text = export::text(&store, tag.as_deref(), metric, format)?;
        let Some(path) = &self.output else {
            scene.output.whole(text.as_bytes())?;
            return Ok(Exit::Done);
        };
        let path = scene.dir.join(path);
        let mut file = match fs::File::options().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(fault(format!("{} exists already", path.display()))
                    .hint("name a new file")
                    .into());
            }
            made => made.with_context(|| format!("cannot write {}", path.display()))?,
        };
        file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Exit::Done)
    }
}
