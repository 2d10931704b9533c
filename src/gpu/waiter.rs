//! One waiter's way from the end of the queue to its cards.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use crate::clock::Timestamp;
use crate::config::schema::Gpu;
use crate::gpu::claim::Claim;
use crate::gpu::drain::is_drained;
use crate::gpu::fitness::{Fitness, Verdict};
use crate::gpu::folder::{Folder, Guard};
use crate::gpu::news::{News, Waiting};
use crate::gpu::queue::{Bid, Offer, decide};
use crate::gpu::reason::{Seen, reason, see};
use crate::gpu::rivals::Rivals;
use crate::gpu::slots::Slots;
use crate::gpu::ticket::{Place, Ticket, numbers, path};
use crate::gpu::watch::{Target, Watch};
use crate::model::gpu::Inventory;
use crate::process::{fail, wait};

/// At least so many at the head of the queue look at the cards; those behind sleep until one of these is gone.
const NEAR: usize = 16;
/// Behind so many nobody watches anything: a user has 128 instances of inotify for all programs together. They look
/// at the queue from time to time, and are watching long before it is their turn.
const WATCHING: usize = 48;
/// How often they look.
const FAR: Duration = Duration::from_millis(250);

/// The world outside of a waiter.
pub struct Outside<'a> {
    /// Asks for the state of the cards; takes its time, so never under the mutex.
    pub ask: &'a mut dyn FnMut() -> Result<Inventory>,
    /// Whether to give up.
    pub stop: &'a dyn Fn() -> bool,
    /// Hears why it waits, when that changes.
    pub listen: &'a mut dyn FnMut(&Waiting),
}

/// A card that is had: its place among the cards, and its locked file.
#[derive(Debug)]
pub struct Held {
    /// The place of the card in [`Fitness::cards`].
    pub card: usize,
    /// The lock.
    pub file: File,
}

/// What one look under the mutex led to.
enum Look {
    Got(Vec<Held>),
    /// It would start if the cards were known to be well. The free slots of each card.
    Ask(Vec<Vec<usize>>),
    /// It is not its turn. The free slots of each card.
    Wait(Vec<Vec<usize>>),
}

/// Somebody in the queue; leaves it when dropped.
#[derive(Debug)]
pub struct Waiter<'a> {
    config: &'a Gpu,
    folder: Arc<Folder>,
    /// The state of the cards.
    pub health: Fitness<'a>,
    slots: Slots,
    mine: Vec<usize>,
    ticket: Ticket,
    place: Place,
    rivals: Rivals<'a>,
    watch: Watch,
    news: News,
}

impl<'a> Waiter<'a> {
    /// Joins the queue; `mine` are the places of the cards in `health` that it may have.
    ///
    /// # Errors
    /// When the folder of the locks cannot be written.
    pub fn join(
        config: &'a Gpu,
        folder: &Arc<Folder>,
        health: Fitness<'a>,
        (mine, ticket): (Vec<usize>, Ticket),
    ) -> Result<Self> {
        let uuids: Vec<String> = health.cards().iter().map(|card| card.uuid.clone()).collect();
        let slots = Slots::open(folder, &uuids, config.slots as usize)?;
        let place = Place::join(folder, &ticket)?;
        fail::point("lease-ticket-made");
        let (folder, watch) = (Arc::clone(folder), Watch::new());
        let rivals = Rivals::new(config, &folder);
        Ok(Self { config, folder, health, slots, mine, ticket, place, rivals, watch, news: News::default() })
    }

    /// Waits until the cards are had; `None` when it was told to stop. The claim gets the time.
    ///
    /// # Errors
    /// When the folder of the locks cannot be read or written any more.
    pub fn wait(&mut self, claim: &mut Claim, outside: &mut Outside<'_>) -> Result<Option<Vec<Held>>> {
        loop {
            if (outside.stop)() {
                return Ok(None);
            }
            let numbers = numbers(&self.folder)?;
            let Ok(position) = numbers.binary_search(&self.place.number()) else {
                // Somebody cleaned up: start again at the end.
                self.place = Place::join(&self.folder, &self.ticket)?;
                continue;
            };
            if self.bury_neighbours(&numbers, position)? {
                continue;
            }
            let near = NEAR.max(2 * self.config.slots as usize * self.health.cards().len());
            if position >= near {
                let place = (position, numbers.len());
                if position < near.max(WATCHING) {
                    self.wait_for_ticket(numbers[position + 1 - near], place, outside)?;
                } else {
                    self.wait_far_back(place, outside);
                }
                continue;
            }
            self.watch.drain();
            match self.look(claim)? {
                Look::Got(held) => return Ok(Some(held)),
                Look::Ask(free) => self.health.judge(&self.held(&free), outside.ask),
                // Only who has to wait pays for watching; what happened before is seen by one more look.
                Look::Wait(_) if self.watch.set(self.near_targets()) => {}
                Look::Wait(free) => {
                    let again = self.tell((position, numbers.len()), Some(&free), outside);
                    self.watch.wait(again);
                }
            }
        }
    }

    /// What woke it, silent now. Closing it can take the kernel milliseconds: not while the cards lie idle.
    pub fn into_watch(self) -> Watch {
        self.watch.quiet()
    }

    /// Removes the tickets of those right before and behind it where they died; says whether it did.
    ///
    /// That way nobody has to look at the whole queue, and a place in it counts only living ones.
    fn bury_neighbours(&mut self, numbers: &[u64], position: usize) -> Result<bool> {
        let around = [position.checked_sub(1), Some(position + 1)];
        let mut has_changed = false;
        self.rivals.keep_only(numbers);
        for &number in around.into_iter().flatten().filter_map(|place| numbers.get(place)) {
            has_changed |= self.rivals.bury(number)?;
        }
        Ok(has_changed)
    }

    /// Waits some way from the head of the queue until the ticket that keeps it there is gone.
    fn wait_for_ticket(
        &mut self,
        number: u64,
        place: (usize, usize),
        outside: &mut Outside<'_>,
    ) -> Result<()> {
        self.watch.set(vec![Target::Ticket(path(&self.folder, number))]);
        self.watch.drain();
        if !self.rivals.bury(number)? && self.rivals.waits(number) {
            let again = self.tell(place, None, outside);
            self.watch.wait(again);
        }
        Ok(())
    }

    /// Waits for a moment far from the head of the queue.
    fn wait_far_back(&mut self, place: (usize, usize), outside: &mut Outside<'_>) {
        let again = self.tell(place, None, outside);
        wait::for_any(&[], Some(again.unwrap_or(FAR)));
    }

    fn near_targets(&self) -> Vec<Target> {
        let holders = self.slots.paths(&self.folder).into_iter().map(Target::Holder);
        let queue = [Target::Bell(self.folder.bell()), Target::Deaths(self.folder.queue())];
        queue.into_iter().chain(holders).collect()
    }

    /// Looks at the cards and the queue, under the mutex, and takes the cards if it is its turn.
    fn look(&mut self, claim: &mut Claim) -> Result<Look> {
        let folder = Arc::clone(&self.folder);
        let guard = folder.lock()?;
        let free = self.slots.free(&guard)?;
        let sure = self.offers(&free, &Verdict::Fit);
        let hoped = self.offers(&free, &Verdict::Unknown);
        let room = self.mine.iter().filter(|&&card| hoped[card].is_usable && hoped[card].free > 0).count();
        if room < self.ticket.need {
            self.rivals.forget();
            return Ok(Look::Wait(free));
        }
        let bids = self.rivals.before(self.place.number(), &self.health, &hoped, &guard)?;
        let me = Bid { need: self.ticket.need, cards: self.mine.clone(), is_patient: true };
        if let Some(cards) = decide(&sure, &bids, &me) {
            return self.take(&cards, &free, claim, &guard).map(Look::Got);
        }
        if decide(&hoped, &bids, &me).is_some() { Ok(Look::Ask(free)) } else { Ok(Look::Wait(free)) }
    }

    /// The room on the cards that are known to be at least as well as `least`: fit, or not known to be unfit.
    fn offers(&self, free: &[Vec<usize>], least: &Verdict) -> Vec<Offer> {
        let offer = |(place, slots): (usize, &Vec<usize>)| {
            let verdict = self.health.verdict(place, slots.len() < self.config.slots as usize);
            let is_drained = is_drained(&self.folder, &self.health.cards()[place].uuid);
            let is_usable = !is_drained && !matches!(verdict, Verdict::Unfit(_));
            let has_room = verdict == Verdict::Fit || verdict == *least;
            Offer { free: if has_room { slots.len() } else { 0 }, is_usable }
        };
        free.iter().enumerate().map(offer).collect()
    }

    /// Takes the cards and leaves the queue: all under the mutex, so that others see both or neither.
    fn take(
        &self,
        cards: &[usize],
        free: &[Vec<usize>],
        claim: &mut Claim,
        guard: &Guard<'_>,
    ) -> Result<Vec<Held>> {
        let lock =
            |&card: &usize| Ok(Held { card, file: self.slots.take(&self.folder, card, free[card][0])? });
        let held = cards.iter().map(lock).collect::<Result<Vec<Held>>>()?;
        fail::point("lease-locked");
        claim.since = Timestamp::now().to_string();
        for held in &held {
            // It only informs: where the file belongs to somebody else, the lock must do.
            let _ = claim.write(&held.file);
        }
        fail::point("lease-claimed");
        self.place.give_up(guard);
        Ok(held)
    }

    fn held(&self, free: &[Vec<usize>]) -> Vec<Vec<Claim>> {
        let holders = |(place, free): (usize, &Vec<usize>)| {
            self.slots.holders(place, free).into_iter().flatten().collect()
        };
        free.iter().enumerate().map(holders).collect()
    }

    /// Tells why it waits if that changed, and gives the time after which to look again because it was too early.
    fn tell(
        &mut self,
        (before, waiters): (usize, usize),
        free: Option<&[Vec<usize>]>,
        outside: &mut Outside<'_>,
    ) -> Option<Duration> {
        if let Some(early) = self.news.too_early() {
            return Some(early);
        }
        let seen = free.map_or_else(Vec::new, |free| self.seen(free));
        let waiting =
            Waiting { position: before + 1, waiters, reason: reason(&seen, self.ticket.need, before) };
        if self.news.is_news(&waiting) {
            (outside.listen)(&waiting);
        }
        None
    }

    fn seen(&self, free: &[Vec<usize>]) -> Vec<Seen> {
        self.mine
            .iter()
            .map(|&place| see(&self.folder, &self.health, &self.slots, (place, &free[place])))
            .collect()
    }
}
