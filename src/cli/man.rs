//! `gx man`, hidden: the man pages are made from the same tree as the help.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Command};

use crate::error::Exit;
use crate::ui::output::Output;

/// Write the man pages into a folder
#[derive(Debug, Args)]
pub struct Man {
    /// The folder
    dir: PathBuf,
}

impl Man {
    /// Runs it over the tree of commands.
    pub fn run(&self, tree: Command, _output: Output) -> Result<Exit> {
        fs::create_dir_all(&self.dir).with_context(|| format!("cannot make {}", self.dir.display()))?;
        // One page a command and no more: what is shown is what `--help` shows.
        let tree = tree.disable_help_subcommand(true);
        clap_mangen::generate_to(tree, &self.dir)
            .with_context(|| format!("cannot write the man pages into {}", self.dir.display()))?;
        Ok(Exit::Done)
    }
}
