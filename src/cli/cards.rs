//! `gx cards`, hidden: gx asks it for the cards, as a process that may hang and be killed.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::error::Exit;
use crate::gpu::query;
use crate::ui::output::Output;

/// Tell the cards of the machine as JSON, for gx itself
#[derive(Debug, Args)]
pub struct Cards {
    /// NVIDIA's library, where it does not lie on the usual path
    #[arg(long, value_name = "FILE")]
    library: Option<PathBuf>,
}

impl Cards {
    /// Runs it; a question that cannot be answered is an answer too.
    pub fn run(&self, output: Output) -> Result<Exit> {
        output.raw(&serde_json::to_vec(&query::answer(self.library.as_deref()))?)?;
        Ok(Exit::Done)
    }
}
