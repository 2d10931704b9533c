//! What belongs to an experiment: its base, its candidate paths, and what it must not touch.

mod back;
mod during;
mod others;

use serde_json::json;

use crate::support::Lab;

#[test]
fn an_uncommitted_change_has_head_as_its_base_and_only_parent() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    let head = lab.rev("HEAD");
    lab.try_value("1.5").exits(10);
    assert_eq!(lab.git(&["log", "-1", "--format=%P", "refs/experiments/exp-2"]).trim(), head);
    assert_eq!((&lab.record("exp-2")["mode"], &lab.record("exp-2")["base"]), (&json!("dirty"), &json!(head)));
}

#[test]
fn a_committed_change_has_the_last_kept_commit_as_its_base_and_head_as_second_parent() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    let base = lab.rev("HEAD");
    for value in ["1.6", "1.5"] {
        lab.write("train.py", format!("{value}\n"));
        lab.commit("an idea of the agent");
    }
    let head = lab.rev("HEAD");
    let told = lab.run("committed", &[]).exits(10).json();
    assert_eq!(
        lab.git(&["log", "-1", "--format=%P", "refs/experiments/exp-2"]).trim(),
        format!("{base} {head}")
    );
    assert_eq!(
        (&lab.record("exp-2")["mode"], &lab.record("exp-2")["base"]),
        (&json!("committed"), &json!(base))
    );
    assert_eq!(told["tree"]["moved_to"], json!(base));
    assert_eq!((lab.rev("HEAD"), lab.read("train.py"), lab.status()), (base, "1.0\n".into(), String::new()));
    assert_eq!(lab.last_move("autoresearch/t"), "gx: discard exp-2");
    assert_eq!(lab.last_move("HEAD"), "gx: discard exp-2");
    lab.fsck();
}

#[test]
fn a_committed_change_that_is_better_stays_at_the_agents_own_commit() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.write("train.py", "0.9\n");
    lab.commit("an idea of the agent");
    let head = lab.rev("HEAD");
    lab.run("committed", &[]).exits(0);
    assert_eq!((lab.rev("HEAD"), lab.status()), (head.clone(), String::new()));
    assert_eq!(lab.record("exp-2")["kept_commit"], json!(head));
}

#[test]
fn a_dirty_change_on_top_of_commits_leaves_those_commits_alone() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.write("train.py", "1.6\n");
    lab.commit("an idea of the agent");
    let head = lab.rev("HEAD");
    lab.try_value("1.7").exits(10);
    assert_eq!((lab.rev("HEAD"), lab.read("train.py")), (head.clone(), "1.6\n".into()));
    assert_eq!(lab.record("exp-2")["base"], json!(head));
}

#[test]
fn a_repeat_has_head_as_its_base_and_changes_nothing() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    let head = lab.rev("HEAD");
    let told = lab.run("again", &[]).exits(11).json();
    assert_eq!((&told["tree"]["restored"], &told["tree"]["moved"]), (&json!([]), &json!(null)));
    assert_eq!((lab.record("exp-2")["mode"].clone(), lab.rev("HEAD")), (json!("unchanged"), head));
}

#[test]
fn commits_of_another_tags_session_are_no_change_of_this_one() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.write("train.py", "1.5\n");
    lab.commit("before the other session");
    lab.run("first of its tag", &["--tag", "other"]).exits(0);
    assert_eq!(lab.record("exp-2")["mode"], json!("unchanged"));
}

#[test]
fn base_changes_what_is_compared_and_not_what_is_written() {
    let lab = Lab::new();
    let start = lab.rev("HEAD");
    lab.run("baseline", &[]).exits(0);
    lab.try_value("0.9").exits(0);
    let head = lab.rev("HEAD");
    lab.write("train.py", "1.5\n");
    lab.write("README.md", "read me\nand me\n");
    lab.run("compared", &["--base", "exp-1"]).exits(10);
    let record = lab.record("exp-3");
    assert_eq!(
        (&record["base"], &record["against"]),
        (&json!(head), &json!(lab.rev("refs/experiments/exp-1")))
    );
    assert_eq!(lab.rev("refs/experiments/exp-3^"), head);
    assert_eq!((lab.rev("HEAD"), lab.read("train.py")), (head, "0.9\n".into()));
    assert_ne!(lab.rev("HEAD"), start);
}

#[test]
fn the_tag_is_the_flag_else_the_configured_one_else_the_branchs_else_an_error() {
    let lab = Lab::new();
    let tag = |flags: &[&str]| lab.run("tagged", flags).json()["tag"].clone();
    assert_eq!(tag(&[]), json!("t"));
    lab.git(&["switch", "-q", "-c", "exp/H100/mar8"]);
    assert_eq!(tag(&[]), json!("mar8"));
    lab.git(&["config", "gx.tag", "configured"]);
    assert_eq!(tag(&[]), json!("configured"));
    assert_eq!(tag(&["--tag", "flag"]), json!("flag"));
    lab.git(&["config", "--unset", "gx.tag"]);
    lab.git(&["switch", "-q", "-c", "main"]);
    let told = lab.run("untagged", &[]).exits(1);
    assert!(told.stderr.contains("--tag"), "{told:#?}");
    assert_eq!(lab.git(&["for-each-ref", "refs/experiments"]).lines().count(), 4);
}
