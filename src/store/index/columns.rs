//! Which column holds which field, metric or parameter.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, params};

use crate::store::index::schema;

/// How many columns a table may get beside those that it has from the start; what finds no more room is not in the
/// index, and is asked of the records themselves.
const MOST: usize = 300;

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Class {
    /// A key of the record itself.
    Field = 0,
    /// A key of its `metrics`.
    Metric = 1,
    /// A key of its `params`.
    Param = 2,
}

/// Where the values of a name are kept.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    /// `entry.m3`, `entry_text.f0`; nothing where there was no room. Never made of what somebody else wrote.
    pub(super) spot: Option<String>,
    /// Whether it holds a value that SQLite does not sort as gx does.
    pub(super) is_odd: bool,
    /// Whether it does not say all that conditions may ask: it is null somewhere and hides there what the same name would
    /// find else, or something of another kind stood there.
    pub(super) hides: bool,
}

/// The columns of one index.
#[derive(Debug, Default)]
pub(in crate::store) struct Columns {
    all: HashMap<(Class, String), Column>,
}

impl Columns {
    /// Those that every index has, written into a new one.
    pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
        let mut insert = connection.prepare("INSERT INTO name VALUES (0, ?1, ?2, 0, 0)")?;
        for (table, names) in [("entry", &schema::FIELDS[..]), ("entry_text", &schema::TEXTS[..])] {
            for name in names {
                insert.execute(params![name, format!("{table}.{name}")])?;
            }
        }
        Ok(())
    }

    /// Reads them.
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut columns = Self::default();
        let mut select = connection.prepare("SELECT class, name, spot, odd, hides FROM name")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let class = match row.get(0)? {
                0 => Class::Field,
                1 => Class::Metric,
                _ => Class::Param,
            };
            let spot: Option<String> = row.get(2)?;
            let spot = spot.filter(|spot| is_spot(spot));
            let column = Column { spot, is_odd: row.get(3)?, hides: row.get(4)? };
            columns.all.insert((class, row.get(1)?), column);
        }
        Ok(columns)
    }

    /// The column of a name; nothing where no record has it.
    pub(super) fn of(&self, class: Class, name: &str) -> Option<&Column> {
        self.all.get(&(class, name.to_owned()))
    }

    /// All names of a class that have a column, in the order of the names.
    pub(super) fn names(&self, class: Class) -> Vec<(&str, &str)> {
        let mut names: Vec<_> = self
            .all
            .iter()
            .filter(|((of, _), _)| *of == class)
            .filter_map(|((_, name), column)| Some((name.as_str(), column.spot.as_deref()?)))
            .collect();
        names.sort_unstable();
        names
    }

    /// All names that conditions know, whether or not there was room for a column.
    pub(super) fn known(&self) -> BTreeSet<String> {
        let known = |(class, name): &(Class, String)| match class {
            Class::Param => format!("params.{name}"),
            Class::Field | Class::Metric => name.clone(),
        };
        self.all.keys().map(known).collect()
    }

    /// Makes a column for a name that has none, and remembers what is special about its values.
    pub(super) fn note(
        &mut self,
        connection: &Connection,
        class: Class,
        name: &str,
        (is_odd, hides): (bool, bool),
    ) -> rusqlite::Result<()> {
        let known = self.of(class, name);
        if known.is_some_and(|known| (known.is_odd || !is_odd) && (known.hides || !hides)) {
            return Ok(());
        }
        let column = match known {
            Some(known) => {
                Column { is_odd: known.is_odd || is_odd, hides: known.hides || hides, ..known.clone() }
            }
            None => Column { spot: self.add(connection, class)?, is_odd, hides },
        };
        connection
            .prepare_cached("INSERT OR REPLACE INTO name VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![class as i64, name, column.spot, column.is_odd, column.hides])?;
        self.all.insert((class, name.to_owned()), column);
        Ok(())
    }

    fn add(&self, connection: &Connection, class: Class) -> rusqlite::Result<Option<String>> {
        let (table, letter) = match class {
            Class::Field => ("entry_text", 'f'),
            Class::Metric => ("entry", 'm'),
            Class::Param => ("entry", 'p'),
        };
        let of_class =
            |((of, _), column): &(&(Class, String), &Column)| *of == class && column.spot.is_some();
        let number = self.all.iter().filter(of_class).count();
        if number >= MOST {
            return Ok(None);
        }
        connection.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {letter}{number}"))?;
        Ok(Some(format!("{table}.{letter}{number}")))
    }
}

/// Whether a text is the place of a column, and nothing else that would do harm in a statement.
fn is_spot(spot: &str) -> bool {
    let Some((table, column)) = spot.split_once('.') else { return false };
    let is_numbered = column.len() > 1
        && column.starts_with(['f', 'm', 'p'])
        && column[1..].bytes().all(|byte| byte.is_ascii_digit());
    match table {
        "entry" => is_numbered || schema::FIELDS.contains(&column),
        "entry_text" => is_numbered || schema::TEXTS.contains(&column),
        _ => false,
    }
}
