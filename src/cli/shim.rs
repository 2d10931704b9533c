//! `gx shim`: the supervisor that `gx run` starts for each run

use std::io::Read;

use anyhow::{Context, Result};
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::run::event::Event;
use crate::run::shim;
use crate::ui::voice::{self, Weight};

/// Look after one run: takes an order on stdin and tells what happens on stdout, a JSON object per line
#[derive(Debug, Args)]
pub struct Shim {}

impl Shim {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let mut order = Vec::new();
        std::io::stdin().read_to_end(&mut order).context("cannot read the order")?;
        let order = shim::order(&order)?;
        let store = scene.store();
        let mut voice = voice::stdout()?;
        let served = scene.runner(&store).serve(&order, &mut |event| {
            // Nobody may be listening any more: the run goes on all the same.
            let weight =
                if matches!(event, Event::Progress { .. }) { Weight::Fleeting } else { Weight::Kept };
            if let Ok(line) = serde_json::to_string(&event) {
                voice.say(&line, weight);
            }
        });
        voice.finish();
        served?;
        Ok(Exit::Done)
    }
}
