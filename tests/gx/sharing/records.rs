//! Records of several clones are one union of lines, whoever comes first and whatever is rewound.

use std::process::Stdio;

use serde_json::json;

use super::{pull, push};
use crate::support::clones::Remote;

#[test]
fn two_clones_that_push_at_once_both_end_up_complete() {
    let remote = Remote::new();
    let labs = [remote.lab("lab-a"), remote.lab("lab-b"), remote.lab("lab-c")];
    for lab in &labs {
        lab.try_value("0.9").exits(0);
        push(lab);
        lab.try_value("0.8").exits(0);
    }
    let children: Vec<_> = labs
        .iter()
        .map(|lab| lab.gx_command().arg("push").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let late = remote.lab("late");
    assert_eq!(pull(&late)["experiments"].as_array().unwrap().len(), 6);
    let list = late.gx(&["ls", "--json"]).exits(0).json();
    assert!(list["experiments"].as_array().unwrap().iter().all(|row| row["status"] == "keep"), "{list}");
    // History there is a line that nobody has rewound.
    assert_eq!(remote.git(&late, &["rev-list", "--merges", "--count", "refs/notes/experiments"]).trim(), "0");
}

#[test]
fn a_remote_whose_notes_somebody_rewound_is_brought_up_again_by_whoever_comes() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    a.try_value("0.9").exits(0);
    push(&a);
    let old = remote.git(&a, &["rev-parse", "refs/notes/experiments"]);
    a.gx(&["note", "exp-1", "one"]).exits(0);
    push(&a);
    pull(&b);
    remote.git(&a, &["update-ref", "refs/notes/experiments", old.trim()]);
    // Another clone than the author heals it.
    pull(&b);
    assert_eq!(push(&b)["records"], json!(1));
    let late = remote.lab("late");
    pull(&late);
    assert_eq!(late.record("lab-a/exp-1")["note"], json!("one"));
    // Gone altogether, and the author pushes without having looked.
    remote.git(&a, &["update-ref", "-d", "refs/notes/experiments"]);
    a.gx(&["note", "exp-1", "two"]).exits(0);
    push(&a);
    pull(&late);
    assert_eq!(late.record("lab-a/exp-1")["note"], json!("two"));
    assert_eq!(late.record("lab-a/exp-1")["status"], json!("keep"));
}

#[test]
fn local_notes_that_somebody_rewound_get_pulled_lines_back_with_the_next_command() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    a.try_value("0.9").exits(0);
    push(&a);
    b.try_value("0.8").exits(0);
    let old = b.rev("refs/notes/experiments");
    pull(&b);
    b.git(&["update-ref", "refs/notes/experiments", &old]);
    assert_eq!(b.gx(&["show", "lab-a/exp-1", "--json"]).exits(0).json()["status"], json!("keep"));
    b.git(&["update-ref", "-d", "refs/notes/experiments"]);
    b.gx(&["ls"]).exits(0);
    assert_eq!(
        (b.record("lab-a/exp-1")["value"].clone(), b.record("exp-1")["value"].clone()),
        (json!(0.9), json!(0.8))
    );
}

#[test]
fn lines_that_nobody_understands_come_along() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    a.try_value("0.9").exits(0);
    a.git(&["notes", "--ref=experiments", "append", "-m", "what is this", "refs/experiments/exp-1"]);
    push(&a);
    pull(&b);
    let note = b.git(&["notes", "--ref=experiments", "show", "refs/experiments/lab-a/exp-1"]);
    assert!(note.contains("what is this\n"), "{note}");
}

#[test]
fn a_record_that_a_newer_gx_wrote_to_is_shown_and_stays_as_it_is_on_the_remote() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    a.try_value("0.9").exits(0);
    push(&a);
    pull(&b);
    let newer = r#"{"at":"2026-03-09T00:00:00.000000Z","v":2,"shape":"unknown"}"#;
    b.git(&["notes", "--ref=experiments", "append", "-m", newer, "refs/experiments/lab-a/exp-1"]);
    push(&b);
    a.gx(&["note", "exp-1", "too late"]).exits(0);
    let before = remote.git(&a, &["rev-parse", "refs/notes/experiments"]);
    assert_eq!(pull(&a)["records"], json!(1));
    let told = push(&a);
    assert_eq!((&told["records"], &told["newer_records"]), (&json!(0), &json!(1)));
    assert_eq!(remote.git(&a, &["rev-parse", "refs/notes/experiments"]), before);
    assert_eq!(a.gx(&["show", "exp-1", "--json"]).exits(0).json()["record"]["shape"], json!("unknown"));
}

#[test]
fn a_name_that_stands_for_two_snapshots_is_told_and_neither_is_touched() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    a.try_value("0.9").exits(0);
    push(&a);
    pull(&b);
    let here = b.rev("refs/experiments/lab-a/exp-1");
    remote.git(&a, &["update-ref", "refs/experiments/lab-a/exp-1", &a.rev(&format!("{here}^"))]);
    let told = b.gx(&["pull", "--json"]).exits(1).json();
    assert_eq!(
        (&told["conflicts"][0]["id"], &told["conflicts"][0]["here"]),
        (&json!("lab-a/exp-1"), &json!(here))
    );
    assert_eq!(b.rev("refs/experiments/lab-a/exp-1"), here);
    a.gx(&["pull"]).exits(1);
    let told = a.gx(&["push", "--json"]).exits(1).json();
    assert_eq!(told["conflicts"][0]["id"], json!("exp-1"));
}
