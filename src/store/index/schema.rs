//! The tables of the index, and the columns that every index has.
//!
//! Fields, metrics and parameters have columns of their own, made when a name is first met: so a condition over some of
//! them is one pass over one table. What conditions ask for often stands in `entry`; longer texts in `entry_text`, so
//! that such a pass need not read them.

use rusqlite::{Connection, OptionalExtension};

/// Changes with every change of what is kept, or how.
pub(super) const VERSION: i64 = 2;

/// `gxix`: tells the index from any other database.
pub(super) const APPLICATION: i64 = 0x6778_6978;

/// The tables.
pub(super) const TABLES: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE name (class INTEGER, name TEXT, spot TEXT, odd INTEGER, hides INTEGER, PRIMARY KEY (class, name)) WITHOUT ROWID;
CREATE TABLE entry (
    id INTEGER PRIMARY KEY, site TEXT NOT NULL, number INTEGER NOT NULL, snapshot BLOB NOT NULL, note BLOB,
    status TEXT NOT NULL, recorded INTEGER NOT NULL, sealed INTEGER NOT NULL, delta REAL, hardware TEXT,
    tag, category, metric, value, seconds, started, finished, mode, host, kept_commit);
CREATE TABLE entry_text (id INTEGER PRIMARY KEY, hypothesis, description, reason, base);
CREATE TABLE event (entry INTEGER, at INTEGER, what TEXT);
CREATE TABLE loose (name TEXT PRIMARY KEY, target BLOB) WITHOUT ROWID;
CREATE TABLE trash (site TEXT, number INTEGER, snapshot BLOB, PRIMARY KEY (site, number)) WITHOUT ROWID;
";

/// The indices, made after the first load.
pub(super) const INDICES: &str = "
CREATE UNIQUE INDEX by_id ON entry (site, number);
CREATE INDEX by_snapshot ON entry (snapshot);
CREATE INDEX by_tag ON entry (tag, status, finished);
CREATE INDEX by_end ON entry (tag, finished, site, number, status);
CREATE INDEX kept ON entry (tag, site, value, number, hardware) WHERE status = 'keep';
CREATE INDEX kept_at ON entry (kept_commit, site, number) WHERE kept_commit IS NOT NULL;
CREATE INDEX open ON entry (site, number) WHERE status IN ('queued', 'running');
CREATE INDEX sealed ON entry (tag, site, number) WHERE sealed = 1;
CREATE INDEX event_of ON event (entry);
";

/// Fields that have a column in `entry` from the start.
pub(super) const FIELDS: [&str; 10] =
    ["tag", "category", "metric", "value", "seconds", "started", "finished", "mode", "host", "kept_commit"];

/// Those of them whose column holds what lists read, and nothing where a record has something of another kind there.
pub(super) const TYPED: [&str; 5] = ["tag", "category", "value", "finished", "kept_commit"];

/// Fields that have a column in `entry_text` from the start.
pub(super) const TEXTS: [&str; 4] = ["hypothesis", "description", "reason", "base"];

/// The version of the tables in a file; nothing where there are none yet.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<Option<(i64, i64)>> {
    let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i64>(0)).optional();
    let tables = number("SELECT count(*) FROM sqlite_schema")?.unwrap_or_default();
    let (application, version) = (number("PRAGMA application_id")?, number("PRAGMA user_version")?);
    Ok((tables > 0).then(|| (application.unwrap_or_default(), version.unwrap_or_default())))
}
