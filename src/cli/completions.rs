//! `gx completions`

use anyhow::Result;
use clap::{Args, Command};
use clap_complete::Shell;

use crate::error::Exit;
use crate::ui::output::Output;

/// Print the completion script for a shell
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Runs it over the tree of commands.
    pub fn run(&self, tree: &mut Command, output: Output) -> Result<Exit> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, tree, "gx", &mut script);
        output.raw(&script)?;
        Ok(Exit::Done)
    }
}
