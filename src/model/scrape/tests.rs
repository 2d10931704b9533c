//! What is read from logs, and from what only looks like one.

use super::*;
use proptest::prelude::*;
use serde_json::json;

/// What autoresearch prints: a progress line rewritten with `\r`, then its block, padded to column 18.
const AUTORESEARCH: &str = "\rstep 00953 (100.0%) | loss: 2.8 | tok/sec: 1,000 | remaining: 0s    \n\
---\n\
val_bpb:          0.997900\n\
training_seconds: 300.1\n\
total_seconds:    325.9\n\
peak_vram_mb:     45060.2\n\
mfu_percent:      39.80\n\
total_tokens_M:   499.6\n\
num_steps:        953\n\
num_params_M:     50.3\n\
depth:            8\n";

fn metrics(value: Value) -> Option<Metrics> {
    match value {
        Value::Object(metrics) => Some(metrics),
        _ => None,
    }
}

#[test]
fn an_autoresearch_block_is_read_whole_and_in_order() {
    let read = block(AUTORESEARCH.as_bytes()).unwrap();
    let expected = json!({
        "val_bpb": 0.9979, "training_seconds": 300.1, "total_seconds": 325.9, "peak_vram_mb": 45060.2,
        "mfu_percent": 39.8, "total_tokens_M": 499.6, "num_steps": 953, "num_params_M": 50.3, "depth": 8,
    });
    assert_eq!(serde_json::to_string(&read).unwrap(), expected.to_string());
    assert_eq!(value(&read, "val_bpb"), Some(0.9979));
}

#[test]
fn line_ends_escapes_and_a_missing_last_newline_do_not_matter() {
    let expected = metrics(json!({"loss": 1.5, "n": 2}));
    for log in [
        "---\nloss: 1.5\nn: 2",
        "---  \r\nloss: 1.5\r\nn:2  \r\n",
        "step 1\rstep 2\r---\rloss:   1.5\rn: 2\r\rdone",
        "\u{1b}[2K\u{1b}[1m---\u{1b}[0m\n\u{1b}[32mloss\u{1b}[0m: 1.5\nn: \u{1b}]0;title\u{7}2\nbye",
        "---\r\r\nloss: 1.5\r\r\nn: 2\r\r\n",
    ] {
        assert_eq!(block(log.as_bytes()), expected, "{log:?}");
    }
    assert_eq!(block(b"\xff\xfe\n---\nloss: 1.5\nn: 2\n\xff: 3\nm: 4"), expected);
}

#[test]
fn a_block_ends_at_the_first_line_that_is_no_pair() {
    for end in ["", " indented: 1", "two words: 1", "empty:", "1st: 1", "no colon", "----"] {
        let log = format!("---\na: 1\n{end}\nb: 2\n");
        assert_eq!(block(log.as_bytes()), metrics(json!({"a": 1})), "{end:?}");
    }
}

#[test]
fn a_block_without_a_pair_is_none() {
    assert_eq!(block(b"---\n"), None);
    assert_eq!(block(b"a: 1\n"), None);
    assert_eq!(block(b"---\na: 1\n---\n---\nwords only\n"), metrics(json!({"a": 1})));
}

#[test]
fn the_last_block_with_the_metric_wins_over_later_ones_without_it() {
    let log = b"---\nloss: 3\n---\nloss: 2\nx: 1\n---\nsaved: model.pt\n";
    assert_eq!(block(log), metrics(json!({"saved": "model.pt"})));
    assert_eq!(last_block_with(log, "loss"), metrics(json!({"loss": 2, "x": 1})));
    assert_eq!(last_block_with(log, "absent"), block(log));
    assert_eq!(last_block_with(b"", "loss"), None);
}

#[test]
fn what_is_no_finite_number_stays_text() {
    let read = block(b"---\na: nan\nb: -inf\nc: NaN\nd: 1,000\ne: 1e999\nf: Infinity\ng: 1e-3\n").unwrap();
    let expected = json!({
        "a": "nan", "b": "-inf", "c": "NaN", "d": "1,000", "e": "1e999", "f": "Infinity", "g": 0.001,
    });
    assert_eq!(Some(&read), expected.as_object());
    assert_eq!(["a", "b", "d", "e", "f", "absent"].map(|name| value(&read, name)), [None; 6]);
    let large = block(b"---\nn: 18446744073709551615\ni: -7\n").unwrap();
    assert_eq!(Some(large), metrics(json!({"n": u64::MAX, "i": -7})));
}

#[test]
fn a_pattern_gives_the_last_match_of_each_group() {
    let pattern = Regex::new(r"(?m)^step (?<step>\d+) .*loss[:=]\s*(?<loss>\S+)|acc=(?<acc>\S*)").unwrap();
    let log = b"step 00001 | loss: 3.5\rstep 00002 | loss: \x1b[1m2.5\x1b[0m\racc=0.5\nacc=\n";
    assert_eq!(Some(by_pattern(log, &pattern)), metrics(json!({"step": 2, "loss": 2.5, "acc": 0.5})));
    assert!(by_pattern(b"nothing", &pattern).is_empty());
}

#[test]
fn a_json_object_is_flattened_and_anything_else_is_none() {
    let text = r#"{"eval": {"loss": 1.5, "by": {"lang": 2}}, "note": "nan", "none": {}, "runs": [1]}"#;
    let expected = json!({"eval.loss": 1.5, "eval.by.lang": 2, "note": "nan", "none": {}, "runs": [1]});
    assert_eq!(json(text), metrics(expected));
    for text in ["", "[1]", "3", "{\"loss\": NaN}", "{", &"{\"a\":".repeat(100_000)] {
        assert_eq!(json(text), None);
    }
}

fn words() -> impl Strategy<Value = String> {
    "[ -~]{0,12}|(---|: |[a-z]{1,2}: [0-9]|\r|\n|\u{1b}\\[[0-9;]{0,3}m?|\u{1b}\\]|\u{1b}|é){0,12}"
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(log in proptest::collection::vec(any::<u8>(), 0..300), text in words()) {
        let pattern = Regex::new(r"(?<a>\w*)[:=](?<b>.*)").unwrap();
        for log in [log.as_slice(), text.as_bytes()] {
            let read = block(log);
            prop_assert!(read.is_none_or(|read| !read.is_empty()));
            last_block_with(log, "a");
            by_pattern(log, &pattern);
        }
        json(&text);
    }

    #[test]
    fn a_printed_block_is_read_back_and_the_last_one_wins(
        noise in words(),
        old in proptest::collection::btree_map("[A-Za-z_][A-Za-z0-9_./-]{0,9}", any::<i64>(), 1..5),
        new in proptest::collection::btree_map("[A-Za-z_][A-Za-z0-9_./-]{0,9}", -1e9..1e9f64, 1..9),
    ) {
        let old: String = old.iter().map(|(key, value)| format!("{key}: {value}\n")).collect();
        let printed: String = new.iter().map(|(key, value)| format!("{key}:  {value:?}\n")).collect();
        let log = format!("{noise}\n---\n{old}\n{noise}\n---\n{printed}");
        let read = block(log.as_bytes()).unwrap();
        prop_assert_eq!(read.len(), new.len());
        for (key, number) in new {
            prop_assert_eq!(value(&read, &key), Some(number));
        }
    }
}
