//! What the index was made of, and whether that is what the repository holds now.

use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::Result;
use rusqlite::types::Value::{Integer, Null, Text};
use rusqlite::{Connection, params};

use crate::git::notes::Notes;
use crate::git::refs_state::RefsState;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;
use crate::store::archive::ARCHIVES;
use crate::store::experiments::RECORDS;

/// The refs that the index is made of.
pub(super) const PREFIXES: [&str; 3] = ["refs/experiments/", ARCHIVES, "refs/gx/trash/"];

/// The refs and the notes at one moment. What an index holds follows from this alone.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) refs: RefsState,
    pub(super) notes: Option<ObjectId>,
}

/// The same, as an index remembers it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Key {
    pub(super) packed: String,
    pub(super) loose: String,
    pub(super) notes: Option<ObjectId>,
    /// The file that it was written to: a copy of it may have been taken while it was written.
    file: i64,
}

impl State {
    /// Looks; lists nothing that is packed.
    pub(super) fn of(repo: &Repo) -> Result<Self> {
        Ok(Self { refs: repo.refs_state(&PREFIXES)?, notes: repo.read_ref(RECORDS)? })
    }

    /// Whether there is nothing that an index could be made of.
    pub(super) fn is_empty(&self) -> bool {
        self.notes.is_none() && self.refs.loose.is_empty() && self.refs.packed == "none"
    }

    /// Whether nothing has been recorded since `old`, only begun: the refs that have come since have no notes.
    ///
    /// # Errors
    /// The notes cannot be read.
    pub(super) fn only_began_since(&self, old: &(RefsState, Option<ObjectId>), repo: &Repo) -> Result<bool> {
        let (refs, notes) = old;
        let is_there =
            |(name, target): (&String, &Option<ObjectId>)| self.refs.loose.get(name) == Some(target);
        let is_same = self.notes == *notes && self.refs.packed == refs.packed;
        if !is_same || !refs.loose.iter().all(is_there) {
            return Ok(false);
        }
        let Some(tip) = self.notes else { return Ok(true) };
        let notes = Notes::at(repo, RECORDS, tip);
        for (_, target) in self.refs.loose.iter().filter(|(name, _)| !refs.loose.contains_key(*name)) {
            let Some(target) = target else { return Ok(false) };
            if notes.blob_of(*target)?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What an index in the file with this inode would remember of it.
    pub(super) fn key(&self, file: u64) -> Key {
        let mut halves = [DefaultHasher::new(), DefaultHasher::new()];
        for (salt, half) in halves.iter_mut().enumerate() {
            (salt, &self.refs.loose).hash(half);
        }
        let loose = halves.iter().map(|half| format!("{:016x}", half.finish())).collect();
        Key { packed: self.refs.packed.clone(), loose, notes: self.notes, file: file.cast_signed() }
    }
}

impl Key {
    /// What an index remembers; nothing where it is empty.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Option<Self>> {
        let found = connection
            .prepare_cached("SELECT key, value FROM meta ORDER BY key")?
            .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, rusqlite::types::Value>(1)?)))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(match &found[..] {
            [(_, Integer(file)), (_, Text(loose)), (_, notes), (_, Text(packed))] => {
                let notes = match notes {
                    Text(notes) => notes.parse().ok(),
                    Null => None,
                    _ => return Ok(None),
                };
                Some(Self { packed: packed.clone(), loose: loose.clone(), notes, file: *file })
            }
            _ => None,
        })
    }

    /// Makes the index remember it.
    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut set = connection.prepare_cached("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?;
        set.execute(params!["file", self.file])?;
        set.execute(params!["loose", self.loose])?;
        set.execute(params!["notes", self.notes.map(|notes| notes.to_string())])?;
        set.execute(params!["packed", self.packed])?;
        Ok(())
    }

    /// Whether both know the same packed refs.
    pub(super) fn has_packed_of(&self, other: &Self) -> bool {
        self.packed == other.packed && self.file == other.file
    }

    /// Whether it is what an index of this state would remember.
    pub(super) fn is_of(&self, state: &State) -> bool {
        *self == state.key(self.file.cast_unsigned())
    }

    /// Whether both were written to the same file.
    pub(super) fn is_of_file_of(&self, other: &Self) -> bool {
        self.file == other.file
    }
}
