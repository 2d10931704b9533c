//! `gx complete`

use anyhow::Result;
use clap::Args;
use serde_json::{Map, Value};

use crate::cli::input;
use crate::cli::scene::Scene;
use crate::error::{Exit, misuse};
use crate::model::outcome::Finished;
use crate::model::scrape::Metrics;
use crate::report::outcome::Outcome;
use crate::run::external::{Apply, Report};
use crate::store::experiments::Store;
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
        let (told_id, mut metrics) = told(if self.stdin { input::object()? } else { Map::new() })?;
        let id = self.id.clone().or(told_id).ok_or_else(input::no_id)?;
        metrics.extend(self.metrics.iter().map(|(name, value)| (name.clone(), input::metric(value))));
        let apply = if self.apply { Apply::Tree } else { Apply::RecordOnly };
        end(scene, &id, Report::Complete(metrics), apply)
    }
}

/// The id, where it says one, and the metrics of an object.
pub(super) fn told(mut object: Metrics) -> Result<(Option<String>, Metrics)> {
    let id = input::text(&mut object, "id")?;
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
    Ok((id, metrics))
}

/// Ends a registered experiment.
pub(super) fn finish(
    scene: &Scene,
    store: &Store<'_>,
    id: &str,
    report: Report,
    apply: Apply,
) -> Result<Finished> {
    let stored = store.resolve(id)?;
    let mut progress = Progress::new(scene.output);
    scene.runner(store).report(&stored, report, apply, &mut |event| progress.hear(event))
}

/// Ends a registered experiment and shows how.
pub(super) fn end(scene: &Scene, id: &str, report: Report, apply: Apply) -> Result<Exit> {
    let finished = finish(scene, &scene.store(), id, report, apply)?;
    let exit = finished.exit();
    scene.output.show(&Outcome::of(finished))?;
    Ok(exit)
}
