//! Making an index of everything.

use std::collections::BTreeMap;

use anyhow::Result;
use rusqlite::{Connection, Transaction};

use crate::git::notes::Notes;
use crate::git::repo::Repo;
use crate::process::fail;
use crate::store::experiments::{RECORDS, Stored};
use crate::store::index::columns::Columns;
use crate::store::index::contents::Contents;
use crate::store::index::entry::Entry;
use crate::store::index::schema;
use crate::store::index::state::State;
use crate::store::index::writer::{Filed, Writer};

/// How many records are read before they are written: enough for all processors, little enough for memory.
const AT_ONCE: usize = 1000;

/// Told how many of how many experiments are in the index.
pub(super) type Progress<'p> = dyn Fn(usize, usize) + 'p;

/// Fills an empty database, in the transaction of the caller; `state` is then what it was made of.
pub(super) fn build(
    transaction: &Transaction<'_>,
    repo: &Repo,
    state: &mut State,
    tell: &Progress<'_>,
) -> Result<()> {
    transaction.execute_batch(schema::TABLES)?;
    Columns::create(transaction)?;
    let contents = Contents::read(repo, state)?;
    let writer = Writer::new(transaction)?;
    writer.trash(contents.trash.into_iter().map(|(id, snapshot)| Stored { id, snapshot }))?;
    writer.loose(&state.refs)?;
    drop(writer);
    let all: Vec<Stored> =
        contents.experiments.into_iter().map(|(id, snapshot)| Stored { id, snapshot }).collect();
    file(transaction, repo, state, &all, tell)?;
    fail::point("index-loaded");
    transaction.execute_batch(schema::INDICES)?;
    let (application, version) = (schema::APPLICATION, schema::VERSION);
    transaction
        .execute_batch(&format!("PRAGMA application_id = {application}; PRAGMA user_version = {version}"))?;
    Ok(())
}

/// Reads records on all processors and writes them meanwhile.
fn file(
    connection: &Connection,
    repo: &Repo,
    state: &State,
    all: &[Stored],
    tell: &Progress<'_>,
) -> Result<()> {
    let notes = state.notes.map_or_else(|| Ok(BTreeMap::new()), |tip| Notes::at(repo, RECORDS, tip).all())?;
    let mut writer = Writer::new(connection)?;
    let mut done = 0;
    for chunk in all.chunks(AT_ONCE) {
        let blobs: Vec<_> = chunk.iter().map(|stored| notes.get(&stored.snapshot).copied()).collect();
        let entries = repo.map_blobs(&blobs, &|_, note| Entry::fold(note))?;
        let filed = chunk.iter().zip(&blobs).zip(entries);
        let filed: Vec<Filed> = filed
            .map(|((stored, note), entry)| Filed { stored: stored.clone(), note: *note, entry })
            .collect();
        writer.add(&filed)?;
        // What was read of the packs would stay in memory until the end.
        repo.rest();
        done += chunk.len();
        tell(done, all.len());
    }
    Ok(())
}
