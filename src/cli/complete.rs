//! `gx complete`

use anyhow::Result;
use clap::Args;
use serde_json::{Map, Value};

use crate::cli::input;
use crate::cli::scene::Scene;
use crate::error::{Exit, misuse};
use crate::report::outcome::Outcome;
use crate::run::external::{Apply, Report};
use crate::ui::progress::Progress;

/// End a registered experiment with its metrics, and get the verdict
#[derive(Debug, Args)]
pub struct Complete {
    /// The experiment
    #[arg(required_unless_present = "stdin")]
    id: Option<String>,
    /// What it measured, such as `val_bpb=0.9812`
    #[arg(long = "metric", value_name = "NAME=VALUE", value_parser = input::pair)]
    metrics: Vec<(String, String)>,
    /// Keep or put back the files, as `gx run` does
    #[arg(long)]
    apply: bool,
    /// Read the id and the metrics as one JSON object from stdin; flags win
    #[arg(long)]
    stdin: bool,
}

impl Complete {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let mut object = if self.stdin { input::object()? } else { Map::new() };
        let told = input::text(&mut object, "id")?;
        let id = self.id.clone().or(told).ok_or_else(input::no_id)?;
        let mut metrics = match object.shift_remove("metrics") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(metrics)) => metrics,
            Some(other) => {
                return Err(misuse(format!("`metrics` must be an object, not {other}"))
                    .hint("such as {\"id\": \"exp-12\", \"metrics\": {\"val_bpb\": 0.9812}}")
                    .into());
            }
        };
        metrics.extend(object);
        metrics.extend(self.metrics.iter().map(|(name, value)| (name.clone(), input::metric(value))));
        let apply = if self.apply { Apply::Tree } else { Apply::RecordOnly };
        end(scene, &id, Report::Complete(metrics), apply)
    }
}

/// Ends a registered experiment and shows how.
pub(super) fn end(scene: &Scene, id: &str, report: Report, apply: Apply) -> Result<Exit> {
    let store = scene.store();
    let stored = store.resolve(id)?;
    let mut progress = Progress::new(scene.output);
    let finished = scene.runner(&store).report(&stored, report, apply, &mut |event| progress.hear(event))?;
    let exit = finished.exit();
    scene.output.show(&Outcome::of(finished))?;
    Ok(exit)
}
