//! An experiment as a line of a list.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::record::Record;
use crate::model::status::Status;
use crate::report::now::Now;
use crate::store::experiments::{Store, Stored};

/// What stands for the hypothesis of an experiment that has a snapshot and no record, as in a clone without notes.
const NO_RECORD: &str = "(no record)";

/// What brings the record: what gx has shared, and what git alone has pushed.
pub const BRINGS_RECORDS: &str =
    "no record here: gx pull brings it, or git fetch origin \"refs/notes/*:refs/notes/*\"";

/// An experiment, short.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Its name.
    pub id: ExperimentId,
    /// The commit that holds its code.
    pub snapshot: ObjectId,
    /// Its run tag.
    pub tag: String,
    /// What has become of it.
    pub status: Status,
    /// Why.
    pub reason: Option<String>,
    /// The metric that decides.
    pub metric: String,
    /// Its value, where the run gave a valid one.
    pub value: Option<f64>,
    /// That value minus the best of the tag before this run.
    pub delta: Option<f64>,
    /// Whether it is the best of its tag now.
    pub is_best: bool,
    /// Everything that it measured.
    pub metrics: Map<String, Value>,
    /// Its parameters.
    pub params: Map<String, Value>,
    /// Wall time in seconds.
    pub seconds: Option<f64>,
    /// What kind of idea it was.
    pub category: Option<String>,
    /// The idea.
    pub hypothesis: String,
    /// More about it.
    pub description: Option<String>,
    /// The commit that it was compared with.
    pub base: Option<String>,
    /// The commit that the branch moved to, where it was kept.
    pub kept_commit: Option<String>,
    /// `lost` where an import found only the record, `found` where it found the code.
    pub code: Option<String>,
    /// When it began, RFC 3339.
    pub started: Option<String>,
    /// When it ended, RFC 3339.
    pub finished: Option<String>,
    /// What it is doing, where it has not ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<Now>,
}

impl Row {
    /// From what the store holds.
    pub fn of(stored: &Stored, record: &Record, is_best: bool) -> Self {
        let text = |key: &str| record.text(key).map(str::to_owned);
        let object =
            |key: &str| record.fields().get(key).and_then(Value::as_object).cloned().unwrap_or_default();
        let value = record.number("value");
        let is_missing = record.status() == Status::NoRecord;
        let stand_in = |words: &str| is_missing.then(|| words.to_owned());
        Self {
            id: stored.id.clone(),
            snapshot: stored.snapshot,
            tag: text("tag").unwrap_or_default(),
            status: record.status(),
            reason: text("reason").or_else(|| stand_in(BRINGS_RECORDS)),
            metric: text("metric").unwrap_or_default(),
            value,
            delta: record.delta(),
            is_best,
            metrics: object("metrics"),
            params: object("params"),
            seconds: record.number("seconds"),
            category: text("category"),
            hypothesis: text("hypothesis").or_else(|| stand_in(NO_RECORD)).unwrap_or_default(),
            description: text("description"),
            base: text("base"),
            kept_commit: text("kept_commit"),
            code: text("code"),
            started: text("started"),
            finished: text("finished"),
            now: None,
        }
    }

    /// With what it is doing, where it has not ended.
    pub fn with_now(self, store: &Store<'_>, record: &Record) -> Self {
        Self { now: Now::of(store, &self.id, record), ..self }
    }

    /// A metric as a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.metrics.get(name).and_then(Value::as_f64)
    }
}
