//! `gx mirror`

pub mod init;
pub mod log;
pub mod status;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::cli::scene::Scene;
use crate::error::Exit;

/// Keep a private repository and its public mirror in step
#[derive(Debug, Args)]
pub struct Mirror {
    #[command(subcommand)]
    deed: Deed,
}

#[derive(Debug, Subcommand)]
enum Deed {
    Init(init::Init),
    Status(status::Status),
    Log(log::Log),
}

impl Mirror {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        match &self.deed {
            Deed::Init(command) => command.run(scene),
            Deed::Status(command) => command.run(scene),
            Deed::Log(command) => command.run(scene),
        }
    }

    /// Whether people read its answer and nothing waits for its end, so that a pager may hold it up.
    pub fn is_read(&self) -> bool {
        !matches!(self.deed, Deed::Init(_))
    }
}
