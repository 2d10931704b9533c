//! `gx wait`

use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;

use crate::cli::input::{self, Limit};
use crate::cli::scene::Scene;
use crate::error::{Exit, fault, misuse};
use crate::model::id::ExperimentId;
use crate::model::outcome::Finished;
use crate::process::signal::Wish;
use crate::report::outcome::Tree;
use crate::report::waited::{Awaited, Waited};
use crate::run::watch::{Terms, Until};
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
        let limit = self.timeout.and_then(|limit| limit.0);
        let (code, interrupt) = (Code::Theirs, Interrupt::GivesUp);
        waited(scene, &Call { ids: &ids, limit, until, code, interrupt })
    }
}

/// All experiments that gx runs, or has in its queue, in this clone: not those that an agent trains itself.
fn open(scene: &Scene) -> Result<Vec<ExperimentId>> {
    let store = scene.store();
    let mut open = Vec::new();
    for stored in store.unfinished()? {
        let record = store.record(stored.snapshot)?;
        let pending = store.peek_pending(record.text("uuid").unwrap_or_default());
        if pending.is_some_and(|(pending, _)| !pending.external) {
            open.push(stored.id);
        }
    }
    Ok(open)
}

/// What to wait for, and what comes of it.
pub struct Call<'a> {
    /// The experiments.
    pub ids: &'a [ExperimentId],
    /// How long at most; `None` is for ever.
    pub limit: Option<Duration>,
    /// For the end of all or of one.
    pub until: Until,
    /// Whose exit code is given.
    pub code: Code,
    /// What Ctrl-C does.
    pub interrupt: Interrupt,
}

/// Whose exit code a command that waits gives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The largest of those of the experiments.
    Theirs,
    /// Its own: it did what it says.
    Own,
}

/// What Ctrl-C does to a command that waits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Interrupt {
    /// It ends the waiting.
    GivesUp,
    /// It stops the experiments.
    Stops,
}

/// Waits, and shows what has become of those that were waited for.
pub fn waited(scene: &Scene, call: &Call<'_>) -> Result<Exit> {
    let store = scene.store();
    let runner = scene.runner(&store);
    let wanted = call.ids.iter().map(|id| store.resolve(&id.to_string())).collect::<Result<Vec<_>>>()?;
    let mut progress = Progress::new(scene.output);
    let names: Vec<String> = call.ids.iter().map(ToString::to_string).collect();
    progress.watch(&names.join(" "));
    let mut interrupted = |count: usize| match call.interrupt {
        Interrupt::GivesUp => Err(fault("stopped waiting; the experiments go on")
            .hint(format!("gx wait {}", names.join(" ")))
            .exit(Exit::Interrupted)
            .into()),
        Interrupt::Stops => {
            let wish = if count > 1 { Wish::Now } else { Wish::Gently };
            // One that has ended already needs no stop.
            wanted.iter().for_each(|stored| drop(runner.stop(stored, wish)));
            Ok(())
        }
    };
    let deadline = call.limit.map(|limit| Instant::now() + limit);
    let mut terms = Terms { until: call.until, deadline, interrupted: &mut interrupted };
    let ended = runner.wait_for(&wanted, &mut terms, &mut |event| progress.hear(event))?;
    drop(progress);
    let answer = answer(&store, &wanted, &ended, call)?;
    let exit = answer.1;
    scene.output.show(&answer.0)?;
    Ok(exit)
}

fn answer(store: &Store<'_>, wanted: &[Stored], ended: &[Stored], call: &Call<'_>) -> Result<(Waited, Exit)> {
    let (mut experiments, mut exits) = (Vec::new(), Vec::new());
    for stored in wanted {
        let record = store.newest_record(stored.snapshot)?;
        let outcome = store.outcome(&stored.id).filter(|_| ended.contains(stored));
        let exit =
            ended.contains(stored).then(|| outcome.as_ref().map_or(record.status().exit(), Finished::exit));
        exits.extend(exit);
        experiments.push(Awaited::of(stored, &record, exit, outcome.map(|finished| Tree::of(finished.tree))));
    }
    let is_enough = ended.len() == wanted.len() || call.until == Until::Any && !ended.is_empty();
    let exit = match (is_enough, call.code) {
        (false, _) => Exit::StillRunning,
        (true, Code::Own) => Exit::Done,
        (true, Code::Theirs) if call.until == Until::Any => exits.first().copied().unwrap_or(Exit::Done),
        (true, Code::Theirs) => exits.into_iter().max().unwrap_or(Exit::Done),
    };
    let open = wanted.iter().filter(|stored| !ended.contains(stored));
    let open: Vec<String> = open.map(|stored| stored.id.to_string()).collect();
    let next = if open.is_empty() { "gx ls".to_owned() } else { format!("gx wait {}", open.join(" ")) };
    let answer = Waited { experiments, open: open.len(), timed_out: !is_enough, next, exit: exit.code() };
    Ok((answer, exit))
}
