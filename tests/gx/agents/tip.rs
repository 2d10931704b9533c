//! One tip for all: whose keep moves it, and who goes along.

use serde_json::json;

use super::{Slow, lab};
use crate::support::{Lab, TRAIN};

#[test]
fn a_keep_in_an_agents_tree_moves_the_tip_and_the_clean_checkout_of_its_branch_follows() {
    let lab = lab();
    let told = lab.gx_in("../a-1", "0.9", &[]).exits(0).json();
    assert_eq!(told["tree"]["moved"], "refs/heads/autoresearch/t");
    assert_eq!(lab.git_in("../a-1", &["rev-parse", "HEAD"]), lab.tip());
    assert_eq!(lab.git_in("../a-1", &["rev-parse", "--abbrev-ref", "HEAD"]), "HEAD");
    assert_eq!((lab.read("train.py"), lab.status()), ("0.9\n".into(), String::new()));
    assert_eq!(told["tree"]["notes"], json!([]));
    // Nothing of what came with it is an edit of the main work tree.
    let again = lab.run("again", &[]).exits(11).json();
    assert_eq!(lab.record(again["id"].as_str().unwrap())["mode"], "unchanged");
    lab.write("model.py", "large\n");
    let own = lab.run("own", &[]).exits(11).json();
    assert_eq!(lab.record(own["id"].as_str().unwrap())["changed"], json!(["model.py"]));
    lab.fsck();
}

#[test]
fn a_checkout_of_the_branch_with_edits_of_its_own_is_left_and_that_is_said() {
    let lab = lab();
    lab.write("train.py", "0.95\n");
    let told = lab.gx_in("../a-1", "0.9", &[]).exits(0).json();
    assert_eq!(lab.read("train.py"), "0.95\n");
    let note = told["tree"]["notes"][0].as_str().unwrap();
    assert!(note.contains("/lab stays behind its branch: train.py edited"), "{note}");
    lab.write("../a-1/train.py", "0.8\n");
    let text = lab.gx(&[&["-C", "../a-1", "run", "--hypothesis", "more", "--"], TRAIN].concat()).exits(0);
    assert!(text.stdout.contains("note    "), "{text:?}");
    assert!(text.stdout.contains("stays behind its branch"), "{text:?}");
    // The edit that is there is still an idea, and is compared with the tip of now.
    let own = lab.run("own", &[]).exits(10).json();
    assert_eq!(lab.record(own["id"].as_str().unwrap())["changed"], json!(["train.py"]));
    assert_eq!((lab.read("train.py"), lab.status()), ("0.8\n".into(), String::new()));
}

#[test]
fn a_discarded_edit_is_put_back_and_the_clean_tree_then_stands_at_the_tip() {
    let lab = lab();
    let slow = Slow::start(&lab, "../a-1", "slow", "1.5", &[]);
    lab.gx_in("../a-2", "0.9", &[]).exits(0);
    let told = slow.ends(&lab, 10);
    assert_eq!(told["best_before"], "exp-3");
    assert_eq!(lab.git_in("../a-1", &["rev-parse", "HEAD"]), lab.tip());
    assert_eq!(
        (lab.read("../a-1/train.py"), lab.git_in("../a-1", &["status", "--porcelain"])),
        ("0.9\n".into(), String::new())
    );
}

#[test]
fn a_discard_at_the_tip_puts_the_edit_back_and_an_edit_of_another_path_stays() {
    let lab = lab();
    lab.write("../a-1/train.py", "1.5\n");
    lab.write("../a-1/notes.txt", "mine\n");
    let slow = Slow::start(&lab, "../a-1", "slow", "1.5", &[]);
    lab.gx_in("../a-2", "0.9", &[]).exits(0);
    let told = slow.ends(&lab, 10);
    assert_eq!(told["tree"]["restored"], json!(["train.py"]));
    assert_eq!(lab.read("../a-1/train.py"), "0.9\n");
    assert_eq!(lab.git_in("../a-1", &["status", "--porcelain"]), "?? notes.txt");
}

#[test]
fn stay_keeps_a_tree_where_it_is() {
    let lab = lab();
    let before = lab.tip();
    lab.write("../a-1/train.py", "1.5\n");
    let slow = Slow::start(&lab, "../a-1", "slow", "1.5", &["--stay"]);
    lab.gx_in("../a-2", "0.9", &[]).exits(0);
    slow.ends(&lab, 10);
    assert_eq!(lab.git_in("../a-1", &["rev-parse", "HEAD"]), before);
    assert_eq!(lab.read("../a-1/train.py"), "1.0\n");
    assert_eq!(lab.git_in("../a-1", &["status", "--porcelain"]), "");
}

#[test]
fn a_tree_that_is_behind_catches_up_when_its_next_run_ends() {
    let lab = lab();
    lab.gx_in("../a-2", "0.9", &[]).exits(0);
    // Began behind, so it is compared with the best of now and goes on from there.
    let told = lab.gx_in("../a-1", "0.95", &[]).exits(10).json();
    assert_eq!((&told["base_result"], &told["best_before"]), (&json!("exp-1"), &json!("exp-2")));
    assert_eq!(lab.git_in("../a-1", &["rev-parse", "HEAD"]), lab.tip());
    assert_eq!(lab.read("../a-1/train.py"), "0.9\n");
    lab.gx_in("../a-1", "0.8", &[]).exits(0);
    assert_eq!(lab.rev("autoresearch/t~1"), lab.record("exp-2")["kept_commit"].as_str().unwrap());
}

#[test]
fn commits_on_trial_in_an_agents_tree_are_kept_as_they_are_or_taken_back() {
    let lab = lab();
    let tip = lab.tip();
    lab.write("../a-1/train.py", "1.5\n");
    lab.git_in("../a-1", &["commit", "-qam", "worse"]);
    let run =
        |place: &str| lab.gx(&[&["-C", place, "run", "--json", "--hypothesis", "x", "--"], TRAIN].concat());
    assert_eq!(run("../a-1").exits(10).json()["tree"]["moved"], "HEAD");
    assert_eq!((lab.git_in("../a-1", &["rev-parse", "HEAD"]), lab.tip()), (tip.clone(), tip.clone()));
    assert_eq!(lab.git_in("../a-1", &["status", "--porcelain"]), "");
    lab.write("../a-1/train.py", "0.9\n");
    lab.git_in("../a-1", &["commit", "-qam", "one"]);
    lab.write("../a-1/train.py", "0.8\n");
    lab.git_in("../a-1", &["commit", "-qam", "two"]);
    let own = lab.git_in("../a-1", &["rev-parse", "HEAD"]);
    run("../a-1").exits(0);
    assert_eq!((lab.tip(), lab.git_in("../a-1", &["rev-parse", "HEAD"])), (own.clone(), own));
    assert_eq!(lab.read("train.py"), "0.8\n");
}

#[test]
fn a_verdict_by_hand_in_an_agents_tree_moves_the_tip_too() {
    let lab = lab();
    lab.gx_in("../a-1", "1.5", &[]).exits(10);
    let told = lab.gx(&["-C", "../a-1", "keep", "exp-2", "--reason", "simpler", "--json"]).exits(0).json();
    assert_eq!(told["tree"]["moved"], "refs/heads/autoresearch/t", "{told:#}");
    assert_eq!(lab.git_in("../a-1", &["rev-parse", "HEAD"]), lab.tip());
    assert_eq!((lab.read("../a-1/train.py"), lab.read("train.py")), ("1.5\n".into(), "1.5\n".into()));
    assert_eq!(
        (lab.status(), lab.git_in("../a-1", &["status", "--porcelain"])),
        (String::new(), String::new())
    );
}

#[test]
fn what_the_tip_holds_is_discarded_by_hand_on_the_branch_only() {
    let lab = lab();
    let before = lab.tip();
    lab.gx_in("../a-1", "0.9", &[]).exits(0);
    let told = lab.gx(&["-C", "../a-1", "discard", "exp-2", "--reason", "noise"]).exits(1);
    assert!(told.stderr.contains("/lab discard exp-2 --reason"), "{told:?}");
    assert_eq!(lab.record("exp-2")["status"], "keep");
    lab.gx(&["discard", "exp-2", "--reason", "noise"]).exits(0);
    assert_eq!((lab.tip(), lab.read("train.py"), lab.status()), (before, "1.0\n".into(), String::new()));
}

#[test]
fn what_a_run_in_place_leaves_is_the_same_where_another_agent_moved_its_branch() {
    let lab = lab();
    lab.write("train.py", "1.5\n");
    lab.write("README.md", "mine\n");
    let slow = Slow::start(&lab, ".", "slow", "1.5", &["--config", "run.editable=train.py"]);
    let told = lab.gx_in("../a-1", "0.9", &[]).exits(0).json();
    assert!(told["tree"]["notes"][0].as_str().unwrap().contains("a run has it"), "{told:#}");
    let told = slow.ends(&lab, 10);
    assert_eq!(told["tree"]["restored"], json!(["train.py"]), "{told:#}");
    assert_eq!(lab.read("train.py"), "0.9\n");
    assert_eq!((lab.read("README.md"), lab.status()), ("mine\n".into(), " M README.md\n".into()));
    lab.fsck();
}

#[test]
fn an_interrupted_run_leaves_its_edit_and_nothing_of_another_agents_keep_becomes_part_of_it() {
    for flags in [&[][..], &["--leave"]] {
        let lab = lab();
        lab.write("model.py", "large\n");
        let slow = Slow::start(&lab, ".", "slow", "0.5", flags);
        lab.gx_in("../a-1", "0.9", &[]).exits(0);
        lab.gx(&["stop", "exp-2"]);
        slow.ends(&lab, 130);
        assert_eq!(lab.read("model.py"), "large\n");
        let told = Slow::start(&lab, ".", "again", "0.8", &[]).ends(&lab, 0);
        let id = told["id"].as_str().unwrap();
        assert_eq!(lab.record(id)["changed"], json!(["model.py"]), "{flags:?}");
        assert_eq!(lab.git(&["show", "HEAD:train.py"]), "0.9\n", "{flags:?}");
        assert_eq!(lab.git(&["show", "HEAD:model.py"]), "large\n", "{flags:?}");
    }
}

#[test]
fn a_commit_of_a_person_on_the_branch_is_never_passed_over() {
    let lab = lab();
    lab.write("../a-1/train.py", "0.9\n");
    let slow = Slow::start(&lab, "../a-1", "slow", "0.9", &[]);
    lab.write("README.md", "by hand\n");
    lab.commit("by hand");
    let (tip, base) = (lab.tip(), lab.git_in("../a-1", &["rev-parse", "HEAD"]));
    let told = slow.ends(&lab, 0);
    assert_eq!((lab.tip(), lab.git_in("../a-1", &["rev-parse", "HEAD"])), (tip.clone(), base));
    assert_eq!(lab.read("../a-1/train.py"), "0.9\n");
    let advice = told["tree"]["advice"].as_str().unwrap().to_owned();
    assert!(told["tree"]["refused"].as_str().unwrap().contains("moved"), "{told:#}");
    does(&lab, "../a-1", &advice);
    assert_eq!(lab.git(&["show", "autoresearch/t:README.md"]), "by hand\n");
    assert_eq!(lab.git(&["show", "autoresearch/t:train.py"]), "0.9\n");
}

/// Types what was advised in a tree; it must work.
#[track_caller]
pub(super) fn does(lab: &Lab, place: &str, advice: &str) {
    let gx = env!("CARGO_BIN_EXE_gx");
    let script = format!("gx() {{ '{gx}' \"$@\"; }}; {advice}");
    let told = lab.command("sh").current_dir(lab.path(place)).args(["-c", &script]).output().unwrap();
    assert!(told.status.success(), "{advice}: {told:?}");
}
