//! `gx import`

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::{Exit, fault, misuse};
use crate::report::done::Imported;
use crate::research::results::{self, Results};

/// What keeps the experiments that are taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum From {
    /// autoresearch's results.tsv
    Tsv,
    /// DVC's experiments, the refs below refs/exps
    Dvc,
}

/// Take over the experiments of another tool: pin what is left of their code, keep the rest as records
#[derive(Debug, Args)]
pub struct Import {
    /// The file, for a table
    #[arg(required_unless_present = "from")]
    file: Option<PathBuf>,
    /// What they are taken from
    #[arg(long, value_enum, value_name = "TOOL")]
    from: Option<From>,
    /// The run tag, instead of the branch's
    #[arg(long)]
    tag: Option<String>,
}

impl Import {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let store = scene.store();
        let runner = scene.runner(&store);
        let count = |tag: &str| match (self.from, &self.file) {
            (Some(From::Dvc), None) => runner.import_dvc(tag),
            (Some(From::Dvc), Some(_)) => {
                Err(misuse("DVC's experiments are in the repository, not in a file")
                    .hint("`gx import --from dvc`")
                    .into())
            }
            (_, Some(file)) => runner.import(&table(&scene.dir.join(file))?, tag),
            (_, None) => Err(misuse("which table?").hint("`gx import results.tsv`").into()),
        };
        let tag = runner.current_tag(self.tag.as_deref())?;
        let count = count(&tag)?;
        scene.output.show(&Imported {
            tag,
            added: count.added,
            code_found: count.found,
            code_lost: count.lost,
            skipped: count.skipped,
            unread: count.unread,
        })?;
        Ok(Exit::Done)
    }
}

fn table(path: &Path) -> Result<Results> {
    let text = fs::read_to_string(path).map_err(|error| {
        fault(format!("cannot read {}: {error}", path.display()))
            .hint("name autoresearch's table: `gx import results.tsv`")
    })?;
    results::read(&text).with_context(|| format!("cannot import {}", path.display()))
}
