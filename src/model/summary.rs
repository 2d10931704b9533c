//! The few fields of a record that ranking and filtering need.

use serde_json::Value;

use crate::model::record::Record;
use crate::model::status::Status;

/// What lists select and rank by.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// What has become of it.
    pub status: Status,
    /// Its run tag.
    pub tag: String,
    /// Its category, where one was given.
    pub category: Option<String>,
    /// The value of the metric that decides, where the run gave a valid one.
    pub value: Option<f64>,
    /// When it ended, RFC 3339.
    pub finished: Option<String>,
    /// The commit that the branch moved to, for one that was kept.
    pub kept_commit: Option<String>,
    /// What it ran on, in words that are the same for the same: the names of its cards, sorted, `8 x H100`; nothing
    /// without cards.
    pub hardware: Option<String>,
}

impl Summary {
    /// Of the lines of a note.
    pub fn fold(note: &[u8]) -> Self {
        Self::of(&Record::fold(note))
    }

    /// Of a record.
    pub fn of(record: &Record) -> Self {
        let text = |key: &str| record.text(key).map(str::to_owned);
        Self {
            status: record.status(),
            tag: text("tag").unwrap_or_default(),
            category: text("category"),
            value: record.number("value"),
            finished: text("finished"),
            kept_commit: text("kept_commit"),
            hardware: hardware(record),
        }
    }
}

fn hardware(record: &Record) -> Option<String> {
    let cards = record.fields().get("gpus").and_then(Value::as_array)?;
    let mut names: Vec<&str> = cards.iter().map(|card| card.get("name")?.as_str()).collect::<Option<_>>()?;
    names.sort_unstable();
    let kinds = names.chunk_by(|a, b| a == b);
    let words: Vec<String> = kinds.map(|kind| format!("{} x {}", kind.len(), kind[0])).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn hardware_is_the_same_for_the_same_cards_in_any_order() {
        let on = |gpus: &str| {
            let note =
                format!("{{\"at\":\"2026-03-08T00:00:00.000000Z\",\"status\":\"keep\",\"gpus\":{gpus}}}\n");
            let summary = Summary::fold(note.as_bytes());
            assert_eq!(summary.status, Status::Keep, "{gpus}");
            summary.hardware
        };
        let (a, b) = (r#"{"name":"A","index":0}"#, r#"{"name":"B \"x\"","index":1}"#);
        assert_eq!(on(&format!("[{b},{a},{a}]")).as_deref(), Some("2 x A, 1 x B \"x\""));
        assert_eq!(on(&format!("[{a},{b},{a}]")), on(&format!("[{b},{a},{a}]")));
        for none in ["[]", "null", "3", "[{}]", r#""A""#] {
            assert_eq!(on(none), None, "{none}");
        }
    }
}
