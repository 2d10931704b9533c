//! `gx run`: the outcomes, and where branch, index and files stand after each.

mod policy;
mod record;
mod sealed;
mod stragglers;
mod streak;

use serde_json::json;

use crate::support::script::BLOCK;
use crate::support::{Lab, Told};

/// Asserts the row of the table of outcomes that every result but a keep shares: the branch where it was,
/// files and index as in its commit, the code and its record in the experiment's own ref.
#[track_caller]
fn is_rolled_back(lab: &Lab, told: Told, code: i32, status: &str) {
    let told = told.exits(code).json();
    assert_eq!((&told["status"], &told["exit"]), (&json!(status), &json!(code)));
    assert_eq!(told["tree"]["restored"], json!(["train.py"]));
    assert_eq!(told["tree"]["refused"], json!(null));
    assert_eq!((lab.read("train.py").as_str(), lab.staged("train.py").as_deref()), ("1.0\n", Some("1.0\n")));
    assert_eq!(lab.status(), "");
    assert_eq!(lab.rev("HEAD"), lab.rev("autoresearch/t"));
    assert_eq!(lab.git(&["rev-list", "--count", "HEAD"]).trim(), "1");
    let id = told["id"].as_str().unwrap();
    assert_ne!(lab.git(&["show", &format!("refs/experiments/{id}:train.py")]), "1.0\n");
    assert_eq!(lab.record(id)["status"], json!(status));
    lab.fsck();
}

/// A lab whose baseline of 1.0 is kept.
fn with_baseline() -> Lab {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab
}

#[test]
fn the_first_valid_result_is_kept_and_a_better_one_moves_the_branch() {
    let lab = Lab::new();
    let start = lab.rev("HEAD");
    let told = lab.run("baseline", &[]).exits(0).json();
    assert_eq!(
        (&told["id"], &told["status"], &told["value"]),
        (&json!("exp-1"), &json!("keep"), &json!(1.0))
    );
    assert_eq!(lab.rev("HEAD"), start);
    let told = lab.try_value("0.9").exits(0).json();
    assert_eq!(told["delta"], json!(-0.09999999999999998));
    assert_eq!(lab.rev("HEAD^"), start);
    assert_eq!(lab.rev("HEAD"), lab.rev("refs/experiments/exp-2"));
    assert_eq!((lab.read("train.py").as_str(), lab.status().as_str()), ("0.9\n", ""));
    assert_eq!(lab.last_move("autoresearch/t"), "gx: keep exp-2");
    lab.fsck();
}

#[test]
fn the_first_result_is_kept_with_the_edit_that_made_it() {
    let lab = Lab::new();
    let told = lab.try_value("3.0").exits(0).json();
    assert_eq!(told["tree"]["committed"], json!(["train.py"]));
    assert_eq!((lab.git(&["show", "HEAD:train.py"]).as_str(), lab.status().as_str()), ("3.0\n", ""));
    assert_eq!(lab.record("exp-1")["kept_commit"], json!(lab.rev("HEAD")));
}

#[test]
fn a_discarded_run_leaves_the_working_tree_as_it_was_before_the_edit() {
    let lab = with_baseline();
    let told = lab.try_value("1.5");
    is_rolled_back(&lab, told, 10, "discard");
    assert_eq!(lab.git(&["show", "refs/experiments/exp-2:train.py"]), "1.5\n");
}

#[test]
fn a_near_miss_is_put_back_and_says_so() {
    let lab = with_baseline();
    let told = lab.try_value("1.001");
    is_rolled_back(&lab, told, 11, "near-miss");
}

#[test]
fn a_run_without_a_usable_metric_is_a_crash() {
    for value in ["nan", "NaN", "inf", "-inf", "much"] {
        let lab = with_baseline();
        let told = lab.try_value(value);
        is_rolled_back(&lab, told, 12, "crash");
    }
}

#[test]
fn a_run_that_prints_no_metric_is_a_crash() {
    let lab = with_baseline();
    lab.write("train.py", "0.5\n");
    let told = lab.run_script("echo training; echo val_bpb was good", &[]);
    is_rolled_back(&lab, told, 12, "crash");
    assert_eq!(lab.record("exp-2")["log_tail"], json!("training\nval_bpb was good"));
}

#[test]
fn a_command_that_fails_is_a_crash_whatever_it_printed() {
    let lab = with_baseline();
    lab.write("train.py", "0.5\n");
    let told = lab.run_script(&format!("{BLOCK}; exit 7"), &[]);
    is_rolled_back(&lab, told, 12, "crash");
    assert_eq!(lab.record("exp-2")["exit_code"], json!(7));
}

#[test]
fn a_command_killed_by_a_signal_is_a_crash_that_names_it() {
    let lab = with_baseline();
    lab.write("train.py", "0.5\n");
    let told = lab.run_script(&format!("{BLOCK}; kill -9 $$"), &[]);
    is_rolled_back(&lab, told, 12, "crash");
    assert_eq!(lab.record("exp-2")["signal"], json!(9));
}

#[test]
fn a_run_past_its_time_limit_is_killed_and_put_back() {
    let lab = with_baseline();
    lab.write("train.py", "0.5\n");
    let told = lab.run_script(&format!("{BLOCK}; exec sleep 600"), &["--timeout", "300ms"]);
    is_rolled_back(&lab, told, 13, "timeout");
}

#[test]
fn a_changed_protected_path_taints_the_result_and_is_named_and_left() {
    let lab = Lab::new().with("GX_RUN_PROTECTED", "prepare.py");
    lab.run("baseline", &[]).exits(0);
    lab.write("prepare.py", "cheat\n");
    let told = lab.try_value("0.1").exits(15).json();
    assert_eq!(told["status"], json!("tainted"));
    assert!(told["reason"].as_str().unwrap().contains("prepare.py"), "{told:#}");
    assert_eq!((lab.read("train.py").as_str(), lab.read("prepare.py").as_str()), ("1.0\n", "cheat\n"));
    assert_eq!(told["tree"]["restored"], json!(["train.py"]));
    assert_eq!(told["tree"]["left"][0]["path"], json!("prepare.py"), "{told:#}");
    assert_eq!(lab.status(), " M prepare.py\n");
    assert_eq!(lab.rev("HEAD"), lab.rev("refs/experiments/exp-1^"));
}

#[test]
fn a_tainted_result_is_no_best_and_the_next_one_is_judged_by_the_baseline() {
    let lab = Lab::new().with("GX_RUN_PROTECTED", "prepare.py");
    lab.run("baseline", &[]).exits(0);
    lab.write("prepare.py", "cheat\n");
    lab.try_value("0.1").exits(15);
    lab.git(&["checkout", "-q", "prepare.py"]);
    let told = lab.try_value("0.9").exits(0).json();
    assert_eq!(told["best_before"], json!("exp-1"));
}

#[test]
fn leave_moves_neither_branch_nor_files_whatever_the_outcome() {
    for (value, code) in [("0.9", 0), ("1.001", 11), ("1.5", 10), ("nan", 12)] {
        let lab = with_baseline();
        let head = lab.rev("HEAD");
        lab.write("train.py", format!("{value}\n"));
        lab.run("left", &["--leave"]).exits(code);
        assert_eq!((lab.rev("HEAD"), lab.read("train.py")), (head, format!("{value}\n")));
        assert_eq!(lab.status(), " M train.py\n");
        assert_eq!(lab.record("exp-2")["snapshot"], json!(lab.rev("refs/experiments/exp-2")));
    }
}
