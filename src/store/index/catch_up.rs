//! Bringing an index up to date: what it costs grows with what has changed.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use rusqlite::{Connection, Transaction};

use crate::git::notes::Notes;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;
use crate::store::experiments::{RECORDS, Stored};
use crate::store::index::contents::{Contents, Difference};
use crate::store::index::entry::Entry;
use crate::store::index::ids::{id_of, object};
use crate::store::index::state::{Key, State};
use crate::store::index::writer::{Filed, Writer};

/// From so many notes to look up on, all of them are listed instead.
const MANY: usize = 2000;

/// Writes what has changed since the index was made of `old`, in the transaction of the caller; `state` is then what it
/// is made of.
///
/// # Errors
/// What it was made of cannot be compared any more, as the old notes are gone.
pub(super) fn catch_up(
    transaction: &Transaction<'_>,
    repo: &Repo,
    old: &Key,
    state: &mut State,
    file: u64,
) -> Result<()> {
    let before = loose(transaction)?;
    let is_same_packed = old.packed == state.refs.packed;
    let mut difference = None;
    if is_same_packed {
        difference = Difference::of_loose(state, &before)?;
    }
    let difference = match difference {
        Some(difference) => difference,
        None => Difference::of_all(transaction, Contents::read(repo, state)?)?,
    };
    let mut writer = Writer::new(transaction)?;
    for id in &difference.gone {
        writer.remove(id)?;
    }
    let blobs = changed_notes(repo, old, state)?;
    let mut todo = difference.set;
    let known: BTreeSet<_> = todo.iter().map(|stored| stored.id.clone()).collect();
    for stored in of_snapshots(transaction, blobs.keys())? {
        if !known.contains(&stored.id) {
            todo.push(stored);
        }
    }
    for chunk in todo.chunks(MANY) {
        let notes = notes_of(repo, state, chunk, &blobs)?;
        let entries = repo.map_blobs(&notes, &|_, note| Entry::fold(note))?;
        let filed = chunk.iter().zip(&notes).zip(entries);
        let filed: Vec<Filed> = filed
            .map(|((stored, note), entry)| Filed { stored: stored.clone(), note: *note, entry })
            .collect();
        writer.replace(&filed)?;
    }
    if let Some(trash) = difference.trash {
        transaction.execute("DELETE FROM trash", [])?;
        writer.trash(trash.into_iter().map(|(id, snapshot)| Stored { id, snapshot }))?;
    }
    if before != state.refs.loose {
        if before.keys().any(|name| !state.refs.loose.contains_key(name)) {
            transaction.execute("DELETE FROM loose", [])?;
        }
        writer.loose(&state.refs)?;
    }
    state.key(file).write(transaction)?;
    Ok(())
}

/// The notes that have changed, each with its blob now.
fn changed_notes(repo: &Repo, old: &Key, state: &State) -> Result<BTreeMap<ObjectId, Option<ObjectId>>> {
    match (old.notes, state.notes) {
        (old, new) if old == new => Ok(BTreeMap::new()),
        (Some(old), Some(new)) => Ok(Notes::at(repo, RECORDS, new).changes_since(old)?.into_iter().collect()),
        (None, Some(new)) => {
            let all = Notes::at(repo, RECORDS, new).all()?;
            Ok(all.into_iter().map(|(object, blob)| (object, Some(blob))).collect())
        }
        (Some(old), None) => {
            let all = Notes::at(repo, RECORDS, old).all()?;
            Ok(all.into_keys().map(|object| (object, None)).collect())
        }
        (None, None) => Ok(BTreeMap::new()),
    }
}

/// The blobs of the notes of some experiments.
fn notes_of(
    repo: &Repo,
    state: &State,
    some: &[Stored],
    changed: &BTreeMap<ObjectId, Option<ObjectId>>,
) -> Result<Vec<Option<ObjectId>>> {
    let Some(tip) = state.notes else { return Ok(vec![None; some.len()]) };
    let notes = Notes::at(repo, RECORDS, tip);
    let unknown = some.iter().filter(|stored| !changed.contains_key(&stored.snapshot)).count();
    let all = if unknown > MANY / 4 { Some(notes.all()?) } else { None };
    let blob = |stored: &Stored| match (changed.get(&stored.snapshot), &all) {
        (Some(blob), _) => Ok(*blob),
        (None, Some(all)) => Ok(all.get(&stored.snapshot).copied()),
        (None, None) => notes.blob_of(stored.snapshot),
    };
    some.iter().map(blob).collect()
}

fn of_snapshots<'o>(
    connection: &Connection,
    snapshots: impl Iterator<Item = &'o ObjectId>,
) -> Result<Vec<Stored>> {
    let mut found = Vec::new();
    let mut select = connection.prepare_cached("SELECT site, number FROM entry WHERE snapshot = ?1")?;
    for snapshot in snapshots {
        let mut rows = select.query([snapshot.as_bytes()])?;
        while let Some(row) = rows.next()? {
            found.push(Stored { id: id_of(row.get_ref(0)?.as_str()?, row.get(1)?)?, snapshot: *snapshot });
        }
    }
    Ok(found)
}

/// The loose refs that an index was made of.
pub(super) fn loose(connection: &Connection) -> Result<BTreeMap<String, Option<ObjectId>>> {
    let mut found = BTreeMap::new();
    let mut select = connection.prepare_cached("SELECT name, target FROM loose")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let target = row.get_ref(1)?.as_blob_or_null()?.map(object).transpose()?;
        found.insert(row.get(0)?, target);
    }
    Ok(found)
}
