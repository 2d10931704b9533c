//! `gx completions`

use anyhow::Result;
use clap::Args;
use clap_complete::Shell;

use crate::cli::app;
use crate::error::Exit;
use crate::ui::output::Output;

/// Print the completion script for a shell
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Runs it.
    pub fn run(&self, output: Output) -> Result<Exit> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut app::tree(), "gx", &mut script);
        output.raw(&script)?;
        Ok(Exit::Done)
    }
}
