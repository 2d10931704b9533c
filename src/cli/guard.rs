//! `gx guard`: what may leave this machine

mod allow;
mod audit;
mod check;
mod ci;
mod install;
mod learn;
mod pre_receive;
mod rules;
mod scan;
mod shown;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::cli::scene::Scene;
use crate::error::Exit;

/// Keep what is private from leaving: put the hook in, check a push, scan what is there
#[derive(Debug, Args)]
pub struct Guard {
    #[command(subcommand)]
    deed: Deed,
}

#[derive(Debug, Subcommand)]
enum Deed {
    Install(install::Install),
    Check(check::Check),
    Learn(learn::Learn),
    Scan(scan::Scan),
    Audit(audit::Audit),
    Ci(ci::Ci),
    PreReceive(pre_receive::PreReceive),
    Rules(rules::Rules),
    Allow(allow::Allow),
}

impl Guard {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        match &self.deed {
            Deed::Install(command) => command.run(scene),
            Deed::Check(command) => command.run(scene),
            Deed::Learn(command) => command.run(scene),
            Deed::Scan(command) => command.run(scene),
            Deed::Audit(command) => command.run(scene),
            Deed::Ci(command) => command.run(scene),
            Deed::PreReceive(command) => command.run(scene),
            Deed::Rules(command) => command.run(scene),
            Deed::Allow(command) => command.run(scene),
        }
    }

    /// Whether it tells of alarms by itself, or is run where nobody could do anything about them.
    pub(super) fn tells_alarms(&self) -> bool {
        matches!(self.deed, Deed::Audit(_) | Deed::PreReceive(_))
    }
}
