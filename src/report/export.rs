//! `gx export`: one tag's experiments as a file for other tools.

use anyhow::Result;
use serde_json::Value;

use crate::model::record::Record;
use crate::model::status::Status;
use crate::research::results::{self, Results, RowStatus, one_line};
use crate::store::choice::Choice;
use crate::store::experiments::{Found, Store, Stored};

/// One tag's experiments, or all, in the order of their ids.
pub fn chosen(store: &Store<'_>, tag: Option<&str>) -> Result<Vec<Found>> {
    let choice = Choice { tag: tag.map(str::to_owned), ..Choice::default() };
    Ok(store.choose(&choice)?.found)
}

/// The file that autoresearch reads.
pub fn tsv(store: &Store<'_>, found: &[Found], metric: &str) -> Result<String> {
    let mut rows = Vec::new();
    let row = |found: &Found, note: &[u8]| tsv_row(&found.stored, &Record::fold(note), metric);
    store.each_note(found, &row, &mut |row| {
        rows.extend(row);
        Ok(())
    })?;
    Ok(Results { metric: metric.to_owned(), rows }.to_tsv())
}

/// autoresearch knows three outcomes; what has none of them is left out.
fn tsv_row(stored: &Stored, record: &Record, metric: &str) -> Option<results::Row> {
    let status = match record.status() {
        Status::Keep => RowStatus::Keep,
        Status::NearMiss | Status::Discard | Status::Tainted => RowStatus::Discard,
        Status::Crash | Status::Timeout => RowStatus::Crash,
        Status::Queued | Status::Running | Status::Interrupted | Status::NoRecord => return None,
    };
    let import = record.fields().get("import");
    let imported =
        |key: &str| import.and_then(|import| import.get(key)).and_then(Value::as_str).map(str::to_owned);
    let short = |commit: &str| commit.chars().take(7).collect::<String>();
    let commit = imported("commit").or_else(|| record.text("kept_commit").map(short));
    let memory_mb = record.metrics().get("peak_vram_mb").and_then(Value::as_f64).unwrap_or_default();
    let value = record.number("value").or_else(|| record.metrics().get(metric).and_then(Value::as_f64));
    // autoresearch writes zeroes for a crash; what was imported goes out as it came in.
    // Kept by hand without a value, it would stand there as 0: the best of all for whoever reads the file.
    let status = if value.is_none() { RowStatus::Crash } else { status };
    let is_crash = status == RowStatus::Crash && import.is_none();
    let imported_memory = import.and_then(|import| import.get("memory_gb")).and_then(Value::as_f64);
    let description = imported("description").or_else(|| record.text("hypothesis").map(str::to_owned));
    Some(results::Row {
        commit: commit.unwrap_or_else(|| stored.snapshot.short()),
        value: value.filter(|_| !is_crash),
        memory_gb: imported_memory.unwrap_or(if is_crash { 0.0 } else { memory_mb / 1024.0 }),
        status,
        description: one_line(&description.unwrap_or_default()),
    })
}
