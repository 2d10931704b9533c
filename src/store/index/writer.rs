//! Putting records into the tables of the index.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, ToSql, params, params_from_iter};

use crate::git::refs_state::RefsState;
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::store::experiments::Stored;
use crate::store::index::cell::Cell;
use crate::store::index::columns::{Class, Columns};
use crate::store::index::entry::Entry;
use crate::store::index::ids::{number, site};

/// An experiment as it goes into the index.
pub(super) struct Filed {
    pub(super) stored: Stored,
    /// The blob of its note.
    pub(super) note: Option<ObjectId>,
    pub(super) entry: Entry,
}

/// Writes within a transaction of the caller.
pub(super) struct Writer<'c> {
    connection: &'c Connection,
    columns: Columns,
}

impl<'c> Writer<'c> {
    pub(super) fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self { connection, columns: Columns::load(connection)? })
    }

    /// Puts experiments in, each in the place of what was there under its id.
    pub(super) fn replace(&mut self, filed: &[Filed]) -> rusqlite::Result<()> {
        for one in filed {
            self.remove(&one.stored.id)?;
        }
        self.add(filed)
    }

    /// Puts experiments in that are not there.
    pub(super) fn add(&mut self, filed: &[Filed]) -> rusqlite::Result<()> {
        for Filed { entry, .. } in filed {
            for (class, name, cell) in &entry.cells {
                let hides = *class != Class::Param && entry.hiding.contains(name);
                self.columns.note(self.connection, *class, name, (cell.is_odd(), hides))?;
            }
        }
        let tables = [Table::of(&self.columns, "entry"), Table::of(&self.columns, "entry_text")];
        for one in filed {
            self.add_one(one, &tables)?;
        }
        Ok(())
    }

    fn add_one(&self, one: &Filed, [head, text]: &[Table; 2]) -> rusqlite::Result<()> {
        let Filed { stored, note, entry } = one;
        let site = site(&stored.id);
        let (snapshot, number) = (stored.snapshot.as_bytes(), number(&stored.id));
        let note = note.as_ref().map(ObjectId::as_bytes);
        let status = entry.status.word();
        let fixed: [&dyn ToSql; 9] = [
            &site,
            &number,
            &snapshot,
            &note,
            &status,
            &entry.is_recorded,
            &entry.is_sealed,
            &entry.delta,
            &entry.hardware,
        ];
        let cells = head.cells(&self.columns, entry);
        let values = fixed.into_iter().chain(cells.iter().map(|cell| cell as &dyn ToSql));
        self.connection.prepare_cached(&head.insert)?.execute(params_from_iter(values))?;
        let id = self.connection.last_insert_rowid();
        let cells = text.cells(&self.columns, entry);
        let values = std::iter::once(&id as &dyn ToSql).chain(cells.iter().map(|cell| cell as &dyn ToSql));
        self.connection.prepare_cached(&text.insert)?.execute(params_from_iter(values))?;
        let mut insert = self.connection.prepare_cached("INSERT INTO event VALUES (?1, ?2, ?3)")?;
        for event in &entry.events {
            insert.execute(params![id, event.at.micros(), event.what])?;
        }
        Ok(())
    }

    /// Takes an experiment out.
    pub(super) fn remove(&self, id: &ExperimentId) -> rusqlite::Result<()> {
        let row: Option<i64> = self
            .connection
            .prepare_cached("SELECT id FROM entry WHERE site = ?1 AND number = ?2")?
            .query_row(params![site(id), number(id)], |row| row.get(0))
            .optional()?;
        let Some(row) = row else { return Ok(()) };
        for statement in [
            "DELETE FROM entry WHERE id = ?1",
            "DELETE FROM entry_text WHERE id = ?1",
            "DELETE FROM event WHERE entry = ?1",
        ] {
            self.connection.prepare_cached(statement)?.execute([row])?;
        }
        Ok(())
    }

    /// Says what is in the trash now.
    pub(super) fn trash(&self, trash: impl IntoIterator<Item = Stored>) -> rusqlite::Result<()> {
        let mut insert =
            self.connection.prepare_cached("INSERT OR REPLACE INTO trash VALUES (?1, ?2, ?3)")?;
        for stored in trash {
            insert.execute(params![site(&stored.id), number(&stored.id), stored.snapshot.as_bytes()])?;
        }
        Ok(())
    }

    /// Remembers the loose refs.
    pub(super) fn loose(&self, state: &RefsState) -> rusqlite::Result<()> {
        let mut insert = self.connection.prepare_cached("INSERT OR REPLACE INTO loose VALUES (?1, ?2)")?;
        for (name, target) in &state.loose {
            insert.execute(params![name, target.as_ref().map(ObjectId::as_bytes)])?;
        }
        Ok(())
    }
}

/// The statement that fills a table, and what its columns hold.
struct Table {
    insert: String,
    /// How many columns there are for names.
    count: usize,
    /// Where the column of a spot stands among them.
    places: HashMap<String, usize>,
}

impl Table {
    fn of(columns: &Columns, name: &str) -> Self {
        let fixed = if name == "entry" {
            "site, number, snapshot, note, status, recorded, sealed, delta, hardware"
        } else {
            "id"
        };
        let mut spots: Vec<&str> = [Class::Field, Class::Metric, Class::Param]
            .into_iter()
            .flat_map(|class| columns.names(class))
            .map(|(_, spot)| spot)
            .filter(|spot| spot.split('.').next() == Some(name))
            .collect();
        spots.sort_unstable();
        let heads = spots.iter().filter_map(|spot| spot.split('.').nth(1)).map(|head| format!(", {head}"));
        let heads: String = heads.collect();
        let marks = vec!["?"; fixed.split(',').count() + spots.len()].join(", ");
        let places = spots.iter().enumerate().map(|(place, spot)| ((*spot).to_owned(), place)).collect();
        let insert = format!("INSERT INTO {name} ({fixed}{heads}) VALUES ({marks})");
        Self { insert, count: spots.len(), places }
    }

    fn cells<'e>(&self, columns: &Columns, entry: &'e Entry) -> Vec<&'e Cell> {
        let mut cells = vec![&Cell::Null; self.count];
        for (class, name, cell) in &entry.cells {
            let spot = columns.of(*class, name).and_then(|column| column.spot.as_ref());
            if let Some(place) = spot.and_then(|spot| self.places.get(spot)) {
                cells[*place] = cell;
            }
        }
        cells
    }
}
