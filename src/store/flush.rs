//! Bringing what waits in the journal into the notes: one process at a time does it for all.
//!
//! So many that record at once make few commits. The turn only spares work; what keeps the notes right is the
//! compare-and-swap of their ref.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::clock::Timestamp;
use crate::error::fault;
use crate::git::notes::Notes;
use crate::git::refs::Swap;
use crate::model::object::ObjectId;
use crate::store::experiments::{RECORDS, Store};
use crate::store::journal::{Batch, with};
use crate::store::patience::pause;

/// How many notes are held in memory at once.
const AT_ONCE: usize = 8000;

/// From so many bytes that wait on, some 250 lines, one that [gathers](Store::gathering) brings them into the notes: most
/// experiments of many short ones then get their note in one piece, and most folders of notes are written once for
/// several.
const MANY: u64 = 128 << 10;

/// After so many lines of its own it looks how much waits.
const LOOK: usize = 8;

/// How long somebody else who writes the notes is waited for before they are written beside him.
const TURN: Duration = Duration::from_secs(2);

/// How long a note is tried to be written while other processes are faster.
const PATIENCE: Duration = Duration::from_secs(30);

/// The right to write the notes.
struct Turn {
    _lock: File,
}

impl Store<'_> {
    /// Writes into the notes whatever waits in the journal, of this process and of others.
    pub fn flush(&self) -> Result<()> {
        let wanted = self.journal.waiting_names()?;
        match self.flush_turn(&wanted)? {
            Some(turn) => self.flush_in(turn),
            None => Ok(()),
        }
    }

    /// The same after a line of one that gathers, where much waits and nobody is at it.
    pub(super) fn flush_if_many(&self) -> Result<()> {
        let lines = self.gathered.get() + 1;
        self.gathered.set(lines);
        if !lines.is_multiple_of(LOOK) || self.journal.waiting_bytes()? < MANY {
            return Ok(());
        }
        let file = self.journal.lock_file()?;
        if file.try_lock().is_ok() { self.flush_in(Turn { _lock: file }) } else { Ok(()) }
    }

    fn flush_in(&self, _turn: Turn) -> Result<()> {
        let waiting = self.journal.take()?;
        if waiting.is_empty() {
            return Ok(());
        }
        self.put(&waiting)?;
        self.journal.retire(&waiting)?;
        self.journal.join()
    }

    /// The right to write what waits; nothing where that is in the notes already.
    fn flush_turn(&self, wanted: &[PathBuf]) -> Result<Option<Turn>> {
        let (began, mut lock) = (Instant::now(), None);
        while wanted.iter().any(|path| path.exists()) {
            let file = match lock.take() {
                Some(file) => file,
                None => self.journal.lock_file()?,
            };
            // The swap of the ref alone keeps it right: nobody waits for ever for one that hangs.
            if file.try_lock().is_ok() || began.elapsed() > TURN {
                return Ok(Some(Turn { _lock: file }));
            }
            lock = Some(file);
            thread::sleep(pause(began.elapsed()));
        }
        Ok(None)
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
}

/// The notes that lack a line of the journal, each with those lines added.
pub(super) fn missing(notes: &Notes<'_>, batches: &[Batch]) -> Result<BTreeMap<ObjectId, Vec<u8>>> {
    let mut lines: BTreeMap<ObjectId, Vec<&[u8]>> = BTreeMap::new();
    for entry in batches.iter().flat_map(|batch| &batch.entries) {
        lines.entry(entry.snapshot).or_default().push(entry.line.as_bytes());
    }
    let mut changed = BTreeMap::new();
    let mut lines = lines.into_iter().peekable();
    while lines.peek().is_some() {
        let share: Vec<_> = lines.by_ref().take(AT_ONCE).collect();
        let snapshots: Vec<ObjectId> = share.iter().map(|(snapshot, _)| *snapshot).collect();
        for (note, (snapshot, wanted)) in notes.read_many(&snapshots)?.into_iter().zip(share) {
            let note = note.unwrap_or_default();
            let before = note.len();
            let text = with(note, wanted);
            if text.len() > before {
                changed.insert(snapshot, text);
            }
        }
    }
    Ok(changed)
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
