//! `gx crash`

use anyhow::Result;
use clap::Args;
use serde_json::{Map, Value};

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
        let (told_id, told_error) = told(if self.stdin { input::object()? } else { Map::new() })?;
        let id = self.id.clone().or(told_id).ok_or_else(input::no_id)?;
        let error = self.error.clone().or(told_error).unwrap_or_else(unsaid);
        let apply = if self.apply { Apply::Tree } else { Apply::RecordOnly };
        complete::end(scene, &id, Report::Crash(error), apply)
    }
}

/// The id and the error of an object, where it says them.
pub(super) fn told(mut object: Map<String, Value>) -> Result<(Option<String>, Option<String>)> {
    let told = (input::text(&mut object, "id")?, input::text(&mut object, "error")?);
    if let Some(unknown) = object.keys().next() {
        return Err(misuse(format!("unknown key `{unknown}` on stdin"))
            .hint("the keys are id and error")
            .into());
    }
    Ok(told)
}

/// What an error is called that nobody has said anything about.
pub(super) fn unsaid() -> String {
    "reported as crashed".to_owned()
}
