//! What the index keeps of one record.

use serde_json::Value;

use crate::model::record::{Event, Fields, Record};
use crate::model::status::Status;
use crate::model::summary::Summary;
use crate::store::index::cell::Cell;
use crate::store::index::columns::Class;
use crate::store::index::schema;

/// What is kept of a record.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// What has become of it, read as lists read it.
    pub(super) status: Status,
    /// Its value minus the best before it.
    pub(super) delta: Option<f64>,
    /// What it ran on.
    pub(super) hardware: Option<String>,
    /// Whether it has hashes of protected paths.
    pub(super) is_sealed: bool,
    /// Whether there is a record at all.
    pub(super) is_recorded: bool,
    /// Every field, metric and parameter.
    pub(super) cells: Vec<(Class, String, Cell)>,
    /// Fields that are null and hide a metric or a parameter which the same name would find, and those that are of
    /// another kind than lists expect.
    pub(super) hiding: Vec<String>,
    /// What its lines were about.
    pub(super) events: Vec<Event>,
}

impl Entry {
    /// From the lines of a note; empty for an experiment that has none.
    pub(super) fn fold(note: &[u8]) -> Self {
        Self::of(&Record::fold(note))
    }

    fn of(record: &Record) -> Self {
        let fields = record.fields();
        let group = |name: &str| fields.get(name).and_then(Value::as_object);
        let (metrics, params) = (group("metrics"), group("params"));
        let mut strange = Vec::new();
        let mut cells = Vec::with_capacity(fields.len() + metrics.map_or(0, Fields::len) + 4);
        for (class, group) in [(Class::Field, Some(fields)), (Class::Metric, metrics), (Class::Param, params)]
        {
            for (name, value) in group.into_iter().flatten() {
                // The status is kept as lists read it, and the id is that of the ref.
                if class != Class::Field || !["status", "id"].contains(&name.as_str()) {
                    let is_strange = class == Class::Field && is_strange(name, value);
                    strange.extend(is_strange.then(|| name.clone()));
                    cells.push((class, name.clone(), if is_strange { Cell::Null } else { Cell::of(value) }));
                }
            }
        }
        let has = |group: Option<&Fields>, name: &str| group.is_some_and(|group| group.contains_key(name));
        let is_found_else = |name: &str| {
            has(metrics, name) || name.strip_prefix("params.").is_some_and(|name| has(params, name))
        };
        let hiding = fields.iter().filter(|(name, value)| value.is_null() && is_found_else(name));
        // A metric that is null hides a parameter just so.
        let nulls = metrics.into_iter().flatten().filter(|(name, value)| {
            value.is_null() && name.strip_prefix("params.").is_some_and(|name| has(params, name))
        });
        let summary = Summary::of(record);
        Self {
            status: summary.status,
            delta: record.delta(),
            hardware: summary.hardware,
            is_sealed: group("protected").is_some_and(|sealed| !sealed.is_empty()),
            is_recorded: !record.is_empty(),
            hiding: hiding.chain(nulls).map(|(name, _)| name.clone()).chain(strange).collect(),
            cells,
            events: record.events().to_vec(),
        }
    }
}

/// Whether a field that lists read has a value that they don't read.
fn is_strange(name: &str, value: &Value) -> bool {
    let is_right = if name == "value" { value.is_number() } else { value.is_string() };
    schema::TYPED.contains(&name) && !value.is_null() && !is_right
}
