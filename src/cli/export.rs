//! `gx export`

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::cli::scene::Scene;
use crate::error::{Exit, fault};
use crate::report::columns;
use crate::report::export;
use crate::report::list::Rows;
use crate::store::experiments::{Found, Store};
use crate::store::index::sql::Answer;
use crate::ui::grid::{Form, Grid, Lines, ignore_gone};
use crate::ui::output::json;

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
    Jsonl,
}

impl Export {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let store = scene.store();
        let tag = match (&self.tag, self.format) {
            (None, Kind::Tsv) => Some(scene.runner(&store).current_tag(None)?),
            (tag, _) => tag.clone(),
        };
        let found = export::chosen(&store, tag.as_deref())?;
        let Some(path) = &self.output else {
            self.write(scene, &store, &found, scene.output.writer())?;
            return Ok(Exit::Done);
        };
        let path = scene.dir.join(path);
        let file = match fs::File::options().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(fault(format!("{} exists already", path.display()))
                    .hint("name a new file")
                    .into());
            }
            made => made.with_context(|| format!("cannot write {}", path.display()))?,
        };
        let written = self.write(scene, &store, &found, Box::new(file));
        if written.is_err() {
            // Half a file looks like a whole one.
            let _ = fs::remove_file(&path);
        }
        written.with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Exit::Done)
    }

    fn write(
        &self,
        scene: &Scene,
        store: &Store<'_>,
        found: &[Found],
        mut out: Box<dyn Write>,
    ) -> Result<()> {
        let metric = &scene.lab.settings.config.metric.name;
        match self.format {
            Kind::Tsv => ignore_gone(out.write_all(export::tsv(store, found, metric)?.as_bytes())),
            Kind::Csv => {
                let names = columns::usual(store, found)?;
                let mut grid = Grid::new(Form::Csv, scene.output, out);
                grid.begin(&names)?;
                columns::each(store, found, &names, &mut |row| grid.row(row).map(drop))?;
                grid.end()
            }
            Kind::Json => json(out, &Rows::unranked(store, found.to_vec())),
            Kind::Jsonl => {
                let mut lines = Lines::new(out);
                Rows::unranked(store, found.to_vec()).each(&mut |row| lines.line(&row))?;
                lines.end()
            }
        }
    }
}
