//! `gx gpus`: the cards of the machine, who has them, and who waits for them.

use serde::Serialize;

use crate::gpu::drain::Drain;
use crate::gpu::view::{self, CardView, View};
use crate::model::gpu::{self, Inventory, Source};

/// The answer of `gx gpus`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gpus {
    /// Who told: `nvml`, `fixed` or `none`.
    pub source: Source,
    /// The driver's version.
    pub driver: Option<String>,
    /// The folder of the locks; null where nobody has needed them yet.
    pub lock_dir: Option<String>,
    /// The cards, by index.
    pub cards: Vec<Card>,
    /// Those who wait, the next one first.
    pub queue: Vec<Waiter>,
    /// What to do where there are no cards, or they cannot be asked.
    pub hint: Option<String>,
}

/// One card.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Card {
    /// Its number, in the order of the PCI bus.
    pub index: u32,
    /// The name that stays the same across reboots.
    pub uuid: String,
    /// The model.
    pub name: String,
    /// Taken memory in bytes.
    pub memory_used: Option<u64>,
    /// All its memory in bytes.
    pub memory_total: Option<u64>,
    /// How busy it is, in percent.
    pub utilisation: Option<u32>,
    /// In degrees Celsius.
    pub temperature: Option<u32>,
    /// What it draws, in watts.
    pub power: Option<f64>,
    /// What it may draw, in watts.
    pub power_limit: Option<f64>,
    /// How many experiments it has room for now.
    pub room: usize,
    /// Who has it.
    pub holders: Vec<Holder>,
    /// The processes on it that gx did not start.
    pub strangers: Vec<Stranger>,
    /// Why it is given to nobody, where it is not because of its holders.
    pub refusal: Option<String>,
    /// Who took it out of service.
    pub drained: Option<Drain>,
}

/// Somebody who has a card.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Holder {
    /// The experiment, where it is one.
    pub experiment: Option<String>,
    /// The path of its repository.
    pub repository: Option<String>,
    /// The name of the user; null where the holder could not write who it is.
    pub user: Option<String>,
    /// The process that looks after it.
    pub pid: Option<u32>,
    /// What runs.
    pub command: Option<String>,
    /// Since when, RFC 3339.
    pub since: Option<String>,
    /// Whether that process lives; if not, what it started goes on alone.
    pub is_supervised: bool,
}

/// A process that gx did not start.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stranger {
    /// Its number.
    pub pid: u32,
    /// The name of its program; null where it cannot be seen.
    pub name: Option<String>,
    /// The card's memory that it has, in bytes.
    pub memory: Option<u64>,
}

/// Somebody who waits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Waiter {
    /// Its place; the first is 1.
    pub position: usize,
    /// How many cards it needs.
    pub need: usize,
    /// The experiment, where that has a name already.
    pub experiment: Option<String>,
    /// The path of its repository.
    pub repository: String,
    /// The name of its user.
    pub user: String,
    /// Its process.
    pub pid: u32,
    /// What it wants to run.
    pub command: Option<String>,
    /// Since when, RFC 3339.
    pub since: String,
    /// Why it does not start.
    pub reason: String,
}

impl Gpus {
    /// From what the cards say and what the locks say.
    pub fn of(inventory: Inventory, view: View) -> Self {
        let cards = inventory.cards.into_iter().zip(view.cards);
        Self {
            source: inventory.source,
            driver: inventory.driver,
            lock_dir: view.folder.map(|path| path.display().to_string()),
            cards: cards.map(|(card, view)| Card::of(card, view)).collect(),
            queue: view.queue.into_iter().map(Waiter::of).collect(),
            hint: inventory.hint,
        }
    }

    /// Where the cards cannot be asked just now, and why.
    pub fn silent(source: Source, why: String) -> Self {
        let (cards, queue) = (Vec::new(), Vec::new());
        Self { source, driver: None, lock_dir: None, cards, queue, hint: Some(why) }
    }

    /// The same without what changes all the time: what the cards measure.
    pub fn standing(&self) -> Self {
        let mut standing = self.clone();
        for card in &mut standing.cards {
            (card.memory_used, card.utilisation, card.temperature, card.power) = (None, None, None, None);
            card.strangers.iter_mut().for_each(|stranger| stranger.memory = None);
        }
        standing
    }
}

impl Card {
    fn of(card: gpu::Card, view: CardView) -> Self {
        let stranger = |one: view::Stranger| Stranger { pid: one.pid, name: one.name, memory: one.memory };
        Self {
            index: card.index,
            uuid: card.uuid,
            name: card.name,
            memory_used: card.memory_used,
            memory_total: card.memory_total,
            utilisation: card.utilisation,
            temperature: card.temperature,
            power: card.power,
            power_limit: card.power_limit,
            room: view.room,
            holders: view.holders.into_iter().map(Holder::of).collect(),
            strangers: view.strangers.into_iter().map(stranger).collect(),
            refusal: view.flaw,
            drained: view.drained,
        }
    }
}

impl Holder {
    fn of(holder: view::Holder) -> Self {
        let is_supervised = holder.is_alive;
        let Some(claim) = holder.claim else {
            let (experiment, repository, user, command) = (None, None, None, None);
            return Self { experiment, repository, user, command, pid: None, since: None, is_supervised };
        };
        Self {
            experiment: claim.experiment,
            repository: Some(claim.repository),
            user: Some(claim.user),
            pid: Some(claim.pid),
            command: claim.command,
            since: Some(claim.since),
            is_supervised,
        }
    }
}

impl Waiter {
    fn of(waiter: view::Queued) -> Self {
        let view::Queued { ticket, position, reason } = waiter;
        Self {
            position,
            need: ticket.need,
            experiment: ticket.experiment,
            repository: ticket.repository,
            user: ticket.user,
            pid: ticket.pid,
            command: ticket.command,
            since: ticket.since,
            reason,
        }
    }
}
