//! The cards of a run: waiting for them, what the trainer and the record are told of them, giving them back.

use std::env;
use std::os::fd::BorrowedFd;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use crate::config::schema::Gpu;
use crate::error::{Exit, fault};
use crate::gpu::folder::Folder;
use crate::gpu::inventory::inventory;
use crate::gpu::lease::{self, Lease, Wanted};
use crate::gpu::offer::offered;
use crate::model::gpu::{Inventory, Source};
use crate::model::id::ExperimentId;
use crate::model::record::Fields;
use crate::process::{errands, interrupt, kinship};
use crate::run::event::{Event, Listener};
use crate::run::runner::Runner;
use crate::store::pending::Task;

/// How often is looked for strangers on the cards while a command trains.
const LOOK: Duration = Duration::from_secs(30);

/// Up to which place in the queue a run makes ready to start.
const SOON: usize = 8;

/// Asks for cards.
pub(super) struct Cards<'a> {
    runner: &'a Runner<'a>,
    task: &'a Task,
}

/// How a wait for cards ended.
#[expect(clippy::large_enum_variant, reason = "a process has one of it")]
pub(super) enum Turn {
    /// They are here.
    Come(Hand),
    /// Somebody wanted it to stop.
    Stopped,
}

/// The cards that a run has; none, for one that needs none.
#[derive(Default)]
pub(super) struct Hand {
    cards: Option<InHand>,
}

struct InHand {
    lease: Lease,
    config: Gpu,
    source: Source,
    driver: Option<String>,
    next_look: Duration,
    was_shared: bool,
    strangers: Vec<String>,
    looking: Option<Receiver<Result<Inventory>>>,
}

/// The cards of this machine that may be used here.
pub fn present(config: &Gpu) -> Result<Inventory> {
    inventory(config, env::var("CUDA_VISIBLE_DEVICES").ok().as_deref())
}

/// Whether so many cards can ever be had here.
///
/// # Errors
/// [`Exit::NoCard`] where not.
pub(super) fn check(config: &Gpu, need: u32) -> Result<()> {
    if need > 0 {
        offered(config, &present(config)?, need as usize)?;
        Folder::open(config)?;
    }
    Ok(())
}

impl<'a> Cards<'a> {
    pub(super) fn new(runner: &'a Runner<'a>, task: &'a Task) -> Self {
        Self { runner, task }
    }

    /// Waits until the cards are free; `soon` is called when the turn is near.
    pub(super) fn wait(
        &self,
        id: Option<&ExperimentId>,
        listen: &mut Listener<'_>,
        soon: &mut dyn FnMut(),
    ) -> Result<Turn> {
        if self.task.gpus == 0 {
            return Ok(Turn::Come(Hand::default()));
        }
        let config = &self.runner.config.gpu;
        let wanted = Wanted {
            need: self.task.gpus as usize,
            experiment: id.map(ToString::to_string),
            repository: self.runner.repo.work_dir().display().to_string(),
            command: Some(self.task.command.join(" ")),
        };
        let (mut source, mut driver) = (Source::None, None);
        let mut ask = || {
            let told = present(config)?;
            (source, driver) = (told.source, told.driver.clone());
            Ok(told)
        };
        let mut hear = |waiting: &lease::Waiting| {
            let lease::Waiting { position, waiters, reason } = waiting.clone();
            listen(Event::Waiting { id: id.cloned(), position, waiters, reason });
            if position <= SOON {
                soon();
            }
        };
        let lease = lease::acquire(config, &wanted, &mut ask, &|| interrupt::count() > 0, &mut hear)?;
        let Some(lease) = lease else { return Ok(Turn::Stopped) };
        let (config, was_shared) = (config.clone(), lease.is_shared());
        let (next_look, strangers) = (LOOK, Vec::new());
        let cards = InHand { lease, config, source, driver, next_look, was_shared, strangers, looking: None };
        Ok(Turn::Come(Hand { cards: Some(cards) }))
    }
}

impl Hand {
    /// The numbers of the cards.
    pub(super) fn indices(&self) -> Vec<u32> {
        self.cards.iter().flat_map(|cards| cards.lease.cards().iter().map(|card| card.index)).collect()
    }

    /// What the trainer finds in its environment.
    pub(super) fn variables(&self) -> Vec<(String, String)> {
        self.cards.as_ref().map(|cards| cards.lease.variables(&cards.config)).unwrap_or_default()
    }

    /// For the trainer to inherit: nobody else gets the cards while it lives.
    pub(super) fn as_fds(&self) -> Vec<BorrowedFd<'_>> {
        self.cards.as_ref().map(|cards| cards.lease.as_fds()).unwrap_or_default()
    }

    /// Tells others the name of the experiment; of use only to those who look.
    pub(super) fn name(&self, id: &ExperimentId) {
        if let Some(cards) = &self.cards {
            let _ = cards.lease.name(&id.to_string());
        }
    }

    /// What the record keeps of the cards when they are there.
    pub(super) fn fields(&self) -> Fields {
        let mut fields = Fields::new();
        if let Some(cards) = &self.cards {
            let told = cards.lease.cards().iter();
            let told = told.map(|card| json!({"index": card.index, "uuid": card.uuid, "name": card.name}));
            fields.insert("gpus".into(), told.collect());
            if let Some(driver) = &cards.driver {
                fields.insert("driver".into(), json!(driver));
            }
        }
        fields
    }

    /// Looks now and then who else is on the cards; never waits for their answer.
    pub(super) fn look_around(&mut self, elapsed: Duration) {
        let Some(cards) = &mut self.cards else { return };
        if let Some(told) = cards.looking.as_ref().and_then(|looking| looking.try_recv().ok()) {
            cards.looking = None;
            cards.note(told);
        }
        if elapsed >= cards.next_look {
            cards.next_look = elapsed + LOOK;
            cards.look();
        }
    }

    /// What the record keeps of the cards at the end, after a last look.
    pub(super) fn observed(&mut self) -> Fields {
        let mut fields = self.fields();
        if let Some(cards) = &mut self.cards {
            cards.look();
            // It takes `gpu.query_timeout` at most. An earlier look that hangs stands for this one.
            if let Some(told) = cards.looking.take().and_then(|looking| looking.recv().ok()) {
                cards.note(told);
            }
            fields.insert("gpu_shared".into(), json!(cards.was_shared));
            if !cards.strangers.is_empty() {
                fields.insert("gpu_strangers".into(), json!(cards.strangers));
            }
        }
        fields
    }

    /// Lets go of the cards without freeing them: a trainer that nobody supervises any more has them.
    pub(super) fn leave_to_heirs(self) {
        if let Some(cards) = self.cards {
            cards.lease.leave_to_heirs();
        }
    }

    /// Gives the cards back once their memory is free again; says what is wrong where it does not get free.
    pub(super) fn give_back(self) -> Option<String> {
        let InHand { lease, config, .. } = self.cards?;
        lease.release(&mut || present(&config))
    }
}

impl InHand {
    /// Asks who is on the cards, on a thread of its own: a time limit and Ctrl-C are not deaf while a driver hangs.
    fn look(&mut self) {
        self.was_shared |= self.lease.is_shared();
        // Where one question hangs for ever, so would the next, and each leaves a process behind.
        if self.source != Source::Nvml || self.looking.is_some() || errands::is_one_abandoned() {
            return;
        }
        let (send, receive) = channel();
        let config = self.config.clone();
        thread::spawn(move || send.send(present(&config)));
        self.looking = Some(receive);
    }

    fn note(&mut self, told: Result<Inventory>) {
        // What cannot be asked now is asked the next time.
        let Ok(now) = told else { return };
        let is_ours = |uuid: &str| self.lease.cards().iter().any(|card| card.uuid == uuid);
        for process in now.cards.iter().filter(|card| is_ours(&card.uuid)).flat_map(|card| &card.processes) {
            // One of the host cannot be told from our own inside a container.
            let is_stranger =
                kinship::is_visible(process.pid) && !kinship::descends(process.pid, std::process::id());
            let name = format!("{} ({})", process.pid, kinship::name(process.pid).unwrap_or_default());
            if is_stranger && !self.was_shared && !self.strangers.contains(&name) {
                self.strangers.push(name);
            }
        }
    }
}

/// The fault when somebody gives up waiting for a card before anything was recorded.
pub(super) fn given_up() -> anyhow::Error {
    fault("stopped while waiting for a card").exit(Exit::Interrupted).into()
}
