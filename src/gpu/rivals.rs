//! Those who wait before one, and what they are believed to want.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;

use crate::clock::Timestamp;
use crate::config::schema::Gpu;
use crate::gpu::fitness::Fitness;
use crate::gpu::folder::{Folder, Guard};
use crate::gpu::queue::{Bid, Offer, able};
use crate::gpu::ticket::{Others, Ticket, bury, numbers, path};

/// For how many times `gpu.query_timeout` somebody who could start is believed to be about to: at first it may
/// have to ask for the state of the cards.
const PATIENCE: u32 = 3;

/// The waiters before one.
#[derive(Debug)]
pub struct Rivals<'a> {
    config: &'a Gpu,
    folder: Arc<Folder>,
    others: Others,
    /// Those that could start, and since when.
    idle: BTreeMap<u64, Instant>,
}

impl<'a> Rivals<'a> {
    /// Knows nobody yet.
    pub fn new(config: &'a Gpu, folder: &Arc<Folder>) -> Self {
        Self { config, folder: Arc::clone(folder), others: Others::default(), idle: BTreeMap::new() }
    }

    /// What those before the ticket with number `me` ask for, in order; removes the tickets of the dead.
    ///
    /// Who could have started on the offers for a while and did not is passed over: it was stopped with Ctrl-Z, or
    /// its settings forbid it what ours allow. It would hold everybody up for ever.
    ///
    /// # Errors
    /// When the queue cannot be read.
    pub fn before(
        &mut self,
        me: u64,
        fitness: &Fitness<'_>,
        offers: &[Offer],
        guard: &Guard<'_>,
    ) -> Result<Vec<Bid>> {
        let mut before = numbers(&self.folder)?;
        before.retain(|&number| number < me);
        let tickets = self.others.living(&self.folder, &before, guard).into_iter();
        let (numbers, bids): (Vec<u64>, Vec<Bid>) =
            tickets.map(|(number, ticket)| (number, bid(self.config, fitness, ticket))).unzip();
        let able = able(offers, &bids).into_iter().zip(&numbers).filter(|(is_able, _)| *is_able);
        let since = |number: u64| self.idle.get(&number).copied().unwrap_or_else(Instant::now);
        self.idle = able.map(|(_, &number)| (number, since(number))).collect();
        let patience = PATIENCE * self.config.query_timeout;
        let is_awaited = |number: &u64| self.idle.get(number).is_none_or(|since| since.elapsed() <= patience);
        Ok(numbers.iter().zip(bids).filter(|(number, _)| is_awaited(number)).map(|(_, bid)| bid).collect())
    }

    /// Nobody could start just now.
    pub fn forget(&mut self) {
        self.idle.clear();
    }

    /// Removes a ticket if its waiter is dead; says whether it is gone by that.
    ///
    /// # Errors
    /// When the folder cannot be locked.
    pub fn bury(&mut self, number: u64) -> Result<bool> {
        if !self.others.is_dead(&self.folder, number) {
            return Ok(false);
        }
        let path = path(&self.folder, number);
        bury(&path, &self.folder.lock()?);
        Ok(!path.exists())
    }

    /// Whether a ticket that was looked at is still in the queue.
    pub fn waits(&self, number: u64) -> bool {
        self.others.is_there(number)
    }

    /// Forgets all that are not in the queue any more.
    pub fn keep_only(&mut self, numbers: &[u64]) {
        self.others.keep_only(numbers);
    }
}

/// What a ticket asks for, in the places of our cards.
fn bid(config: &Gpu, fitness: &Fitness<'_>, ticket: &Ticket) -> Bid {
    let may_have = |uuid: &String| ticket.cards.as_ref().is_none_or(|cards| cards.contains(uuid));
    let cards = fitness.cards().iter().enumerate();
    let cards = cards.filter(|(_, card)| may_have(&card.uuid)).map(|(place, _)| place).collect();
    let is_patient = ticket.age(Timestamp::now()) < config.max_bypass.as_secs_f64();
    Bid { need: ticket.need, cards, is_patient }
}
