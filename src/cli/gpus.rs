//! `gx gpus` and what is done with cards

mod drain;
mod lease;

use std::env;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use crate::config::schema::Gpu;
use crate::error::{Exit, tell};
use crate::gpu::view::view;
use crate::lab::Machine;
use crate::process::{interrupt, wait};
use crate::report::gpus::Gpus as Report;
use crate::run::cards::present;
use crate::ui::live::Live;
use crate::ui::output::Output;

/// How often `--watch` looks.
const LOOK: Duration = Duration::from_secs(1);

/// Show the cards of the machine, who has them, who waits for them, and why
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Gpus {
    #[command(subcommand)]
    action: Option<Action>,
    /// Look again every second until Ctrl-C; in a pipe, whenever something has changed
    #[arg(long)]
    watch: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    Lease(lease::Lease),
    Drain(drain::Drain),
    Undrain(drain::Undrain),
}

impl Gpus {
    /// Runs it, inside a repository or not; `flags` are the `--config KEY=VALUE` of the command line.
    pub fn run(&self, flags: &[(String, String)], output: Output) -> Result<u8> {
        let dir = env::current_dir().context("the current folder is gone")?;
        let machine = Machine::open(&dir, flags)?;
        let config = &machine.settings.config.gpu;
        let exit = match &self.action {
            Some(Action::Lease(command)) => return command.run(&machine, output),
            Some(Action::Drain(command)) => command.run(config, output),
            Some(Action::Undrain(command)) => command.run(config, output),
            None if self.watch => watch(config, output),
            None => output.show(&look(config)?),
        };
        exit.map(|()| Exit::Done.code())
    }
}

fn look(config: &Gpu) -> Result<Report> {
    let inventory = present(config)?;
    let view = view(config, &inventory)?;
    Ok(Report::of(inventory, view))
}

fn watch(config: &Gpu, output: Output) -> Result<()> {
    interrupt::listen()?;
    let mut live = Live::new(output)?;
    while live.has_reader() {
        // Cards that do not answer now may do so in a second.
        let report = look(config).unwrap_or_else(|error| Report::silent(config.source, tell(&error).message));
        if interrupt::count() > 0 {
            break;
        }
        live.show(&report, &report.standing())?;
        wait::for_any(&[], Some(LOOK));
    }
    Ok(())
}
