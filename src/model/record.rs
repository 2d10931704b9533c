//! The record of an experiment: JSON lines, each a patch, merged in the order of their times.

use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::model::scrape::Metrics;
use crate::model::status::Status;

/// The fields of a JSON object, in the order they were written.
pub type Fields = Map<String, Value>;

/// The version that this gx writes into the first line of a record.
pub const VERSION: u64 = 1;

/// One line of a record: a moment, and what has changed since.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    at: Timestamp,
    fields: Fields,
}

impl Line {
    /// A line that says `fields` from `at` on.
    pub fn new(at: Timestamp, fields: Fields) -> Self {
        Self { at, fields }
    }

    /// The same line, moved behind everything that `record` holds.
    pub fn after(mut self, record: &Record) -> Self {
        self.at = self.at.after(record.last);
        self
    }

    /// The text without its newline; it begins with `"at"`.
    pub fn text(&self) -> String {
        let mut object = Fields::new();
        object.insert("at".into(), self.at.to_string().into());
        object.extend(self.fields.clone());
        Value::Object(object).to_string()
    }
}

/// A remark that somebody added with `gx note`.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Remark {
    /// When, as the record has it.
    pub at: String,
    /// What.
    pub text: String,
}

/// What one line of a record was about.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// The status that it set, else `note`, `trashed`, `restored` or `change`.
    pub what: String,
}

/// A record after its lines were merged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    fields: Fields,
    remarks: Vec<Remark>,
    events: Vec<Event>,
    last: Option<Timestamp>,
}

impl Record {
    /// Merges the lines of a note: sorted by `at`, ties by their text, later keys win.
    ///
    /// The order of the lines in the note does not matter, nor do repeated lines. What is no JSON
    /// object with an `at` is skipped here; the store keeps it when it rewrites the note.
    pub fn fold(note: &[u8]) -> Self {
        let mut lines: Vec<(&str, &str)> = Vec::new();
        for raw in note.split(|byte| *byte == b'\n') {
            if let Some(line) = std::str::from_utf8(raw).ok().map(str::trim)
                && let Some(at) = moment(line)
            {
                lines.push((at, line));
            }
        }
        lines.sort_unstable();
        lines.dedup();
        let mut record = Self::default();
        lines.into_iter().for_each(|(at, line)| record.merge(at, line));
        record
    }

    fn merge(&mut self, at: &str, line: &str) {
        let Ok(Value::Object(mut patch)) = serde_json::from_str(line) else { return };
        patch.shift_remove("at");
        if let Some(Value::String(text)) = patch.get("note") {
            self.remarks.push(Remark { at: at.to_owned(), text: text.clone() });
        }
        let at: Option<Timestamp> = at.parse().ok();
        self.events.extend(at.map(|at| Event { at, what: subject(&patch).to_owned() }));
        self.last = self.last.max(at);
        self.fields.extend(patch);
    }

    /// Everything it says.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The remarks of `gx note`, oldest first.
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// What its lines were about, oldest first.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Whether no line could be read.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The version of the gx that began it, where that is newer than this one.
    pub fn newer_version(&self) -> Option<u64> {
        self.fields.get("v").and_then(Value::as_u64).filter(|version| *version > VERSION)
    }

    /// A text field.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.fields.get(key).and_then(Value::as_str)
    }

    /// A number field.
    pub fn number(&self, key: &str) -> Option<f64> {
        self.fields.get(key).and_then(Value::as_f64)
    }

    /// Its value minus the best of its tag before it ran, where both are known.
    pub fn delta(&self) -> Option<f64> {
        let before = self.fields.get("best_before")?.get("value")?.as_f64()?;
        Some(self.number("value")? - before).filter(|delta| delta.is_finite())
    }

    /// A moment.
    pub fn time(&self, key: &str) -> Option<Timestamp> {
        self.text(key)?.parse().ok()
    }

    /// What has become of it; a word that this gx does not know counts as interrupted. A remark alone is no record: it may
    /// have been made where the record was not.
    pub fn status(&self) -> Status {
        match self.fields.get("status") {
            None => Status::NoRecord,
            Some(word) => word.as_str().and_then(|word| word.parse().ok()).unwrap_or(Status::Interrupted),
        }
    }

    /// All metrics that the run printed.
    pub fn metrics(&self) -> Metrics {
        self.fields.get("metrics").and_then(Value::as_object).cloned().unwrap_or_default()
    }

    /// A list of texts, empty where there is none.
    pub fn texts(&self, key: &str) -> Vec<String> {
        let list = self.fields.get(key).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// A field, or where the record has none of that name, a metric.
    pub fn lookup(&self, name: &str) -> Option<Value> {
        let metric = || self.fields.get("metrics")?.get(name);
        let param = || self.fields.get("params")?.get(name.strip_prefix("params.")?);
        self.fields.get(name).or_else(metric).or_else(param).cloned()
    }
}

fn subject(patch: &Fields) -> &str {
    match (patch.get("status"), patch.get("trashed")) {
        (Some(Value::String(status)), _) => status,
        (_, Some(Value::Bool(true))) => "trashed",
        (_, Some(Value::Bool(false))) => "restored",
        _ if patch.contains_key("note") => "note",
        _ => "change",
    }
}

/// The value of `"at"` where a line begins with it, as every line of gx does, or anywhere else.
fn moment(line: &str) -> Option<&str> {
    #[derive(serde::Deserialize)]
    struct At<'a> {
        at: &'a str,
    }
    let quick = line.strip_prefix("{\"at\":\"").and_then(|rest| rest.split_once('"'));
    let at = quick.map(|(at, _)| at).or_else(|| Some(serde_json::from_str::<At>(line).ok()?.at))?;
    at.parse::<Timestamp>().is_ok().then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn line(micros: i64, fields: Value) -> String {
        let Value::Object(fields) = fields else { panic!("an object") };
        Line::new(Timestamp::from_micros(micros), fields).text()
    }

    #[test]
    fn later_keys_win_and_unknown_keys_survive() {
        let note = [
            line(2, json!({"status": "keep", "x": [1]})),
            line(1, json!({"status": "running", "future": true})),
        ];
        let record = Record::fold(note.join("\n").as_bytes());
        assert_eq!(record.status(), Status::Keep);
        assert_eq!(record.fields().get("future"), Some(&json!(true)));
    }

    #[test]
    fn what_does_not_say_its_state_has_no_record_and_an_unknown_state_is_interrupted() {
        let status = |fields: Value| Record::fold(line(1, fields).as_bytes()).status();
        assert_eq!(Record::default().status(), Status::NoRecord);
        assert_eq!(status(json!({"note": "a remark"})), Status::NoRecord);
        assert_eq!(status(json!({"status": "paused"})), Status::Interrupted);
        assert_eq!(status(json!({"status": 7})), Status::Interrupted);
    }

    #[test]
    fn remarks_are_all_kept_though_the_field_is_one() {
        let note =
            [line(1, json!({"note": "a"})), line(2, json!({"note": "b"})), line(2, json!({"note": "b"}))];
        let record = Record::fold(note.join("\n").as_bytes());
        assert_eq!(
            record.remarks().iter().map(|remark| remark.text.as_str()).collect::<Vec<_>>(),
            ["a", "b"]
        );
    }

    #[test]
    fn what_is_no_line_is_skipped() {
        let note = format!("\n\nhello\n\u{feff}{{}}\n[1]\n{{\"at\": 3}}\n{}\n", line(1, json!({"tag": "t"})));
        let record = Record::fold(&[note.as_bytes(), b"\xff\xfe\n"].concat());
        assert_eq!(record.text("tag"), Some("t"));
        assert_eq!(record.fields().len(), 1);
    }

    proptest! {
        #[test]
        fn any_order_of_merged_lines_gives_the_same_record(
            (lines, shuffled) in prop::collection::vec((0i64..6, "[a-c]", 0u8..4), 0..12).prop_flat_map(|entries| {
                let lines: Vec<String> = entries.into_iter().map(|(at, key, value)| line(at, json!({key: value}))).collect();
                (Just(lines.clone()), Just(lines).prop_shuffle())
            })
        ) {
            let twice = [shuffled.join("\n"), shuffled.join("\n\n")].join("\n");
            let record = Record::fold(lines.join("\n").as_bytes());
            prop_assert_eq!(Record::fold(twice.as_bytes()), record);
        }

        #[test]
        fn folding_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            Record::fold(&bytes);
        }
    }
}
