//! Experiments as rows of columns that somebody has asked for.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::Value;

use crate::model::record::Record;
use crate::store::choice::lookup;
use crate::store::experiments::{Found, Store};

/// The columns of a list for other programs, before those of its metrics.
const FIXED: [&str; 12] = [
    "id",
    "snapshot",
    "tag",
    "status",
    "value",
    "delta",
    "seconds",
    "category",
    "hypothesis",
    "kept_commit",
    "started",
    "finished",
];

/// The columns where none are named: those of every list, then one for each metric that any of the experiments has.
pub fn usual(store: &Store<'_>, found: &[Found]) -> Result<Vec<String>> {
    let mut metrics = BTreeSet::new();
    let names =
        |_: &Found, note: &[u8]| Record::fold(note).metrics().into_iter().map(|(name, _)| name).collect();
    store.each_note(found, &names, &mut |names: Vec<String>| {
        metrics.extend(names);
        Ok(())
    })?;
    Ok(FIXED.iter().map(|name| (*name).to_owned()).chain(metrics).collect())
}

/// Hands out the values of each experiment in the order of the columns; a name means what it means in `--where`.
pub fn each(
    store: &Store<'_>,
    found: &[Found],
    columns: &[String],
    take: &mut dyn FnMut(Vec<Value>) -> Result<()>,
) -> Result<()> {
    let row = |found: &Found, note: &[u8]| {
        let record = Record::fold(note);
        let value = |name: &String| match name.as_str() {
            "snapshot" => Value::from(found.stored.snapshot.to_string()),
            name => lookup(&found.stored, &record, name).unwrap_or_default(),
        };
        columns.iter().map(value).collect::<Vec<_>>()
    };
    store.each_note(found, &row, take)
}
