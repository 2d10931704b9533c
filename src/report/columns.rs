//! Experiments as rows of columns that somebody has asked for.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::Value;

use crate::config::nearest::nearest;
use crate::error::misuse;
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

/// What else an experiment may have, whether or not one has it yet (docs/store-format.md).
const USUAL: [&str; 24] = [
    "number",
    "metric",
    "description",
    "reason",
    "base",
    "against",
    "branch",
    "mode",
    "queued",
    "host",
    "user",
    "gx",
    "driver",
    "isolated",
    "seed",
    "exit_code",
    "signal",
    "timeout_seconds",
    "gpu_shared",
    "worktree",
    "verdict_by",
    "note",
    "trashed",
    "uuid",
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

/// Refuses names that no experiment has, where there is any experiment at all.
///
/// # Errors
/// The first such name, with the one that was meant.
pub fn check(store: &Store<'_>, columns: &[String]) -> Result<()> {
    let is_usual = |name: &String| FIXED.contains(&name.as_str()) || USUAL.contains(&name.as_str());
    if columns.iter().all(is_usual) {
        return Ok(());
    }
    let names = store.names()?;
    let unknown = columns.iter().find(|name| !is_usual(name) && !names.contains(*name));
    let Some(unknown) = unknown.filter(|_| !names.is_empty()) else { return Ok(()) };
    let param = format!("params.{unknown}");
    let all = names.iter().map(String::as_str).chain(FIXED).chain(USUAL);
    let meant = if names.contains(&param) { Some(param.as_str()) } else { nearest(unknown, all) };
    let told = misuse(format!("no experiment has a field, metric or parameter `{unknown}`"));
    let told = match meant {
        Some(meant) => told.hint(format!("did you mean `{meant}`?")),
        None => told,
    };
    Err(told.hint("`gx show ID --json` names them all; a parameter is `params.NAME`").into())
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
    store.each_newest_note(found, &row, take)
}
