//! `gx doctor`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::mirror::checkup::list::CHECKS as GUARDED;
use crate::report::doctor::Checkup;
use crate::store::doctor::checks::{CHECKS, Check, Treatment};
use crate::store::doctor::ground::{Depth, Ground};
use crate::ui::work::Steps;

/// Look over everything: refs, notes, journal, objects, settings, hooks, cards; say what is wrong and what mends it
///
/// Ends with 1 where an error was found that was not mended.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Put right what can be without taking anything from anybody, and say what was done
    #[arg(long)]
    fix: bool,
    /// Also have Git read every object to its end
    #[arg(long)]
    full: bool,
}

impl Doctor {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let store = scene.store();
        let depth = if self.full { Depth::Contents } else { Depth::Connections };
        let treatment = if self.fix { Treatment::Fix } else { Treatment::Tell };
        let config = &scene.lab.settings.config;
        // Each on a ground of its own where something is mended: the next one must not see what was.
        let shared = Ground::new(&store, config, depth);
        let steps = Steps::begin();
        let run = |check: &Check| {
            steps.next(format!("checking {}", check.id));
            match treatment {
                Treatment::Tell => check.run(&shared, treatment),
                Treatment::Fix => check.run(&Ground::new(&store, config, depth), treatment),
            }
        };
        let repo = &scene.lab.repo;
        let guarded = GUARDED.iter().map(|check| Checkup::guarded(check, (check.look)(repo)));
        let checkup = Checkup::of(CHECKS.iter().map(run).chain(guarded).collect());
        drop(steps);
        let exit = if checkup.errors > 0 { Exit::Failed } else { Exit::Done };
        scene.output.show(&checkup)?;
        Ok(exit)
    }
}
