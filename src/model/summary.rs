//! The few fields that ranking and filtering need, read without building the whole record.
//!
//! With ten thousand records a full merge of every field costs more than reading them from Git, so
//! lists rank by summaries and merge only the records that they show.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

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

#[derive(Default, Deserialize)]
struct Patch<'a> {
    #[serde(borrow)]
    at: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "said")]
    status: Option<Option<Cow<'a, str>>>,
    #[serde(borrow, default, deserialize_with = "said")]
    tag: Option<Option<Cow<'a, str>>>,
    #[serde(borrow, default, deserialize_with = "said")]
    category: Option<Option<Cow<'a, str>>>,
    #[serde(default, deserialize_with = "said")]
    value: Option<Option<f64>>,
    #[serde(borrow, default, deserialize_with = "said")]
    finished: Option<Option<Cow<'a, str>>>,
    #[serde(borrow, default, deserialize_with = "said")]
    kept_commit: Option<Option<Cow<'a, str>>>,
    #[serde(borrow, default, deserialize_with = "said")]
    gpus: Option<Option<Cards<'a>>>,
}

/// The field `gpus`, whatever somebody else's tool may have made of it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Cards<'a> {
    #[serde(borrow)]
    Known(Vec<Card<'a>>),
    Unknown(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct Card<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

/// Tells a field that says `null` (a retraction) from one that says nothing.
fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}

fn owned(field: Option<Option<Cow<'_, str>>>) -> Option<String> {
    field.flatten().map(Cow::into_owned)
}

impl Summary {
    /// Merges the lines of a note by the rules of [`Record::fold`](crate::model::record::Record::fold).
    pub fn fold(note: &[u8]) -> Self {
        let mut patches: Vec<(Patch<'_>, &[u8])> = note
            .split(|byte| *byte == b'\n')
            .filter_map(|line| Some((serde_json::from_slice::<Patch<'_>>(line).ok()?, line)))
            .collect();
        patches.sort_by(|a, b| (&a.0.at, a.1).cmp(&(&b.0.at, b.1)));
        let mut all = Patch::default();
        for (patch, _) in patches {
            all.status = patch.status.or(all.status);
            all.tag = patch.tag.or(all.tag);
            all.category = patch.category.or(all.category);
            all.value = patch.value.or(all.value);
            all.finished = patch.finished.or(all.finished);
            all.kept_commit = patch.kept_commit.or(all.kept_commit);
            all.gpus = patch.gpus.or(all.gpus);
        }
        Self {
            status: all.status.flatten().and_then(|word| word.parse().ok()).unwrap_or(Status::Interrupted),
            tag: owned(all.tag).unwrap_or_default(),
            category: owned(all.category),
            value: all.value.flatten(),
            finished: owned(all.finished),
            kept_commit: owned(all.kept_commit),
            hardware: all.gpus.flatten().and_then(|cards| hardware(&cards)),
        }
    }
}

fn hardware(cards: &Cards<'_>) -> Option<String> {
    let Cards::Known(cards) = cards else { return None };
    let mut names: Vec<&str> = cards.iter().map(|card| card.name.as_ref()).collect();
    names.sort_unstable();
    let kinds = names.chunk_by(|a, b| a == b);
    let words: Vec<String> = kinds.map(|kind| format!("{} x {}", kind.len(), kind[0])).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::record::Record;
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn a_summary_agrees_with_the_whole_record(
            lines in prop::collection::vec((0i64..5, prop::sample::select(vec!["keep", "running", "discard"]), prop::option::of(-9.0f64..9.0)), 0..6)
        ) {
            let note: String = lines.iter().map(|(at, status, value)| format!(
                "{{\"at\":\"2026-03-08T00:00:0{at}.000000Z\",\"status\":\"{status}\",\"value\":{},\"tag\":\"t\\n{at}\",\"other\":{{\"deep\":[1]}}}}\n",
                value.map_or("null".to_owned(), |value| value.to_string()),
            )).collect();
            let (summary, record) = (Summary::fold(note.as_bytes()), Record::fold(note.as_bytes()));
            prop_assert_eq!(summary.status, record.status());
            prop_assert_eq!(summary.value, record.number("value"));
            prop_assert_eq!(summary.tag.as_str(), record.text("tag").unwrap_or_default());
        }
    }
}
