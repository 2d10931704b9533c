//! Crashes in a row: when gx says stop, and what begins the count anew.

use serde_json::json;

use crate::support::Lab;

fn crash(lab: &Lab, code: i32) {
    lab.write("train.py", "nan\n");
    lab.run("crash", &[]).exits(code);
}

#[test]
fn the_third_crash_in_a_row_exits_with_20_and_so_does_every_further_one() {
    let lab = Lab::new();
    for code in [12, 12, 20, 20] {
        crash(&lab, code);
    }
    lab.write("train.py", "nan\n");
    let told = lab.run("crash", &[]).exits(20).json();
    assert_eq!((&told["status"], &told["crashes_in_a_row"]), (&json!("crash"), &json!(5)));
    assert_eq!(lab.read("train.py"), "1.0\n");
}

#[test]
fn any_other_outcome_of_the_tag_begins_the_count_anew() {
    for (value, code) in [("0.9", 0), ("1.001", 11), ("1.5", 10)] {
        let lab = Lab::new();
        lab.run("baseline", &[]).exits(0);
        crash(&lab, 12);
        crash(&lab, 12);
        lab.try_value(value).exits(code);
        crash(&lab, 12);
    }
}

#[test]
fn a_timeout_is_no_crash_and_breaks_the_row() {
    let lab = Lab::new();
    crash(&lab, 12);
    crash(&lab, 12);
    lab.run_script("exec sleep 600", &["--timeout", "100ms"]).exits(13);
    crash(&lab, 12);
}

#[test]
fn crashes_of_another_tag_do_not_count() {
    let lab = Lab::new();
    crash(&lab, 12);
    crash(&lab, 12);
    lab.write("train.py", "nan\n");
    lab.run("elsewhere", &["--tag", "other"]).exits(12);
    crash(&lab, 20);
}

#[test]
fn the_length_of_the_row_is_configurable_and_zero_means_never() {
    let lab = Lab::new().with("GX_POLICY_CRASH_STREAK", "1");
    crash(&lab, 20);
    let lab = Lab::new().with("GX_POLICY_CRASH_STREAK", "0");
    for _ in 0..4 {
        crash(&lab, 12);
    }
}
