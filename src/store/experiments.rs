//! Putting experiments into the repository and getting them out again.

use std::cell::{Cell, RefCell};

use anyhow::Result;

use crate::clock::Timestamp;
use crate::config::store::Index;
use crate::error::fault;
use crate::git::notes::Notes;
use crate::git::refs::Swap;
use crate::git::refs_state::RefsState;
use crate::git::repo::Repo;
use crate::model::id::{ExperimentId, Named};
use crate::model::object::ObjectId;
use crate::model::record::{Fields, Line, Record};
use crate::model::summary::Summary;
use crate::process::fail;
use crate::store::index::answers::Answers;
use crate::store::index::file::IndexFile;
use crate::store::journal::{Journal, with};
use crate::store::moment::Moment;

/// The notes that hold the records.
pub const RECORDS: &str = "refs/notes/experiments";

/// How many notes are read at once.
const AT_ONCE: usize = 4000;

/// The experiments of one repository.
pub struct Store<'a> {
    pub(super) repo: &'a Repo,
    pub(super) journal: Journal,
    /// Whether the index may be asked.
    pub(super) has_index: bool,
    /// The index, once it was asked.
    pub(super) index: RefCell<Option<IndexFile>>,
    /// The refs and the notes that the index is known to hold.
    pub(super) indexed: RefCell<Option<(RefsState, Option<ObjectId>)>>,
    /// What was answered in that state.
    pub(super) answers: RefCell<Answers>,
    /// Whether lines stay in the journal until the notes are brought up to date for another reason.
    pub(super) gathers: bool,
    /// How many lines of its own it has gathered.
    pub(super) gathered: Cell<usize>,
    /// Whether answers may be of the same moment as the last one.
    pub(super) moment: Cell<Moment>,
    /// Hears how far long work is.
    pub(super) listener: Option<Listener<'a>>,
}

/// Work on many experiments that takes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// They are put into an index.
    Index,
    /// Their records are read, for whatever is asked of all.
    Look,
    /// They are put under the ref of an archive.
    Archive,
}

/// Told how many of how many experiments are done with.
pub type Listener<'a> = Box<dyn Fn(Work, usize, usize) + 'a>;

/// An experiment's name and its snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stored {
    /// What it is called.
    pub id: ExperimentId,
    /// The commit that holds its code and carries its record.
    pub snapshot: ObjectId,
}

/// An experiment and where its record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub stored: Stored,
    /// The blob of its note.
    pub note: Option<ObjectId>,
}

impl Named for Stored {
    fn id(&self) -> &ExperimentId {
        &self.id
    }
}

impl<'a> Store<'a> {
    /// The store of a repository.
    pub fn new(repo: &'a Repo) -> Self {
        let journal = Journal::new(&repo.gx_dir());
        let (index, indexed, answers) = (RefCell::default(), RefCell::default(), RefCell::default());
        let moment = Cell::new(Moment::Each);
        let (gathers, gathered) = (false, Cell::default());
        let (has_index, listener) = (true, None);
        Self { repo, journal, has_index, index, indexed, answers, gathers, gathered, moment, listener }
    }

    /// The same, asked without the index where `mode` says so.
    pub fn indexed(self, mode: Index) -> Self {
        Self { has_index: mode == Index::Auto, ..self }
    }

    /// The same for one that records much: lines are on disk in the journal, and come into the notes when there are many,
    /// or with the next [`Self::flush`] of whichever process, which every command begins with.
    pub fn gathering(self) -> Self {
        Self { gathers: true, ..self }
    }

    /// The same, with somebody who hears how far long work is.
    pub fn listened_to(self, listener: Listener<'a>) -> Self {
        Self { listener: Some(listener), ..self }
    }

    /// Tells how far some work is.
    pub(super) fn tell(&self, work: Work, done: usize, total: usize) {
        if let Some(listener) = &self.listener {
            listener(work, done, total);
        }
    }

    /// Claims the next number for a snapshot; the claim is on disk when it returns.
    pub fn claim(&self, snapshot: ObjectId) -> Result<ExperimentId> {
        let mut number = 1 + self.highest_number()?;
        loop {
            let id = ExperimentId::local(number);
            match self.repo.swap_ref(&id.reference(), snapshot, None, "gx: claim")? {
                Swap::Done => {
                    self.repo.sync_ref(&id.reference())?;
                    return Ok(id);
                }
                // Many that begin at once want the same number: a look costs less than another try.
                Swap::Lost => {
                    number += 1;
                    while self.repo.read_ref(&ExperimentId::local(number).reference())?.is_some() {
                        number += 1;
                    }
                }
            }
        }
    }

    /// Adds a line to the record of a snapshot: first to the journal, durably, then to its note.
    pub fn append(&self, snapshot: ObjectId, fields: Fields) -> Result<()> {
        self.append_after(&self.newest_record(snapshot)?, snapshot, fields)
    }

    /// The same after what somebody has just read of the record.
    ///
    /// # Errors
    /// A newer gx has written to it, or the journal or the notes cannot be written.
    pub fn append_after(&self, record: &Record, snapshot: ObjectId, fields: Fields) -> Result<()> {
        if let Some(version) = record.newer_version() {
            return Err(fault(format!("the record is of version {version}, which this gx can only read"))
                .hint("use the gx that wrote it, or a newer one")
                .into());
        }
        let line = Line::new(Timestamp::now(), fields).after(record);
        self.append_all(&[(snapshot, line)])
    }

    /// Adds a line to the record of a snapshot, durably, in the journal only: the next [`Self::flush`] of whichever
    /// process brings it into the note.
    pub fn append_soon(&self, snapshot: ObjectId, fields: Fields) -> Result<()> {
        let line = Line::new(Timestamp::now(), fields).after(&self.newest_record(snapshot)?);
        self.journal.append(&[(snapshot, line)])
    }

    /// Adds lines to several records in one step.
    pub fn append_all(&self, lines: &[(ObjectId, Line)]) -> Result<()> {
        if self.gathers {
            self.journal.grow(lines)?;
        } else {
            self.journal.append(lines)?;
        }
        fail::point("journalled");
        if self.gathers { self.flush_if_many() } else { self.flush() }
    }

    /// The record of a snapshot; empty where it has none.
    pub fn record(&self, snapshot: ObjectId) -> Result<Record> {
        Ok(Record::fold(&self.note(snapshot)?))
    }

    /// The same with what is only in the journal yet.
    pub fn newest_record(&self, snapshot: ObjectId) -> Result<Record> {
        // Before the note: a line that gets there in between is in both.
        let waiting = self.journal.waiting_of(snapshot)?;
        let lines = waiting.iter().map(String::as_bytes).collect();
        Ok(Record::fold(&with(self.note(snapshot)?, lines)))
    }

    /// The lines of a snapshot's record, as they are stored.
    pub fn note(&self, snapshot: ObjectId) -> Result<Vec<u8>> {
        Ok(Notes::open(self.repo, RECORDS)?.read(snapshot)?.unwrap_or_default())
    }

    /// All experiments, by site and number.
    pub fn list(&self) -> Result<Vec<Stored>> {
        let refs = self.repo.refs("refs/experiments/")?;
        let known = refs.into_iter().filter_map(|found| {
            Some(Stored { id: ExperimentId::of_reference(&found.name)?, snapshot: found.target })
        });
        let mut list: Vec<Stored> = known.collect();
        list.extend(self.archived()?);
        list.sort_by(|a, b| a.id.cmp(&b.id));
        // What is just being archived stands in both places for a moment.
        list.dedup_by(|a, b| a.id == b.id);
        Ok(list)
    }

    /// Makes something of what lists rank by, of each experiment that it is made of, by site and number; read without
    /// the index, and no more is kept than what is taken.
    pub(super) fn each_summary<T: Send>(
        &self,
        make: &(dyn Fn(&Found, Summary) -> Option<T> + Sync),
        take: &mut dyn FnMut(T),
    ) -> Result<()> {
        let all = self.with_notes(self.list()?)?;
        self.each_note(&all, &|found, note| make(found, Summary::fold(note)), &mut |made| {
            made.into_iter().for_each(&mut *take);
            Ok(())
        })
    }

    /// As [`Self::each_summary`], all that was made.
    pub(super) fn pick<T: Send>(
        &self,
        make: &(dyn Fn(&Stored, Summary) -> Option<T> + Sync),
    ) -> Result<Vec<T>> {
        let mut picked = Vec::new();
        self.each_summary(&|found, summary| make(&found.stored, summary), &mut |one| picked.push(one))?;
        Ok(picked)
    }

    /// Makes something of the whole record of each experiment, a share at a time, so that it need not fit into memory.
    pub fn each_record<T: Send>(
        &self,
        make: &(dyn Fn(&Stored, &Record) -> T + Sync),
        take: &mut dyn FnMut(T) -> Result<()>,
    ) -> Result<()> {
        let all = self.with_notes(self.list()?)?;
        self.each_note(&all, &|found, note| make(&found.stored, &Record::fold(note)), take)
    }

    /// Makes something of the note of each of some experiments, on all processors, a share at a time.
    pub fn each_note<T: Send>(
        &self,
        some: &[Found],
        make: &(dyn Fn(&Found, &[u8]) -> T + Sync),
        take: &mut dyn FnMut(T) -> Result<()>,
    ) -> Result<()> {
        for share in some.chunks(AT_ONCE) {
            let blobs: Vec<_> = share.iter().map(|found| found.note).collect();
            for made in self.repo.map_blobs(&blobs, &|number, note| make(&share[number], note))? {
                take(made)?;
            }
            // What was read of the packs would stay in memory until the end.
            self.repo.rest();
        }
        Ok(())
    }

    /// Makes something of the whole record of each of some experiments, in their order.
    pub fn map_records<T: Send>(
        &self,
        some: &[Stored],
        make: &(dyn Fn(&Stored, &Record) -> T + Sync),
    ) -> Result<Vec<T>> {
        let mut made = Vec::with_capacity(some.len());
        self.each_note(
            &self.with_notes(some.to_vec())?,
            &|found, note| make(&found.stored, &Record::fold(note)),
            &mut |one| {
                made.push(one);
                Ok(())
            },
        )?;
        Ok(made)
    }

    /// Finds the notes of some experiments.
    pub(super) fn with_notes(&self, some: Vec<Stored>) -> Result<Vec<Found>> {
        let notes = Notes::open(self.repo, RECORDS)?.all()?;
        let note = |stored: &Stored| notes.get(&stored.snapshot).copied();
        Ok(some.into_iter().map(|stored| Found { note: note(&stored), stored }).collect())
    }
}
