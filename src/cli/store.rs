//! `gx store`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::report::store;
use crate::ui::work::Steps;

/// Show what the store holds and what it takes: experiments, refs, notes, logs, objects, the last upkeep
#[derive(Debug, Args)]
pub struct Store {}

impl Store {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let store = scene.store();
        let rules = &scene.lab.settings.config.store;
        let steps = Steps::begin();
        steps.next("counting what the store holds");
        let census = store.census()?;
        drop(steps);
        scene.output.show(&store::Store::of(census, store.last_upkeep(), rules))?;
        Ok(Exit::Done)
    }
}
