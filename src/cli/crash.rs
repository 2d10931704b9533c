//! `gx crash`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::cli::{complete, input};
use crate::error::{Exit, misuse};
use crate::run::external::{Apply, Report};

/// End a registered experiment that gave no result
#[derive(Debug, Args)]
pub struct Crash {
    /// The experiment
    #[arg(required_unless_present = "stdin")]
    id: Option<String>,
    /// What went wrong
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    error: Option<String>,
    /// Put back the files, as `gx run` does
    #[arg(long)]
    apply: bool,
    /// Read the id and the error as one JSON object from stdin; flags win
    #[arg(long)]
    stdin: bool,
}

impl Crash {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let mut object = if self.stdin { input::object()? } else { serde_json::Map::new() };
        let (told_id, told_error) = (input::text(&mut object, "id")?, input::text(&mut object, "error")?);
        let id = self.id.clone().or(told_id).ok_or_else(input::no_id)?;
        if let Some(unknown) = object.keys().next() {
            return Err(misuse(format!("unknown key `{unknown}` on stdin"))
                .hint("the keys are id and error")
                .into());
        }
        let error = self.error.clone().or(told_error).unwrap_or_else(|| "reported as crashed".to_owned());
        let apply = if self.apply { Apply::Tree } else { Apply::RecordOnly };
        complete::end(scene, &id, Report::Crash(error), apply)
    }
}
