//! Whatever is typed after `--where`: it is understood, or the error names a column of it.

use gx::error::{Exit, tell};
use gx::model::query;
use serde_json::{Value, json};

/// A moment in microseconds since 1970, to count `ago` from.
const NOW: i64 = 1_800_000_000_000_000;

/// Panics where the parser breaks one of its promises.
pub fn check(typed: &[u8]) {
    let Ok(text) = std::str::from_utf8(typed) else { return };
    let condition = match query::parse(text) {
        Ok(condition) => condition,
        Err(error) => {
            let told = tell(&error);
            let column: Option<usize> = told
                .message
                .strip_prefix("--where, column ")
                .and_then(|rest| rest.split_once(':')?.0.parse().ok());
            let columns = 1..=text.chars().count() + 1;
            assert!(column.is_some_and(|column| columns.contains(&column)), "{}", told.message);
            assert_eq!(told.exit, Exit::Usage);
            return;
        }
    };
    let written = condition.to_string();
    let again = query::parse(&written);
    assert!(again.is_ok_and(|again| again == condition), "`{text}` became `{written}`");
    for row in [
        json!({}),
        json!({"a": 1, "b": "x", "c": null, "d": true, "e": [1], "started": "2026-03-08T00:00:00Z"}),
    ] {
        condition.matches(&|name| row.get(name).cloned().filter(|value| *value != Value::Null), NOW);
    }
}
