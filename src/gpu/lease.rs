//! A lease: cards that are one's own until they are given back.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::clock::Timestamp;
use crate::config::schema::Gpu;
use crate::gpu::claim::{self, Claim};
use crate::gpu::fitness::Fitness;
use crate::gpu::folder::Folder;
use crate::gpu::offer::offered;
use crate::gpu::settle;
use crate::gpu::slots::Slots;
use crate::gpu::ticket::Ticket;
use crate::gpu::waiter::{Held, Outside, Waiter};
use crate::gpu::watch::Watch;
use crate::model::gpu::{Card, Inventory, Source, Visible};
use crate::process::identity::{self, Identity};

pub use crate::gpu::news::Waiting;

/// What somebody waits for, and how others are told about it.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// How many cards; at least 1.
    pub need: usize,
    /// The experiment, where that has a name already.
    pub experiment: Option<String>,
    /// The path of its repository.
    pub repository: String,
    /// What will run.
    pub command: Option<String>,
}

/// Asks for the state of the cards; it takes its time.
pub type Ask<'a> = dyn FnMut() -> Result<Inventory> + 'a;

/// Cards that nobody else is given until this is dropped, or for as long as a child lives that inherited
/// [`Lease::as_fds`].
#[must_use = "dropping a lease frees the cards"]
#[derive(Debug)]
pub struct Lease {
    folder: Arc<Folder>,
    source: Source,
    cards: Vec<Card>,
    held: Vec<Held>,
    slots: usize,
    patience: Duration,
    claim: Claim,
    _watch: Watch,
}

/// Waits for cards. `None` when `stop()` became true: the place in the queue is given up then.
///
/// `stop` is asked whenever something wakes it; interrupts do. `listen` hears why it waits whenever that changes.
///
/// # Errors
/// There are fewer cards than wanted ([`crate::error::Exit::NoCard`]), the cards cannot be asked, or the folder of
/// the locks cannot be used.
pub fn acquire(
    config: &Gpu,
    wanted: &Wanted,
    ask: &mut Ask<'_>,
    stop: &dyn Fn() -> bool,
    listen: &mut dyn FnMut(&Waiting),
) -> Result<Option<Lease>> {
    let inventory = ask()?;
    let mine = offered(config, &inventory, wanted.need)?;
    let folder = Arc::new(Folder::open(config)?);
    let ticket = ticket(wanted, &mine, &inventory);
    let mut claim = claim(wanted);
    let mut waiter = Waiter::join(config, &folder, Fitness::new(config, inventory), (mine, ticket))?;
    let held = waiter.wait(&mut claim, &mut Outside { ask, stop, listen })?;
    let (source, cards) = (waiter.health.source(), waiter.health.cards().to_vec());
    let _watch = waiter.into_watch();
    Ok(held.map(|held| {
        let cards = held.iter().map(|held| cards[held.card].clone()).collect();
        let (slots, patience) = (config.slots as usize, config.release_timeout);
        Lease { folder, source, cards, held, slots, patience, claim, _watch }
    }))
}

fn ticket(wanted: &Wanted, mine: &[usize], inventory: &Inventory) -> Ticket {
    Ticket {
        need: wanted.need,
        cards: Some(mine.iter().map(|&place| inventory.cards[place].uuid.clone()).collect()),
        since: Timestamp::now().to_string(),
        experiment: wanted.experiment.clone(),
        repository: wanted.repository.clone(),
        user: identity::user(),
        pid: std::process::id(),
        command: wanted.command.clone(),
    }
}

fn claim(wanted: &Wanted) -> Claim {
    let me = Identity::me();
    Claim {
        experiment: wanted.experiment.clone(),
        repository: wanted.repository.clone(),
        user: identity::user(),
        pid: me.pid,
        start: me.start,
        boot_id: me.boot,
        since: Timestamp::now().to_string(),
        command: wanted.command.clone(),
    }
}

impl Lease {
    /// The cards, as they were when they were given out, by index.
    pub fn cards(&self) -> &[Card] {
        &self.cards
    }

    /// Whether another experiment has room on one of the cards now; where it cannot be seen, no.
    pub fn is_shared(&self) -> bool {
        self.slots > 1 && self.look_for_others().unwrap_or(false)
    }

    fn look_for_others(&self) -> Result<bool> {
        let uuids: Vec<String> = self.cards.iter().map(|card| card.uuid.clone()).collect();
        let slots = Slots::open(&self.folder, &uuids, self.slots)?;
        let free = slots.free(&self.folder.lock()?)?;
        // One of the slots of each card is ours.
        Ok(free.iter().any(|free| free.len() + 1 < self.slots))
    }

    /// The locks, for the trainer to inherit: as long as it lives, the cards are not given to anybody else.
    pub fn as_fds(&self) -> Vec<BorrowedFd<'_>> {
        self.held.iter().map(|held| held.file.as_fd()).collect()
    }

    /// Tells others the name of the experiment.
    ///
    /// # Errors
    /// When a lock file belongs to a user who does not let others write it.
    pub fn name(&self, experiment: &str) -> Result<()> {
        let claim = Claim { experiment: Some(experiment.to_owned()), ..self.claim.clone() };
        for held in &self.held {
            claim.write(&held.file).context("cannot write the claim of a card")?;
        }
        Ok(())
    }

    /// What the trainer is told about its cards, as environment variables.
    pub fn variables(&self, config: &Gpu) -> Vec<(String, String)> {
        let join = |words: Vec<String>| words.join(",");
        let uuids = join(self.cards.iter().map(|card| card.uuid.clone()).collect());
        let indices = join(self.cards.iter().map(|card| card.index.to_string()).collect());
        let visible = match config.visible {
            Visible::Uuid if self.source != Source::Fixed => uuids.clone(),
            Visible::Uuid | Visible::Index => indices,
        };
        let variables = [
            ("CUDA_VISIBLE_DEVICES", visible),
            // The default order is the fastest first, in which an index means another card.
            ("CUDA_DEVICE_ORDER", "PCI_BUS_ID".to_owned()),
            ("GX_GPU_UUIDS", uuids),
        ];
        variables.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }

    /// Lets go of the cards without freeing them: they are free when the last heir of the locks has ended.
    pub fn leave_to_heirs(self) {
        // The files stay open until this process ends; an unlock would free them under the heir.
        std::mem::forget(self);
    }

    /// Gives the cards back when their memory is free again, which takes a moment after the end of a trainer;
    /// after `gpu.release_timeout` it gives them back anyway and says so.
    pub fn release(self, ask: &mut Ask<'_>) -> Option<String> {
        if self.source != Source::Nvml || self.patience.is_zero() {
            return None;
        }
        settle::wait(&self.cards, self.patience, ask, &|| self.is_shared())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        for held in &self.held {
            let _ = claim::clear(&held.file);
            // Closing it would not do: a process that the trainer left behind may have inherited it.
            let _ = held.file.unlock();
        }
        self.folder.ring();
    }
}

#[cfg(test)]
pub(crate) mod tests;
