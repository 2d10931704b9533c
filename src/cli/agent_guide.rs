//! `gx agent-guide`

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;

use crate::error::{Exit, fault};
use crate::ui::output::Output;

const GUIDE: &str = include_str!("agent_guide.md");

/// Print the instructions for an agent that uses gx
#[derive(Debug, Args)]
pub struct AgentGuide {
    /// Write them to this new file instead
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

impl AgentGuide {
    /// Runs it.
    pub fn run(&self, output: Output) -> Result<Exit> {
        match &self.write {
            None if output.is_json() => output.raw(format!("{}\n", json!({"guide": GUIDE})).as_bytes())?,
            None => output.raw(GUIDE.as_bytes())?,
            Some(path) => {
                let made = fs::File::options().write(true).create_new(true).open(path);
                let mut file = made.map_err(|error| match error.kind() {
                    ErrorKind::AlreadyExists => anyhow::Error::from(
                        fault(format!("{} exists already", path.display()))
                            .hint("name a new file, or print: `gx agent-guide`"),
                    ),
                    _ => fault(format!("cannot write {}: {error}", path.display()))
                        .hint("name a new file in a folder that exists")
                        .into(),
                })?;
                std::io::Write::write_all(&mut file, GUIDE.as_bytes())
                    .with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
        Ok(Exit::Done)
    }
}
