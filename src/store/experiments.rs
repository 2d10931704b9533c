//! Putting experiments into the repository and getting them out again.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::clock::Timestamp;
use crate::error::{Exit, Fault, fault};
use crate::git::notes::Notes;
use crate::git::refs::Swap;
use crate::git::repo::Repo;
use crate::model::id::{ExperimentId, Named};
use crate::model::object::ObjectId;
use crate::model::record::{Fields, Line, Record};
use crate::model::summary::Summary;
use crate::process::fail;
use crate::store::journal::{Batch, Journal};

/// The notes that hold the records.
pub const RECORDS: &str = "refs/notes/experiments";

/// How long a note is tried to be written while other processes are faster.
const PATIENCE: Duration = Duration::from_secs(30);

/// The experiments of one repository.
pub struct Store<'a> {
    pub(super) repo: &'a Repo,
    pub(super) journal: Journal,
}

/// An experiment's name and its snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stored {
    /// What it is called.
    pub id: ExperimentId,
    /// The commit that holds its code and carries its record.
    pub snapshot: ObjectId,
}

impl Named for Stored {
    fn id(&self) -> &ExperimentId {
        &self.id
    }
}

impl<'a> Store<'a> {
    /// The store of a repository.
    pub fn new(repo: &'a Repo) -> Self {
        Self { repo, journal: Journal::new(&repo.gx_dir()) }
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
                Swap::Lost => number += 1,
            }
        }
    }

    fn highest_number(&self) -> Result<u64> {
        let archived = self.archived()?;
        let own = archived.iter().filter(|stored| stored.id.site().is_none());
        let mut highest = own.map(|stored| stored.id.number()).max().unwrap_or_default();
        for prefix in ["refs/experiments/exp-", "refs/gx/trash/exp-"] {
            let names = self.repo.ref_names(prefix)?;
            let numbers = names.iter().filter_map(|name| ExperimentId::of_reference(name));
            highest = numbers.map(|id| id.number()).max().unwrap_or_default().max(highest);
        }
        Ok(highest)
    }

    /// Adds a line to the record of a snapshot: first to the journal, durably, then to its note.
    pub fn append(&self, snapshot: ObjectId, fields: Fields) -> Result<()> {
        let record = self.record(snapshot)?;
        if let Some(version) = record.newer_version() {
            return Err(fault(format!("the record is of version {version}, which this gx can only read"))
                .hint("use the gx that wrote it, or a newer one")
                .into());
        }
        let line = Line::new(Timestamp::now(), fields).after(&record);
        self.append_all(&[(snapshot, line)])
    }

    /// Adds a line to the record of a snapshot, durably, in the journal only: the next [`Self::flush`] of whichever
    /// process brings it into the note.
    pub fn append_soon(&self, snapshot: ObjectId, fields: Fields) -> Result<()> {
        let line = Line::new(Timestamp::now(), fields).after(&self.record(snapshot)?);
        self.journal.append(&[(snapshot, line)])
    }

    /// Adds lines to several records in one step.
    pub fn append_all(&self, lines: &[(ObjectId, Line)]) -> Result<()> {
        self.journal.append(lines)?;
        fail::point("journalled");
        self.flush()
    }

    /// Writes into the notes whatever waits in the journal, of this process and of others.
    pub fn flush(&self) -> Result<()> {
        let waiting = self.journal.waiting()?;
        self.put(&waiting)?;
        self.journal.retire(&waiting)?;
        self.journal.join()
    }

    /// Adds the lines that the notes lack, in one commit.
    pub(super) fn put(&self, batches: &[Batch]) -> Result<()> {
        let began = Instant::now();
        loop {
            let notes = Notes::open(self.repo, RECORDS)?;
            let missing = missing(&notes, batches)?;
            if missing.is_empty() {
                return Ok(());
            }
            let message = format!("gx: record {}", count(missing.len(), "experiment"));
            if notes.write(&missing, &message, Timestamp::now())? == Swap::Done {
                return self.remember_growth(notes.tip());
            }
            if began.elapsed() > PATIENCE {
                return Err(fault(format!("`{RECORDS}` is written by others without a pause"))
                    .hint("nothing is lost: the record is in the journal, and the next gx command adds it")
                    .into());
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// The record of a snapshot; empty where it has none.
    pub fn record(&self, snapshot: ObjectId) -> Result<Record> {
        Ok(Record::fold(&self.note(snapshot)?))
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

    /// All experiments with what lists rank by.
    pub fn summaries(&self) -> Result<Vec<(Stored, Summary)>> {
        let list = self.list()?;
        let summaries = self.fold_notes(&list, &|_, note| Summary::fold(note))?;
        Ok(list.into_iter().zip(summaries).collect())
    }

    /// All experiments with their whole records.
    pub fn records(&self) -> Result<Vec<(Stored, Record)>> {
        let list = self.list()?;
        let records = self.fold_notes(&list, &|_, note| Record::fold(note))?;
        Ok(list.into_iter().zip(records).collect())
    }

    /// Makes something of the whole record of each of some experiments.
    pub fn map_records<T: Send>(
        &self,
        some: &[Stored],
        make: &(dyn Fn(&Stored, &Record) -> T + Sync),
    ) -> Result<Vec<T>> {
        self.fold_notes(some, &|stored, note| make(stored, &Record::fold(note)))
    }

    fn fold_notes<T: Send>(
        &self,
        some: &[Stored],
        fold: &(dyn Fn(&Stored, &[u8]) -> T + Sync),
    ) -> Result<Vec<T>> {
        let notes = Notes::open(self.repo, RECORDS)?.all()?;
        let blobs: Vec<_> = some.iter().map(|stored| notes.get(&stored.snapshot).copied()).collect();
        self.repo.map_blobs(&blobs, &|number, note| fold(&some[number], note))
    }

    /// The experiment of an id, or of a unique prefix of its snapshot's commit id.
    ///
    /// # Errors
    /// None or several match; the nearest ones are named.
    pub fn resolve(&self, text: &str) -> Result<Stored> {
        if let Ok(id) = text.parse::<ExperimentId>() {
            if let Some(snapshot) = self.repo.read_ref(&id.reference())? {
                return Ok(Stored { id, snapshot });
            }
            return match self.find_archived(&id)? {
                Some(stored) => Ok(stored),
                None => Err(self.unknown(text, Some(&id))?.into()),
            };
        }
        let prefix = text.to_ascii_lowercase();
        let is_hex = prefix.len() >= 4 && prefix.bytes().all(|byte| byte.is_ascii_hexdigit());
        let list = if is_hex { self.list()? } else { Vec::new() };
        let mut found = list.into_iter().filter(|stored| stored.snapshot.to_string().starts_with(&prefix));
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            (Some(one), Some(two)) => Err(fault(format!("`{text}` is ambiguous: {} and {}", one.id, two.id))
                .hint("use the id, or more digits of the commit")
                .exit(Exit::NoSuchExperiment)
                .into()),
            (None, _) => Err(self.unknown(text, None)?.into()),
        }
    }

    fn unknown(&self, text: &str, id: Option<&ExperimentId>) -> Result<Fault> {
        let told = fault(format!("no experiment is called `{text}`")).exit(Exit::NoSuchExperiment);
        if let Some(id) = id
            && self.repo.read_ref(&id.trash())?.is_some()
        {
            return Ok(told.hint(format!("it is in the trash; bring it back with `gx undo {id}`")));
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let wanted = digits.parse().unwrap_or(u64::MAX);
        let mut near = self.list()?;
        near.sort_by_key(|stored| stored.id.number().abs_diff(wanted));
        near.truncate(3);
        if near.is_empty() {
            return Ok(told.hint("there is none yet; make the first with `gx run --hypothesis \"baseline\"`"));
        }
        let names: Vec<String> = near.iter().map(|stored| format!("`{}`", stored.id)).collect();
        Ok(told.hint(format!("the nearest are {}; list all with `gx ls`", names.join(", "))))
    }
}

/// The notes that lack a line of the journal, each with those lines added.
pub(super) fn missing(notes: &Notes<'_>, batches: &[Batch]) -> Result<BTreeMap<ObjectId, Vec<u8>>> {
    let mut lines: BTreeMap<ObjectId, Vec<&str>> = BTreeMap::new();
    for entry in batches.iter().flat_map(|batch| &batch.entries) {
        lines.entry(entry.snapshot).or_default().push(&entry.line);
    }
    let mut changed = BTreeMap::new();
    for (snapshot, mut wanted) in lines {
        let mut text = notes.read(snapshot)?.unwrap_or_default();
        let before = text.len();
        wanted.sort_unstable();
        wanted.dedup();
        for line in wanted {
            if !text.split(|byte| *byte == b'\n').any(|present| present == line.as_bytes()) {
                if !text.is_empty() && !text.ends_with(b"\n") {
                    text.push(b'\n');
                }
                text.extend_from_slice(line.as_bytes());
                text.push(b'\n');
            }
        }
        if text.len() > before {
            changed.insert(snapshot, text);
        }
    }
    Ok(changed)
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
