//! `gx export`: one tag's experiments as a file for other tools.

use anyhow::Result;
use serde_json::Value;

use crate::model::record::Record;
use crate::model::status::Status;
use crate::report::row::Row;
use crate::research::results::{self, Results, RowStatus, csv_field, one_line};
use crate::store::experiments::{Store, Stored};

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// autoresearch's `results.tsv`.
    Tsv,
    /// Comma separated, RFC 4180.
    Csv,
    /// An array of objects.
    Json,
}

/// The text of the file.
pub fn text(store: &Store<'_>, tag: Option<&str>, metric: &str, format: Format) -> Result<String> {
    let all = store.records()?;
    let chosen: Vec<_> =
        all.into_iter().filter(|(_, record)| tag.is_none_or(|tag| record.text("tag") == Some(tag))).collect();
    match format {
        Format::Tsv => Ok(tsv(&chosen, metric)),
        Format::Csv => Ok(csv(&rows(&chosen))),
        Format::Json => Ok(serde_json::to_string_pretty(&rows(&chosen))? + "\n"),
    }
}

fn rows(chosen: &[(Stored, Record)]) -> Vec<Row> {
    chosen.iter().map(|(stored, record)| Row::of(stored, record, false)).collect()
}

fn tsv(chosen: &[(Stored, Record)], metric: &str) -> String {
    let rows = chosen.iter().filter_map(|(stored, record)| tsv_row(stored, record, metric)).collect();
    Results { metric: metric.to_owned(), rows }.to_tsv()
}

/// autoresearch knows three outcomes; what has none of them is left out.
fn tsv_row(stored: &Stored, record: &Record, metric: &str) -> Option<results::Row> {
    let status = match record.status() {
        Status::Keep => RowStatus::Keep,
        Status::NearMiss | Status::Discard | Status::Tainted => RowStatus::Discard,
        Status::Crash | Status::Timeout => RowStatus::Crash,
        Status::Queued | Status::Running | Status::Interrupted => return None,
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

/// Rows as comma separated text: the columns of every table, then one per metric that any row has.
pub fn csv(rows: &[Row]) -> String {
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
    let mut metrics: Vec<&String> = rows.iter().flat_map(|row| row.metrics.keys()).collect();
    metrics.sort();
    metrics.dedup();
    let header =
        FIXED.iter().map(|name| (*name).to_owned()).chain(metrics.iter().map(|name| csv_field(name)));
    let mut text = header.collect::<Vec<_>>().join(",") + "\r\n";
    for row in rows {
        let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let known = |text: &Option<String>| csv_field(text.as_deref().unwrap_or_default());
        let mut fields = vec![
            row.id.to_string(),
            row.snapshot.to_string(),
            csv_field(&row.tag),
            row.status.to_string(),
            number(row.value),
            number(row.delta),
            number(row.seconds),
            known(&row.category),
            csv_field(&row.hypothesis),
            known(&row.kept_commit),
            known(&row.started),
            known(&row.finished),
        ];
        fields.extend(metrics.iter().map(|name| row.metrics.get(*name).map(plain).unwrap_or_default()));
        text.push_str(&fields.join(","));
        text.push_str("\r\n");
    }
    text
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), csv_field)
}
