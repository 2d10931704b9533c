//! How the findings of the guard are shown: on the screen, as JSON, as SARIF.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::report::guard::Guard;
use crate::report::sarif::sarif;

/// Where else findings go.
#[derive(Debug, Args)]
pub(super) struct Shown {
    /// Write the findings as SARIF 2.1.0 into this file, `-` for stdout in place of the answer
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,
}

impl Shown {
    /// Shows an answer, and ends as it says.
    pub(super) fn show(&self, scene: &Scene, answer: &Guard) -> Result<Exit> {
        match self.sarif.as_deref() {
            Some(path) if path == Path::new("-") => scene.output.json(&sarif(answer))?,
            Some(path) => {
                let path = scene.dir.join(path);
                let text = serde_json::to_string_pretty(&sarif(answer))? + "\n";
                fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
                scene.output.show(answer)?;
            }
            None => scene.output.show(answer)?,
        }
        Ok(answer.exit())
    }
}
