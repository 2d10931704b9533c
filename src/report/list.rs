//! `gx ls`: experiments, filtered and sorted.

use anyhow::{Result, anyhow};
use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::model::id::ExperimentId;
use crate::model::record::Record;
use crate::model::verdict::Goal;
use crate::report::row::Row;
use crate::research::ranking::{self, Among};
use crate::store::choice::{Choice, Chosen};
use crate::store::experiments::{Found, Store};

/// The answer of `gx ls`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct List {
    /// The experiments.
    pub experiments: Vec<Row>,
    /// How many there are that match.
    pub matching: usize,
    /// How many there are at all.
    pub total: usize,
}

impl List {
    /// Asks the store.
    ///
    /// # Errors
    /// A sort key that no experiment has.
    pub fn of(store: &Store<'_>, choice: &Choice, goal: Goal) -> Result<Self> {
        Self::read(&Listing::of(store, choice, goal)?)
    }

    /// Reads what was chosen.
    pub fn read(listing: &Listing<'_>) -> Result<Self> {
        let mut experiments = Vec::with_capacity(listing.experiments.len());
        listing.experiments.each(&mut |row| {
            experiments.push(row);
            Ok(())
        })?;
        Ok(Self { experiments, matching: listing.matching, total: listing.total })
    }
}

impl List {
    /// The same without the clocks and last lines of what is open: two lists with the same standing tell the same.
    pub fn standing(&self) -> Self {
        let mut standing = self.clone();
        for now in standing.experiments.iter_mut().filter_map(|row| row.now.as_mut()) {
            now.age = None;
            now.line = None;
        }
        standing
    }
}

/// Experiments as lines of a list, made one after the other.
pub struct Rows<'a> {
    store: &'a Store<'a>,
    found: Vec<Found>,
    bests: Vec<ExperimentId>,
}

impl<'a> Rows<'a> {
    /// Of experiments that were chosen.
    pub fn of(store: &'a Store<'a>, found: Vec<Found>, goal: Goal) -> Result<Self> {
        let leaders = store.leaders(goal, None)?;
        let bests = ranking::bests(&leaders, goal, Among::Comparable).into_values();
        Ok(Self { store, found, bests: bests.map(|champion| champion.best.id).collect() })
    }

    /// The same without saying which are the best.
    pub fn unranked(store: &'a Store<'a>, found: Vec<Found>) -> Self {
        Self { store, found, bests: Vec::new() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Hands them out in order.
    pub fn each(&self, take: &mut dyn FnMut(Row) -> Result<()>) -> Result<()> {
        let bests = &self.bests;
        let make = |found: &Found, note: &[u8]| {
            let record = Record::fold(note);
            let row = Row::of(&found.stored, &record, bests.contains(&found.stored.id));
            let is_open = !row.status.is_final();
            (row, is_open.then_some(record))
        };
        self.store.each_newest_note(&self.found, &make, &mut |(row, open)| {
            take(match open {
                Some(record) => row.with_now(self.store, &record),
                None => row,
            })
        })
    }
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.found.len()))?;
        let mut failed = None;
        let read = self.each(&mut |row| {
            list.serialize_element(&row).map_err(|error| {
                failed = Some(error);
                anyhow!("cannot write a list")
            })
        });
        match (failed, read) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(S::Error::custom(format!("{error:#}"))),
            (None, Ok(())) => list.end(),
        }
    }
}

/// As [`List`], for other programs: read while it is written, so that no list is too long for memory.
#[derive(Serialize)]
pub struct Listing<'a> {
    /// The experiments.
    pub experiments: Rows<'a>,
    /// How many there are that match.
    pub matching: usize,
    /// How many there are at all.
    pub total: usize,
}

impl<'a> Listing<'a> {
    /// Asks the store.
    ///
    /// # Errors
    /// A sort key that no experiment has.
    pub fn of(store: &'a Store<'a>, choice: &Choice, goal: Goal) -> Result<Self> {
        let Chosen { found, matching, total } = store.choose(choice)?;
        Ok(Self { experiments: Rows::of(store, found, goal)?, matching, total })
    }
}
