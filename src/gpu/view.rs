//! Who has which card and who waits, for people to look at: nobody is disturbed by it.

use std::path::PathBuf;

use anyhow::Result;

use crate::config::schema::Gpu;
use crate::gpu::claim::Claim;
use crate::gpu::drain::Drain;
use crate::gpu::fitness::Fitness;
use crate::gpu::folder::Folder;
use crate::gpu::reason::{Seen, reason, see};
use crate::gpu::slots::Slots;
use crate::gpu::ticket::{Others, Ticket, numbers};
use crate::model::gpu::{Card, Inventory};
use crate::process::kinship;

/// The cards and the queue at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Where the locks lie; `None` where nobody has needed them yet.
    pub folder: Option<PathBuf>,
    /// The cards, as the inventory has them.
    pub cards: Vec<CardView>,
    /// Those who wait, the next one first.
    pub queue: Vec<Queued>,
}

/// What is going on with a card.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CardView {
    /// Its number.
    pub index: u32,
    /// Its name.
    pub uuid: String,
    /// Who has it: nobody, or up to `gpu.slots` experiments.
    pub holders: Vec<Holder>,
    /// Why it is out of service, where it is.
    pub drained: Option<Drain>,
    /// Why it is given to nobody, where it is not because of its holders.
    pub flaw: Option<String>,
    /// How many experiments it has room for.
    pub room: usize,
    /// The processes on it that belong to none of its holders.
    pub strangers: Vec<Stranger>,
}

/// A process that gx did not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Its number.
    pub pid: u32,
    /// The name of its program; `None` where it cannot be seen from here.
    pub name: Option<String>,
    /// The card's memory that it has, in bytes.
    pub memory: Option<u64>,
}

/// Somebody who has a card.
#[derive(Clone, Debug, PartialEq)]
pub struct Holder {
    /// What the holder wrote; `None` where it could write nothing.
    pub claim: Option<Claim>,
    /// Whether the one who wrote it lives; if not, its trainer goes on alone.
    pub is_alive: bool,
}

/// Somebody who waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Queued {
    /// What it said about itself.
    pub ticket: Ticket,
    /// Its place in the queue; the first is 1.
    pub position: usize,
    /// Why it does not start, in one line.
    pub reason: String,
}

/// Looks at the locks and the queue, without taking or removing anything.
///
/// # Errors
/// When the folder of the locks cannot be read.
pub fn view(config: &Gpu, inventory: &Inventory) -> Result<View> {
    let Some(folder) = Folder::find(config)? else {
        return Ok(View { folder: None, cards: untouched(config, inventory), queue: Vec::new() });
    };
    let uuids: Vec<String> = inventory.cards.iter().map(|card| card.uuid.clone()).collect();
    let slots = Slots::open(&folder, &uuids, config.slots as usize)?;
    let (free, tickets) = look(&folder, &slots)?;
    let holders: Vec<Vec<Option<Claim>>> =
        free.iter().enumerate().map(|(place, free)| slots.holders(place, free)).collect();
    let held: Vec<Vec<Claim>> = holders.iter().map(|card| card.iter().flatten().cloned().collect()).collect();
    let fitness = judged(config, inventory, &held);
    let seen: Vec<Seen> =
        free.iter().enumerate().map(|(place, free)| see(&folder, &fitness, &slots, (place, free))).collect();
    let queue = tickets.into_iter().enumerate().map(|(before, ticket)| waiter(before, ticket, &uuids, &seen));
    let cards = holders.into_iter().enumerate().map(|(place, holders)| CardView {
        index: seen[place].index,
        uuid: uuids[place].clone(),
        // Somebody writes its claim a moment after it has the lock, and may not be able to at all.
        strangers: if holders.iter().all(Option::is_some) {
            strangers(&fitness, place, &held)
        } else {
            Vec::new()
        },
        holders: holders.into_iter().map(holder).collect(),
        drained: Drain::read(&folder, &uuids[place]),
        flaw: seen[place].flaw.clone(),
        room: free[place].len(),
    });
    Ok(View { cards: cards.collect(), queue: queue.collect(), folder: Some(folder.path().to_owned()) })
}

/// The cards where nobody has leased any yet.
fn untouched(config: &Gpu, inventory: &Inventory) -> Vec<CardView> {
    let held = vec![Vec::new(); inventory.cards.len()];
    let fitness = judged(config, inventory, &held);
    let view = |(place, card): (usize, &Card)| CardView {
        index: card.index,
        uuid: card.uuid.clone(),
        flaw: fitness.last_flaw(place, false).map(str::to_owned),
        room: config.slots as usize,
        strangers: strangers(&fitness, place, &held),
        ..CardView::default()
    };
    inventory.cards.iter().enumerate().map(view).collect()
}

fn strangers(fitness: &Fitness<'_>, place: usize, held: &[Vec<Claim>]) -> Vec<Stranger> {
    let told = fitness.strangers(place, &held[place]);
    told.map(|one| Stranger { pid: one.pid, name: kinship::name(one.pid), memory: one.memory }).collect()
}

/// The free slots of each card, and the tickets of those who live: asked under the mutex, where nobody else tries.
fn look(folder: &Folder, slots: &Slots) -> Result<(Vec<Vec<usize>>, Vec<Ticket>)> {
    let mut others = Others::default();
    let guard = folder.lock()?;
    let free = slots.free(&guard)?;
    let living: Vec<u64> =
        numbers(folder)?.into_iter().filter(|&number| !others.is_dead(folder, number)).collect();
    let tickets =
        others.living(folder, &living, &guard).into_iter().map(|(_, ticket)| ticket.clone()).collect();
    Ok((free, tickets))
}

fn judged<'a>(config: &'a Gpu, inventory: &Inventory, held: &[Vec<Claim>]) -> Fitness<'a> {
    let mut fitness = Fitness::new(config, inventory.clone());
    fitness.judge(held, &mut || Ok(inventory.clone()));
    fitness
}

fn holder(claim: Option<Claim>) -> Holder {
    Holder { is_alive: claim.as_ref().is_some_and(Claim::is_alive), claim }
}

fn waiter(before: usize, ticket: Ticket, uuids: &[String], seen: &[Seen]) -> Queued {
    let may_have = |uuid: &String| ticket.cards.as_ref().is_none_or(|cards| cards.contains(uuid));
    let cards = uuids.iter().zip(seen).filter(|(uuid, _)| may_have(uuid));
    let seen: Vec<Seen> = cards.map(|(_, seen)| seen.clone()).collect();
    Queued { position: before + 1, reason: reason(&seen, ticket.need, before), ticket }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::claim::tests::claim;
    use crate::gpu::drain::drain;
    use crate::gpu::lease::tests::{config, get, inventory, tickets};
    use crate::process::wait::wait_until;

    #[test]
    fn where_nobody_has_leased_anything_a_look_makes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let seen = view(&config(&dir.path().join("gx"), 1), &inventory(1)).unwrap();
        assert_eq!((seen.folder, seen.cards[0].holders.len(), seen.queue.len()), (None, 0, 0));
        assert!(!dir.path().join("gx").exists());
    }

    #[test]
    fn holders_drained_cards_and_the_queue_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path(), 1);
        let held = get(&config, 2, 1);
        drain(&config, &inventory(2).cards[1], "fan").unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| get(&config, 2, 2));
            wait_until(|| tickets(dir.path()) == 1);
            let seen = view(&config, &inventory(2)).unwrap();
            let holder = &seen.cards[0].holders[0];
            assert!(holder.is_alive);
            assert_eq!(holder.claim.as_ref().unwrap().experiment.as_deref(), Some("exp-1"));
            assert_eq!(seen.cards[1].holders, []);
            assert_eq!(seen.cards[1].drained.as_ref().unwrap().reason, "fan");
            let next = &seen.queue[0];
            assert_eq!((next.position, next.ticket.need), (1, 2));
            assert!(
                next.reason.starts_with("1 of 2 cards is taken by exp-1; GPU 1 is out of"),
                "{}",
                next.reason
            );
            crate::gpu::drain::undrain(&config, &inventory(2).cards[1]).unwrap();
            drop(held);
            drop(waiting.join().unwrap());
        });
        let seen = view(&config, &inventory(2)).unwrap();
        assert!(seen.queue.is_empty() && seen.cards.iter().all(|card| card.holders.is_empty()));
    }

    #[test]
    fn what_a_dead_holder_or_waiter_left_behind_is_not_shown() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path(), 1);
        let folder = Folder::open(&config).unwrap();
        claim(Some("exp-1")).write(&folder.open_to_hold("gpu-FIXED-0.lock").unwrap()).unwrap();
        std::fs::write(dir.path().join("q/000000000007.ticket"), "{\"need\":1}").unwrap();
        let seen = view(&config, &inventory(1)).unwrap();
        assert_eq!((seen.cards[0].holders.len(), seen.queue.len()), (0, 0));
        assert_eq!(tickets(dir.path()), 1, "a look removes nothing");
    }
}
