//! `gx wait`

use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;

use crate::cli::input::{self, Limit};
use crate::cli::scene::Scene;
use crate::error::{Exit, fault, misuse};
use crate::model::id::ExperimentId;
use crate::model::status::Status;
use crate::report::waited::{Awaited, Waited};
use crate::run::watch::{Patience, Until};
use crate::store::experiments::{Store, Stored};
use crate::ui::progress::Progress;

/// Wait for the end of experiments; the exit code is the largest of theirs
#[derive(Debug, Args)]
pub struct Wait {
    /// The experiments
    ids: Vec<String>,
    /// Wait for all that gx runs here or has in its queue
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// Only until one of them has ended; the exit code is its own
    #[arg(long)]
    any: bool,
    /// Come back after this time at the latest, such as `8m`, with exit code 24; waiting again goes on
    #[arg(long, value_name = "TIME", value_parser = input::limit)]
    timeout: Option<Limit>,
}

impl Wait {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let ids = match self.all {
            true => open(scene)?,
            false => self.ids.iter().map(|id| Ok(scene.resolve(id)?.id)).collect::<Result<Vec<_>>>()?,
        };
        if ids.is_empty() && !self.all {
            return Err(misuse("there is nothing to wait for")
                .hint("name experiments: `gx wait exp-12 exp-13`")
                .hint("or wait for all that are open: `gx wait --all`")
                .into());
        }
        let until = if self.any { Until::Any } else { Until::All };
        waited(scene, &ids, self.timeout.and_then(|limit| limit.0), until)
    }
}

/// All experiments that gx runs, or has in its queue, in this clone: not those that an agent trains itself.
fn open(scene: &Scene) -> Result<Vec<ExperimentId>> {
    let store = scene.store();
    let mut open = Vec::new();
    for (stored, _) in store.summaries()?.into_iter().filter(|(_, summary)| !summary.status.is_final()) {
        let record = store.record(stored.snapshot)?;
        let pending = store.peek_pending(record.text("uuid").unwrap_or_default());
        if pending.is_some_and(|(pending, _)| !pending.external) {
            open.push(stored.id);
        }
    }
    Ok(open)
}

/// Waits, and shows what has become of those that were waited for.
pub fn waited(scene: &Scene, ids: &[ExperimentId], limit: Option<Duration>, until: Until) -> Result<Exit> {
    let store = scene.store();
    let runner = scene.runner(&store);
    let wanted = ids.iter().map(|id| store.resolve(&id.to_string())).collect::<Result<Vec<_>>>()?;
    let mut progress = Progress::new(scene.output);
    let names: Vec<String> = ids.iter().map(ToString::to_string).collect();
    progress.watch(&names.join(" "));
    let mut give_up = |_| -> Result<()> {
        Err(fault("stopped waiting; the experiments go on")
            .hint(format!("gx wait {}", names.join(" ")))
            .exit(Exit::Interrupted)
            .into())
    };
    let deadline = limit.map(|limit| Instant::now() + limit);
    let mut patience = Patience { until, deadline, interrupted: &mut give_up };
    let ended = runner.wait_for(&wanted, &mut patience, &mut |event| progress.hear(event))?;
    drop(progress);
    let mut rows = Vec::new();
    let mut exits = Vec::new();
    for stored in &wanted {
        let record = store.record(stored.snapshot)?;
        let exit = ended.contains(stored).then(|| exit_of(&store, stored, record.status()));
        exits.extend(exit);
        rows.push(Awaited::of(stored, &record, exit));
    }
    let is_enough = ended.len() == wanted.len() || until == Until::Any && !ended.is_empty();
    let exit = match is_enough {
        false => Exit::StillRunning,
        true if until == Until::Any => exits.first().copied().unwrap_or(Exit::Done),
        true => exits.into_iter().max().unwrap_or(Exit::Done),
    };
    let open: Vec<&Stored> = wanted.iter().filter(|stored| !ended.contains(stored)).collect();
    let next = match &open[..] {
        [] => "gx ls".to_owned(),
        open => format!(
            "gx wait {}",
            open.iter().map(|stored| stored.id.to_string()).collect::<Vec<_>>().join(" ")
        ),
    };
    let open = open.len();
    scene.output.show(&Waited { experiments: rows, open, timed_out: !is_enough, next, exit: exit.code() })?;
    Ok(exit)
}

fn exit_of(store: &Store<'_>, stored: &Stored, status: Status) -> Exit {
    store.outcome(&stored.id).map_or(status.exit(), |finished| finished.exit())
}
