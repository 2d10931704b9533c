//! A real session byte for byte, and what is said about a file that is none.

use super::*;
use crate::error::tell;
use proptest::prelude::*;

const MAR8: &str = include_str!("../../../fixtures/results-mar8.tsv");
const HEADER: &str = "commit\tval_bpb\tmemory_gb\tstatus\tdescription\n";

#[test]
fn a_real_session_comes_back_byte_for_byte() {
    let results = read(MAR8).unwrap();
    let count = |status| results.rows.iter().filter(|row| row.status == status).count();
    assert_eq!(results.to_tsv(), MAR8);
    assert_eq!((results.metric.as_str(), results.rows.len()), ("val_bpb", 126));
    assert_eq!([RowStatus::Keep, RowStatus::Discard, RowStatus::Crash].map(count), [23, 102, 1]);
    assert_eq!((results.rows[0].commit.as_str(), results.rows[0].value), ("baseline", Some(0.9979)));
    assert!(results.rows.iter().all(|row| row.value.is_none() == (row.status == RowStatus::Crash)));
}

#[test]
fn windows_lines_blank_lines_and_a_missing_end_are_accepted() {
    let text = format!("\u{feff}{}\n\n", MAR8.trim_end()).replace('\n', "\r\n");
    assert_eq!(read(&text).unwrap(), read(MAR8).unwrap());
    assert_eq!(read(MAR8.trim_end()).unwrap().to_tsv(), MAR8);
    assert_eq!(read(HEADER.trim_end()).unwrap().rows, []);
}

#[test]
fn the_metric_has_the_name_in_the_header() {
    let text = HEADER.replace("val_bpb", "accuracy") + "abc1234\t0.912000\t12.5\tkeep\tmore data\n";
    let results = read(&text).unwrap();
    assert_eq!((results.metric.as_str(), results.to_tsv()), ("accuracy", text.clone()));
}

#[test]
fn a_wrong_cell_is_named_by_line_and_column() {
    for (line, message) in [
        ("abc1234\tbig\t1.0\tkeep\tx", "line 3, column 2 (the metric): `big` is no number"),
        ("abc1234\tNaN\t1.0\tkeep\tx", "line 3, column 2 (the metric): `NaN` is no finite number"),
        ("abc1234\t1.0\t\tkeep\tx", "line 3, column 3 (memory_gb): `` is no finite number"),
        ("abc1234\t1.0\t1\tkept\tx", "line 3, column 4 (status): `kept` is none of keep, discard and crash"),
        ("\t1.0\t1\tkeep\tx", "line 3, column 1 (commit): `` is no commit"),
        ("abc1234\t1.0\t1\tkeep", "line 3, column 5 (description): is missing"),
        ("abc1234 1.0 1 keep", "line 3, column 2 (the metric): is missing"),
    ] {
        let told = tell(&read(&format!("{HEADER}abc1234\t1.0\t1\tkeep\tx\n{line}\n")).unwrap_err());
        assert_eq!(told.message, message);
    }
    for text in ["", "abc1234\t1.0\t1\tkeep\tx\n", "commit\t\tmemory_gb\tstatus\tdescription"] {
        let told = tell(&read(text).unwrap_err());
        assert!(told.message.ends_with("is not the header of a results.tsv"), "{}", told.message);
    }
}

#[test]
fn a_crash_has_no_value_and_a_description_stays_on_its_line() {
    let crash = Row::parse("abc1234\tnan\t0.0\tcrash\ta\tb\u{1b}c", 2).unwrap();
    assert_eq!((crash.value, crash.description.as_str()), (None, "a\tb\u{1b}c"));
    assert_eq!(crash.to_line(), "abc1234\t0.000000\t0.0\tcrash\ta b c");
    assert_eq!(one_line("a\tb\r\nc\u{2028}d\u{85}e f"), "a b  c d e f");
}

#[test]
fn csv_fields_are_quoted_where_they_must_be() {
    let fields = ["plain text", "a,b", "say \"hi\"", "two\nlines", ""].map(csv_field);
    assert_eq!(fields, ["plain text", "\"a,b\"", "\"say \"\"hi\"\"\"", "\"two\nlines\"", ""]);
}

prop_compose! {
    fn any_row()(
        commit in "[0-9a-f]{7}|baseline",
        micros in 1..2_000_000_000_i64,
        tenths in 0..2000_i32,
        status in prop_oneof![Just(RowStatus::Keep), Just(RowStatus::Discard), Just(RowStatus::Crash)],
        description in "[^\\p{Cc}\u{2028}\u{2029}]{0,30}",
    ) -> Row {
        let value = (status != RowStatus::Crash).then_some(micros as f64 / 1e6);
        Row { commit, value, memory_gb: f64::from(tenths) / 10.0, status, description }
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}|([a-z0-9.]{0,8}[\t\r\n]{1,2}){0,20}") {
        let _ = read(&text);
        let _ = read(&format!("{HEADER}{text}"));
    }

    #[test]
    fn rows_come_back_as_they_were(rows in proptest::collection::vec(any_row(), 0..9)) {
        let results = Results { metric: "loss".to_owned(), rows };
        let text = results.to_tsv();
        let back = read(&text).unwrap();
        prop_assert_eq!(back.to_tsv(), text);
        prop_assert_eq!(back, results);
    }
}
