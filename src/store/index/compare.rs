//! Whether the index says what the records say: each row beside the note that it was made of.

use std::collections::HashMap;
use std::fs;

use anyhow::Result;
use rusqlite::types::ValueRef;
use rusqlite::{Row, params};

use crate::model::object::ObjectId;
use crate::store::experiments::{Found, Store};
use crate::store::index::cell::Cell;
use crate::store::index::columns::Columns;
use crate::store::index::entry::Entry;
use crate::store::index::file::{IndexFile, remove};
use crate::store::index::ids::{id_of, number, site};
use crate::store::index::reading::Reading;
use crate::store::index::state::{Key, State};

/// How many records are in memory at once.
const AT_ONCE: usize = 1000;

/// How often it is compared anew where somebody recorded something meanwhile.
const TRIES: usize = 3;

/// How an index stands to the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) enum Standing {
    /// There is none, it may not be asked, or the repository changes too fast to compare them.
    Unknown,
    /// It says what they say.
    Equal,
    /// It cannot be read.
    Damaged(String),
    /// What it says about these is wrong.
    Wrong(Vec<String>),
}

impl Store<'_> {
    /// Compares every row of the index with what a full read says.
    pub(in crate::store) fn compare_index(&self) -> Result<Standing> {
        let folder = self.repo.gx_dir();
        if !self.has_index || !fs::exists(folder.join("index.db"))? {
            return Ok(Standing::Unknown);
        }
        if let Some(damage) = IndexFile::damage(&folder)? {
            return Ok(Standing::Damaged(damage));
        }
        for _ in 0..TRIES {
            let wrong = self.ask(&|reading| {
                // First, since with it the index stands still: what is recorded from then on, only one of both knows.
                let key = Key::read(reading.connection)?;
                let wrong = self.wrong(reading)?;
                Ok(key
                    .is_some_and(|key| State::of(self.repo).is_ok_and(|now| key.is_of(&now)))
                    .then_some(wrong))
            });
            match wrong {
                None => return Ok(Standing::Unknown),
                Some(None) => {}
                Some(Some(wrong)) if wrong.is_empty() => return Ok(Standing::Equal),
                Some(Some(wrong)) => return Ok(Standing::Wrong(wrong)),
            }
        }
        Ok(Standing::Unknown)
    }

    /// Removes the index, which the next question makes anew.
    pub(in crate::store) fn drop_index(&self) -> Result<()> {
        self.index.borrow_mut().take();
        remove(&self.repo.gx_dir())
    }

    fn wrong(&self, reading: &Reading<'_>) -> Result<Vec<String>> {
        let all = self.with_notes(self.list()?)?;
        let mut wrong = Vec::new();
        for share in all.chunks(AT_ONCE) {
            let notes: Vec<_> = share.iter().map(|found| found.note).collect();
            let entries = self.repo.map_blobs(&notes, &|_, note| Entry::fold(note))?;
            for (found, entry) in share.iter().zip(entries) {
                if !reading.with_columns(|columns| agrees(reading, columns, found, &entry))? {
                    wrong.push(found.stored.id.to_string());
                }
            }
            self.repo.rest();
        }
        wrong.extend(surplus(reading, &all)?);
        Ok(wrong)
    }
}

/// Rows of experiments that there are not.
fn surplus(reading: &Reading<'_>, all: &[Found]) -> Result<Vec<String>> {
    let mut select = reading.connection.prepare("SELECT site, number FROM entry")?;
    let (mut rows, mut more) = (select.query([])?, Vec::new());
    while let Some(row) = rows.next()? {
        let id = id_of(row.get_ref(0)?.as_str()?, row.get(1)?)?;
        if all.binary_search_by(|found| found.stored.id.cmp(&id)).is_err() {
            more.push(id.to_string());
        }
    }
    Ok(more)
}

fn agrees(reading: &Reading<'_>, columns: &Columns, found: &Found, entry: &Entry) -> Result<bool> {
    let id = &found.stored.id;
    let mut select = reading
        .connection
        .prepare_cached("SELECT * FROM entry JOIN entry_text USING (id) WHERE site = ?1 AND number = ?2")?;
    let mut rows = select.query(params![site(id), number(id)])?;
    let Some(row) = rows.next()? else { return Ok(false) };
    let mut expected: HashMap<&str, &Cell> = HashMap::new();
    for (class, name, cell) in &entry.cells {
        let spot = columns.of(*class, name).and_then(|column| column.spot.as_deref());
        // What found no room is not in the index.
        if let Some((_, head)) = spot.and_then(|spot| spot.split_once('.')) {
            expected.insert(head, cell);
        }
    }
    Ok(has_fixed(row, found, entry)?
        && has_cells(row, &expected)?
        && has_events(reading, row.get("id")?, entry)?)
}

fn has_fixed(row: &Row<'_>, found: &Found, entry: &Entry) -> Result<bool> {
    let note = row.get_ref("note")?.as_blob_or_null()?;
    Ok(row.get_ref("snapshot")?.as_blob()? == found.stored.snapshot.as_bytes()
        && note == found.note.as_ref().map(ObjectId::as_bytes)
        && row.get_ref("status")?.as_str()? == entry.status.word()
        && row.get::<_, bool>("recorded")? == entry.is_recorded
        && row.get::<_, bool>("sealed")? == entry.is_sealed
        && row.get::<_, Option<f64>>("delta")?.map(f64::to_bits) == entry.delta.map(f64::to_bits)
        && row.get::<_, Option<String>>("hardware")? == entry.hardware)
}

/// The columns that are no cells.
const FIXED: [&str; 10] =
    ["id", "site", "number", "snapshot", "note", "status", "recorded", "sealed", "delta", "hardware"];

fn has_cells(row: &Row<'_>, expected: &HashMap<&str, &Cell>) -> Result<bool> {
    let statement: &rusqlite::Statement<'_> = row.as_ref();
    for (place, name) in statement.column_names().enumerate() {
        let cell = expected.get(name).copied().unwrap_or(&Cell::Null);
        if !FIXED.contains(&name) && !is_same(cell, row.get_ref(place)?) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_same(cell: &Cell, value: ValueRef<'_>) -> bool {
    match (cell, value) {
        (Cell::Null, ValueRef::Null) => true,
        (Cell::Whole(one), ValueRef::Integer(other)) => *one == other,
        (Cell::Real(one), ValueRef::Real(other)) => one.to_bits() == other.to_bits(),
        (Cell::Text(one), ValueRef::Text(other)) => one.as_bytes() == other,
        (Cell::Odd(one), ValueRef::Blob(other)) => one == other,
        _ => false,
    }
}

fn has_events(reading: &Reading<'_>, row: i64, entry: &Entry) -> Result<bool> {
    let mut select =
        reading.connection.prepare_cached("SELECT at, what FROM event WHERE entry = ?1 ORDER BY rowid")?;
    let (mut rows, mut events) = (select.query([row])?, entry.events.iter());
    while let Some(row) = rows.next()? {
        let is_next = |event: &crate::model::record::Event| -> Result<bool> {
            Ok(row.get::<_, i64>(0)? == event.at.micros() && row.get_ref(1)?.as_str()? == event.what)
        };
        if !events.next().map_or(Ok(false), is_next)? {
            return Ok(false);
        }
    }
    Ok(events.next().is_none())
}

#[cfg(test)]
mod tests {
    use std::thread;

    use serde_json::json;

    use super::*;
    use crate::clock::Timestamp;
    use crate::git::object::NewCommit;
    use crate::git::repo::Repo;
    use crate::model::record::Fields;
    use crate::model::verdict::Goal;

    fn record(store: &Store<'_>, number: usize) {
        let head = store.repo.head().unwrap().commit;
        let (tree, message) = (store.repo.tree_of(head).unwrap(), number.to_string());
        let new = NewCommit { tree, parents: &[head], message: &message, at: Timestamp::now() };
        let snapshot = store.repo.write_commit(&new).unwrap();
        store.claim(snapshot).unwrap();
        let fields = [("status".to_owned(), json!("keep")), ("value".to_owned(), json!(number))];
        store.append(snapshot, Fields::from_iter(fields)).unwrap();
        // So that the index has it.
        store.leaders(Goal::Lower, None).unwrap();
    }

    #[test]
    fn what_others_record_while_it_is_compared_is_not_taken_for_a_fault_of_the_index() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let store = Store::new(&repo);
        record(&store, 0);
        assert_eq!(store.compare_index().unwrap(), Standing::Equal);
        thread::scope(|scope| {
            let other = scope.spawn(|| {
                let repo = Repo::discover(folder.path()).unwrap();
                let store = Store::new(&repo);
                (1..150).for_each(|number| record(&store, number));
            });
            while !other.is_finished() {
                let standing = store.compare_index().unwrap();
                assert!(!matches!(standing, Standing::Wrong(_)), "{standing:?}");
            }
        });
    }
}
