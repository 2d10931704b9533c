//! `gx shim`: the supervisor that `gx run` starts for each run

use std::io::Read;

use anyhow::{Context, Result};
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::run::shim;

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
        let output = scene.output;
        scene.runner(&store).serve(&order, &mut |event| {
            // Nobody may be listening any more: the run goes on all the same.
            if let Ok(line) = serde_json::to_string(&event) {
                let _ = output.raw(format!("{line}\n").as_bytes());
            }
        })?;
        Ok(Exit::Done)
    }
}
