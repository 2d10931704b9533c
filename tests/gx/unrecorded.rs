//! A clone that has fetched experiments and not their records.

use serde_json::json;

use crate::support::Lab;
use crate::support::clones::Remote;

/// What both ways to the records are called.
const NOTES: &str = "refs/notes/*:refs/notes/*";

/// A clone of a lab with one kept experiment; it has the experiment's ref, as git alone has fetched it, and no notes.
fn clone_of(lab: &Lab) -> Lab {
    lab.try_value("0.9").exits(0);
    let clone = Lab::new();
    clone.git(&["remote", "add", "origin", lab.dir().to_str().unwrap()]);
    clone.git(&["fetch", "-q", "origin", "refs/experiments/*:refs/experiments/*"]);
    clone
}

#[test]
fn an_experiment_without_its_record_has_a_state_of_its_own_and_says_what_brings_it() {
    let lab = Lab::new();
    let clone = clone_of(&lab);
    insta::assert_snapshot!(clone.gx(&["ls"]).exits(0).stdout, @r#"
    id     status     value  hypothesis
    exp-1  no-record      –  (no record)
    no record here: gx pull brings it, or git fetch origin "refs/notes/*:refs/notes/*"
    "#);
    let row = clone.gx(&["ls", "--json"]).exits(0).json()["experiments"][0].clone();
    assert_eq!(
        (&row["status"], &row["value"], &row["hypothesis"]),
        (&json!("no-record"), &json!(null), &json!("(no record)"))
    );
    let shown = clone.gx(&["show", "exp-1"]).exits(0).stdout;
    assert!(shown.starts_with("exp-1  no-record  (no record)\n"), "{shown}");
    assert!(shown.contains(&format!("gx pull brings it, or git fetch origin \"{NOTES}\"")), "{shown}");
    for index in ["auto", "off"] {
        let wanted = ["--config", &format!("store.index={index}"), "ls", "--json", "--status", "no-record"];
        assert_eq!(clone.gx(&wanted).exits(0).json()["matching"], json!(1), "{index}");
        let wanted = ["--config", &format!("store.index={index}"), "ls", "--json", "--status", "interrupted"];
        assert_eq!(clone.gx(&wanted).exits(0).json()["matching"], json!(0), "{index}");
    }
    let told = clone.gx(&["keep", "exp-1", "--reason", "so it seems"]).exits(1);
    assert!(told.stderr.contains("the record of exp-1 is not here"), "{}", told.stderr);
    // A remark is no record.
    clone.gx(&["note", "exp-1", "what is this?"]).exits(0);
    assert_eq!(clone.states(), [("exp-1".to_owned(), "no-record".to_owned())]);
}

#[test]
fn the_command_that_it_names_brings_the_record() {
    let lab = Lab::new();
    let clone = clone_of(&lab);
    clone.git(&["fetch", "-q", "origin", NOTES]);
    assert_eq!(clone.states(), [("exp-1".to_owned(), "keep".to_owned())]);
    assert!(!clone.gx(&["ls"]).exits(0).stdout.contains("no record"));
}

#[test]
fn a_pull_brings_the_record_of_a_shared_one() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    a.try_value("0.9").exits(0);
    a.gx(&["push"]).exits(0);
    b.git(&["fetch", "-q", "origin", "refs/experiments/*:refs/experiments/*"]);
    assert_eq!(b.states(), [("lab-a/exp-1".to_owned(), "no-record".to_owned())]);
    b.gx(&["note", "lab-a/exp-1", "what is this?"]).exits(0);
    b.gx(&["pull"]).exits(0);
    assert_eq!(b.states(), [("lab-a/exp-1".to_owned(), "keep".to_owned())]);
    assert_eq!(b.record("lab-a/exp-1")["note"], json!("what is this?"));
}
