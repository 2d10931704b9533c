//! `gx restore`, and `gx rm`, `gx undo` and `gx note`: nothing is lost, and everything has a way back.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::support::Lab;

/// A lab whose exp-2 changed line 1 of a ten-line train.py and was discarded.
fn with_idea() -> Lab {
    let lab = Lab::new();
    lab.write("train.py", lines("1.0", "end"));
    lab.commit("longer");
    lab.run("baseline", &[]).exits(0);
    lab.write("train.py", lines("1.5", "end"));
    lab.run("the idea", &[]).exits(10);
    lab
}

fn lines(first: &str, last: &str) -> String {
    format!("{first}\n2\n3\n4\n5\n6\n7\n8\n9\n{last}\n")
}

#[test]
fn restore_puts_the_change_back_uncommitted() {
    let lab = with_idea();
    let head = lab.rev("HEAD");
    let told = lab.gx(&["restore", "exp-2", "--json"]).exits(0).json();
    assert_eq!(told["paths"], json!(["train.py"]));
    assert_eq!(
        (lab.read("train.py"), lab.status(), lab.rev("HEAD")),
        (lines("1.5", "end"), " M train.py\n".into(), head)
    );
    let told = lab.gx(&["restore", "exp-2", "--json"]).exits(0).json();
    assert_eq!(told["paths"], json!([]), "twice is once");
}

#[test]
fn restore_merges_where_the_branch_has_moved_on() {
    let lab = with_idea();
    lab.write("train.py", lines("1.0", "another end"));
    lab.commit("another end");
    lab.gx(&["restore", "exp-2"]).exits(0);
    assert_eq!(lab.read("train.py"), lines("1.5", "another end"));
}

#[test]
fn restore_names_a_conflict_and_writes_nothing() {
    let lab = with_idea();
    lab.write("train.py", lines("0.7", "end"));
    lab.commit("another way");
    let told = lab.gx(&["restore", "exp-2"]).exits(1);
    assert!(told.stderr.contains("train.py") && told.stderr.contains("--into"), "{told:#?}");
    assert_eq!((lab.read("train.py"), lab.status()), (lines("0.7", "end"), String::new()));
}

#[test]
fn restore_never_writes_over_uncommitted_changes_of_the_same_path() {
    let lab = with_idea();
    lab.write("train.py", lines("1.0", "my edit"));
    let told = lab.gx(&["restore", "exp-2"]).exits(1);
    assert!(told.stderr.contains("train.py"), "{told:#?}");
    assert_eq!(lab.read("train.py"), lines("1.0", "my edit"));
}

#[test]
fn restore_leaves_other_uncommitted_changes_alone_and_brings_back_none() {
    let lab = Lab::new().with("GX_RUN_EDITABLE", "train.py");
    lab.run("baseline", &[]).exits(0);
    lab.write("README.md", "then\n");
    lab.try_value("1.5").exits(10);
    lab.write("README.md", "now\n");
    lab.gx(&["restore", "exp-2"]).exits(0);
    assert_eq!((lab.read("README.md").as_str(), lab.read("train.py").as_str()), ("now\n", "1.5\n"));
}

#[test]
fn restore_brings_back_deletions_links_and_executable_bits() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.write("train.py", "1.5\n");
    lab.write("tool.sh", "#!/bin/sh\n");
    fs::set_permissions(lab.path("tool.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("train.py", lab.path("link")).unwrap();
    fs::remove_file(lab.path("README.md")).unwrap();
    lab.git(&["add", "-A"]);
    lab.run("all kinds", &[]).exits(10);
    assert_eq!((lab.status().as_str(), lab.has("tool.sh"), lab.has("link")), ("", false, false));
    lab.gx(&["restore", "exp-2"]).exits(0);
    assert_eq!(fs::metadata(lab.path("tool.sh")).unwrap().permissions().mode() & 0o111, 0o111);
    assert_eq!(fs::read_link(lab.path("link")).unwrap().to_str(), Some("train.py"));
    assert!(!lab.has("README.md"));
}

#[test]
fn restore_does_not_put_a_folder_in_place_of_a_new_file() {
    let lab = Lab::new().with("GX_RUN_EDITABLE", "train.py, model/");
    lab.run("baseline", &[]).exits(0);
    lab.write("model/a.py", "a\n");
    lab.try_value("1.5").exits(10);
    assert!(!lab.has("model"));
    lab.write("model", "a file of mine\n");
    let told = lab.gx(&["restore", "exp-2"]).exits(1);
    assert!(told.stderr.contains("model/a.py"), "{told:#?}");
    assert_eq!((lab.read("model").as_str(), lab.read("train.py").as_str()), ("a file of mine\n", "1.0\n"));
}

#[test]
fn restore_into_writes_the_whole_snapshot_elsewhere() {
    let lab = with_idea();
    lab.gx(&["restore", "exp-2", "--into", "../copy"]).exits(0);
    assert_eq!(
        (lab.read("../copy/train.py"), lab.read("../copy/README.md")),
        (lines("1.5", "end"), "read me\n".into())
    );
    assert_eq!((lab.read("train.py"), lab.status()), (lines("1.0", "end"), String::new()));
    let told = lab.gx(&["restore", "exp-1", "--into", "../copy"]).exits(2);
    assert!(told.stderr.contains("not an empty folder"), "{told:#?}");
    assert_eq!(lab.read("../copy/train.py"), lines("1.5", "end"));
}

#[test]
fn restore_branch_makes_a_branch_at_the_snapshot_and_never_moves_one() {
    let lab = with_idea();
    let head = lab.rev("HEAD");
    lab.gx(&["restore", "exp-2", "--branch", "idea"]).exits(0);
    assert_eq!((lab.rev("idea"), lab.rev("HEAD")), (lab.rev("refs/experiments/exp-2"), head.clone()));
    lab.gx(&["restore", "exp-1", "--branch", "idea"]).exits(1);
    lab.gx(&["restore", "exp-1", "--branch", "a..b"]).exits(2);
    assert_eq!((lab.rev("idea"), lab.rev("HEAD")), (lab.rev("refs/experiments/exp-2"), head));
}

fn ids(lab: &Lab) -> Vec<String> {
    lab.states().into_iter().map(|(id, _)| id).collect()
}

#[test]
fn rm_and_undo_move_an_experiment_to_the_trash_and_back() {
    let lab = with_idea();
    let snapshot = lab.rev("refs/experiments/exp-2");
    lab.gx(&["rm", "exp-2"]).exits(0);
    assert_eq!(ids(&lab), ["exp-1"]);
    let told = lab.gx(&["show", "exp-2"]).exits(5);
    assert!(told.stderr.contains("`gx undo exp-2`"), "{told:#?}");
    let note = lab.git(&["notes", "--ref=experiments", "show", &snapshot]);
    assert!(note.lines().last().unwrap().contains("\"trashed\":true"), "{note}");
    lab.gx(&["undo"]).exits(0);
    assert_eq!(
        (lab.rev("refs/experiments/exp-2"), lab.record("exp-2")["trashed"].clone()),
        (snapshot, json!(false))
    );
    lab.gx(&["undo"]).exits(5);
    lab.gx(&["undo", "exp-2"]).exits(5);
    lab.fsck();
}

#[test]
fn undo_brings_back_the_last_one_removed_or_the_one_named() {
    let lab = Lab::new();
    for _ in 0..3 {
        lab.run("again", &[]);
    }
    for id in ["exp-3", "exp-1", "exp-2"] {
        lab.gx(&["rm", id]).exits(0);
    }
    lab.gx(&["undo"]).exits(0);
    assert_eq!(ids(&lab), ["exp-2"]);
    lab.gx(&["undo", "exp-3"]).exits(0);
    lab.gx(&["undo"]).exits(0);
    assert_eq!(lab.git(&["for-each-ref", "refs/gx/trash"]), "");
}

#[test]
fn numbers_of_removed_experiments_are_never_used_again() {
    let lab = Lab::new();
    lab.run("one", &[]).exits(0);
    lab.run("two", &[]).exits(11);
    lab.gx(&["rm", "exp-1", "exp-2"]).exits(0);
    assert_eq!(lab.run("three", &[]).exits(0).json()["id"], json!("exp-3"));
    lab.gx(&["undo", "exp-1"]).exits(0);
    assert_eq!(lab.run("four", &[]).exits(11).json()["id"], json!("exp-4"));
}

#[test]
fn rm_takes_all_that_are_named_or_none() {
    let lab = with_idea();
    lab.gx(&["rm", "exp-1", "exp-7"]).exits(5);
    assert_eq!(lab.git(&["for-each-ref", "refs/gx/trash"]), "");
    lab.gx(&["rm", "exp-2", "exp-2"]).exits(0);
    assert_eq!(ids(&lab), ["exp-1"]);
}

#[test]
fn all_remarks_are_kept_in_their_order() {
    let lab = with_idea();
    lab.gx(&["note", "exp-2", "first\nof two lines"]).exits(0);
    lab.gx(&["note", "exp-2", "second"]).exits(0);
    lab.gx(&["note", "exp-2", "  "]).exits(2);
    let shown = lab.gx(&["show", "exp-2", "--json"]).exits(0).json();
    let texts: Vec<_> =
        shown["remarks"].as_array().unwrap().iter().map(|remark| remark["text"].clone()).collect();
    assert_eq!(texts, [json!("first\nof two lines"), json!("second")]);
    assert_eq!(lab.record("exp-2")["status"], json!("discard"));
}
