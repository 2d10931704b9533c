//! `gx archive`

use anyhow::Result;
use clap::Args;

use crate::cli::input;
use crate::cli::scene::Scene;
use crate::clock::Timestamp;
use crate::error::Exit;
use crate::report::archive::Archived;
use crate::store::archiving::{Choice, Chosen};
use crate::store::experiments::Stored;

/// So many of the newest keep refs of their own where nothing else is said.
const KEEP: usize = 1000;

/// Put finished experiments under one ref, so that Git stays fast; every command finds them as before
///
/// Git lists every ref at each push and many other commands, so ten thousands of them are felt. An archived experiment
/// keeps its id, code, notes and log, and `gx ls`, `show`, `diff` and all others treat it as any other one. What is
/// queued or running is never archived.
#[derive(Debug, Args)]
pub struct Archive {
    /// Only those that ended before a date (2026-03-01), or so long ago (30d)
    #[arg(long, value_name = "DATE", value_parser = input::before)]
    before: Option<Timestamp>,
    /// All but the newest N (default: 1000, where neither --before nor --tag is given)
    #[arg(long, value_name = "N")]
    keep: Option<usize>,
    /// Only those of this tag
    #[arg(long)]
    tag: Option<String>,
    /// Show what would be archived
    #[arg(long)]
    dry_run: bool,
    /// Give archived experiments refs of their own again
    #[arg(long, value_name = "ID", num_args = 1.., conflicts_with_all = ["before", "keep", "tag", "dry_run"])]
    restore: Vec<String>,
}

impl Archive {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let store = scene.store();
        if !self.restore.is_empty() {
            let mut chosen = self.restore.iter().map(|id| store.resolve(id)).collect::<Result<Vec<_>>>()?;
            chosen.sort_by(|a, b| a.id.cmp(&b.id));
            chosen.dedup();
            store.unarchive(&chosen)?;
            scene.output.show(&Archived { restored: names(chosen), ..Archived::default() })?;
            return Ok(Exit::Done);
        }
        let is_narrowed = self.before.is_some() || self.tag.is_some();
        let keep = self.keep.unwrap_or(if is_narrowed { 0 } else { KEEP });
        let choice = Choice { before: self.before, keep, tag: self.tag.clone() };
        let Chosen { experiments, open, left } = store.choose_finished(&choice)?;
        let mut reference = None;
        if !self.dry_run && !experiments.is_empty() {
            reference = Some(store.archive(&experiments, Timestamp::now())?);
        }
        let next = match () {
            () if self.dry_run && !experiments.is_empty() => {
                Some("the same without --dry-run; --restore ID takes one back".to_owned())
            }
            () if experiments.is_empty() && left > 0 => {
                Some("gx archive --keep N keeps fewer than 1000; --before 30d goes by age".to_owned())
            }
            () => None,
        };
        let experiments = names(experiments);
        let answer = Archived {
            reference,
            experiments,
            left,
            open,
            is_plan: self.dry_run,
            next,
            ..Archived::default()
        };
        scene.output.show(&answer)?;
        Ok(Exit::Done)
    }
}

fn names(stored: Vec<Stored>) -> Vec<crate::model::id::ExperimentId> {
    stored.into_iter().map(|stored| stored.id).collect()
}
