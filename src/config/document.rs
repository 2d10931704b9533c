//! A configuration file: its values, each with the line and column it stands at.

use std::borrow::Cow;

use anyhow::Result;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::{check, defaults};
use crate::error::misuse;

/// One checked value of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key, such as `metric.name`.
    pub key: String,
    /// The value, valid for its key.
    pub value: toml::Value,
    /// Where the value stands: `gx.toml:4:8`, line and column from 1, columns in characters.
    pub place: String,
}

/// Reads the text of the file that errors call `name`; the first mistake in the file is the one that is told.
pub fn read(name: &str, text: &str) -> Result<Vec<Entry>> {
    let document = Document { name, text };
    let parsed = DeTable::parse(text).and_then(|spans| Ok((spans, text.parse::<toml::Table>()?)));
    let (spans, values) = parsed.map_err(|error| document.malformed(&error))?;
    let mut entries = Vec::new();
    for (table, spans) in in_order(spans.get_ref()) {
        let known = defaults::keys(table.get_ref());
        if known.is_empty() {
            let at = document.place(table.span().start);
            return Err(check::unknown_table(&at, table.get_ref(), spans.get_ref().is_table()).into());
        }
        let values = values.get(table.get_ref().as_ref());
        let (DeValue::Table(spans), Some(toml::Value::Table(values))) = (spans.get_ref(), values) else {
            let at = document.place(spans.span().start);
            let name = table.get_ref();
            let told = misuse(format!(
                "{at}: `{name}` must be a table, not {}",
                check::shown(spans.get_ref().type_str())
            ));
            return Err(told.hint(format!("write its keys under a line `[{name}]`")).into());
        };
        for (key, span) in in_order(spans) {
            if !known.contains(&key.get_ref().as_ref()) {
                let at = document.place(key.span().start);
                return Err(check::unknown_key(&at, table.get_ref(), key.get_ref()).into());
            }
            let place = document.place(span.span().start);
            if let Some(value) = values.get(key.get_ref().as_ref()) {
                let key = format!("{}.{}", table.get_ref(), key.get_ref());
                let value = check::value(&place, &key, value)?;
                entries.push(Entry { key, value, place });
            }
        }
    }
    Ok(entries)
}

type Pair<'a, 'i> = (&'a Spanned<Cow<'i, str>>, &'a Spanned<DeValue<'i>>);

/// The pairs of a table in the order of the file, so that the first mistake is told first.
fn in_order<'a, 'i>(table: &'a DeTable<'i>) -> Vec<Pair<'a, 'i>> {
    let mut pairs: Vec<Pair<'a, 'i>> = table.iter().collect();
    pairs.sort_by_key(|(key, _)| key.span().start);
    pairs
}

struct Document<'a> {
    name: &'a str,
    text: &'a str,
}

impl Document<'_> {
    fn place(&self, offset: usize) -> String {
        let before = String::from_utf8_lossy(&self.text.as_bytes()[..offset.min(self.text.len())]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", self.name)
    }

    fn malformed(&self, error: &toml::de::Error) -> crate::error::Fault {
        let place = self.place(error.span().map_or(0, |span| span.start));
        let message = error.message().lines().map(str::trim).collect::<Vec<_>>().join(", ");
        misuse(format!("{place}: {message}"))
            .hint("the file is TOML: `key = \"value\"` lines under `[table]` lines")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Exit, tell};
    use proptest::prelude::*;

    fn mistake(text: &str) -> (String, Vec<String>) {
        let told = tell(&read("gx.toml", text).unwrap_err());
        assert_eq!(told.exit, Exit::Usage);
        (told.message, told.hints)
    }

    #[test]
    fn a_mistake_is_told_with_its_line_and_column() {
        for (text, message) in [
            ("\n[metric]\n    nmae = 1", "gx.toml:3:5: unknown key `nmae` in `[metric]`"),
            (
                "[metric]\n\n\ngoal = \"down\"",
                "gx.toml:4:8: `metric.goal` must be \"lower\" or \"higher\", not \"down\"",
            ),
            ("[metric]\nname = 3", "gx.toml:2:8: `metric.name` must be a string, not an integer"),
            ("[metric]\nname = \" \"", "gx.toml:2:8: `metric.name` must not be empty"),
            ("[metrics]\nname = 3", "gx.toml:1:2: unknown table `metrics`"),
            ("metric = 3", "gx.toml:1:10: `metric` must be a table, not an integer"),
            ("metric.positive = 1", "gx.toml:1:19: `metric.positive` must be true or false, not an integer"),
            ("policy = { min_delta = -0.5 }", "gx.toml:1:24: `policy.min_delta` must be 0 or more, not -0.5"),
            ("policy.near_miss = nan", "gx.toml:1:20: `policy.near_miss` must be 0 or more, not NaN"),
            ("policy.near_miss = '0'", "gx.toml:1:20: `policy.near_miss` must be a number, not a string"),
            (
                "policy.crash_streak = -1",
                "gx.toml:1:23: `policy.crash_streak` must be a whole number from 0, not -1",
            ),
            ("run.command = 'uv run'", "gx.toml:1:15: `run.command` must be a list of strings, not a string"),
            (
                "run.command = ['a', 1]",
                "gx.toml:1:15: `run.command` must be a list of strings, not one with an integer",
            ),
            (
                "run.timeout = -5",
                "gx.toml:1:15: `run.timeout` must be a time such as \"10m\", \"1h30m\" or \"300s\", not \"-5\"",
            ),
            (
                "run.protected = ['a', '..']",
                "gx.toml:1:17: `run.protected` has the invalid pattern \"..\": paths start at the root of the repository, `..` leads out of it",
            ),
            (
                "run.link = ['/etc']",
                "gx.toml:1:12: `run.link` must name paths inside the repository, not \"/etc\"",
            ),
            ("log.max_note = 0", "gx.toml:1:16: `log.max_note` must be more than zero"),
            ("log.failure_tail = 0", "gx.toml:1:20: `log.failure_tail` must be more than zero"),
            ("hooks.timeout = '0s'", "gx.toml:1:17: `hooks.timeout` must be more than zero"),
            ("x = 'é' }", "gx.toml:1:9: unexpected key or value, expected newline, `#`"),
            ("[metric]\nname = 'a'\nname = 'b'", "gx.toml:3:1: duplicate key"),
        ] {
            assert_eq!(mistake(text).0, message, "{text}");
        }
    }

    #[test]
    fn a_misspelling_is_answered_with_the_word_that_was_meant() {
        let hint = |text| mistake(text).1.join("; ");
        assert_eq!(hint("metric.nmae = 1"), "did you mean `name`?");
        assert_eq!(hint("policy.zeal = 1"), "its keys are `crash_streak`, `min_delta`, `near_miss`, `stale`");
        assert_eq!(hint("policy.timeout = 1"), "`timeout` stands in `[hooks]` and `[run]`");
        assert_eq!(hint("min_delta = 1"), "`min_delta` stands in `[policy]`");
        assert_eq!(hint("[metrics]"), "did you mean `[metric]`?");
        assert_eq!(
            hint("[weather]"),
            "the tables are `[gpu]`, `[hooks]`, `[log]`, `[metric]`, `[policy]`, `[run]`, `[snapshot]`, `[store]`, `[ui]`"
        );
    }

    #[test]
    fn values_are_read_with_their_places() {
        let entries = read("gx.toml", "[policy]\nmin_delta = 1\n\n[run]\ntimeout = 90\n").unwrap();
        let told: Vec<_> =
            entries.iter().map(|entry| format!("{} {} {}", entry.key, entry.value, entry.place)).collect();
        assert_eq!(told, ["policy.min_delta 1.0 gx.toml:2:13", "run.timeout 90 gx.toml:5:11"]);
    }

    proptest! {
        #[test]
        fn any_value_at_any_key_is_taken_or_told_with_its_place(
            index in 0..100usize,
            value in prop_oneof![
                any::<i64>().prop_map(toml::Value::from),
                any::<f64>().prop_map(toml::Value::from),
                any::<bool>().prop_map(toml::Value::from),
                "\\PC{0,12}".prop_map(toml::Value::from),
                proptest::collection::vec("\\PC{0,12}", 0..3).prop_map(toml::Value::from),
            ],
        ) {
            let keys: Vec<_> = defaults::settings().keys().collect();
            let key = keys[index % keys.len()];
            if let Err(error) = read("gx.toml", &format!("{key} = {value}")) {
                let told = tell(&error).message;
                let start = format!("gx.toml:1:{}: `{key}` ", key.len() + 4);
                prop_assert!(told.starts_with(&start) && !told.contains("invalid type"), "{told}");
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*|(\\[?(metric|run|log)\\]?[.\n]?(name|timeout|link)? ?=? ?[\"'{\\[0-9é\n]*){0,5}") {
            let _ = read("gx.toml", &text);
        }
    }
}
