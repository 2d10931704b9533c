//! `gx gpus lease`

use std::cell::Cell;
use std::ffi::OsString;
use std::time::Instant;

use anyhow::Result;
use clap::Args;

use crate::cli::input::{self, Limit};
use crate::config::schema::Gpu;
use crate::error::{Exit, fault};
use crate::gpu::lease::{self, Waiting, Wanted};
use crate::lab::Machine;
use crate::process::foreground::{Foreground, line};
use crate::process::interrupt;
use crate::run::cards::present;
use crate::run::event::Event;
use crate::ui::output::Output;
use crate::ui::progress::Progress;

/// Wait for cards, run any command on them, and give them back; the exit code is the command's
#[derive(Debug, Args)]
pub struct Lease {
    /// How many cards
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    gpus: u32,
    /// Give up with exit code 4 when none came free in this time, such as `10m` (0: never)
    #[arg(long, value_name = "TIME", value_parser = input::limit)]
    wait_timeout: Option<Limit>,
    /// The command; it finds its cards in CUDA_VISIBLE_DEVICES
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

impl Lease {
    /// Runs it.
    pub fn run(&self, machine: &Machine, output: Output) -> Result<u8> {
        interrupt::listen()?;
        let config = &machine.settings.config.gpu;
        let wanted = Wanted {
            need: self.gpus as usize,
            experiment: None,
            repository: machine.place.display().to_string(),
            command: Some(line(&self.command)),
        };
        let lease = self.wait(config, &wanted, output)?;
        let ended =
            Foreground { command: &self.command, env: lease.variables(config), keep_open: lease.as_fds() }
                .run()?;
        if let Some(warning) = lease.release(&mut || present(config)) {
            Progress::new(output).hear(Event::Warning(warning));
        }
        Ok(ended.code())
    }

    /// Waits for the cards, and shows why on stderr.
    fn wait(&self, config: &Gpu, wanted: &Wanted, output: Output) -> Result<lease::Lease> {
        let limit = self.wait_timeout.and_then(|limit| limit.0);
        let (deadline, is_late) = (limit.map(|limit| Instant::now() + limit), Cell::new(false));
        let stop = || {
            is_late.set(deadline.is_some_and(|deadline| Instant::now() >= deadline));
            is_late.get() || interrupt::count() > 0
        };
        let mut progress = Progress::new(output);
        let mut hear = |waiting: &Waiting| {
            let Waiting { position, waiters, reason } = waiting.clone();
            progress.hear(Event::Waiting { id: None, position, waiters, reason });
        };
        let lease = lease::acquire(config, wanted, &mut || present(config), &stop, &mut hear)?;
        lease.ok_or_else(|| match is_late.get() {
            true => fault("no card came free in the time of `--wait-timeout`")
                .hint("see who has them and who waits: `gx gpus`")
                .exit(Exit::NoCard)
                .into(),
            false => fault("stopped while waiting for a card").exit(Exit::Interrupted).into(),
        })
    }
}
