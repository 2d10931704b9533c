//! Who comes after a killed run: a living trainer is left alone, settlers do not get in each other's way.

use std::process::{Child, Stdio};

use super::{COMMITTED, DISCARD, KEEP, is_recorded_once, is_tidy, kill, lines, try_it};
use crate::support::{Lab, wait_until};

/// A trainer that says that it has begun, and ends once it may (or once its lab is gone).
const PATIENT: &str = "touch ../started; while [ -e train.py ] && [ ! -e ../go ]; do sleep 0.02; done
    printf -- '---\\nval_bpb: %s\\n' \"$(cat train.py)\"";

fn begin_a_patient_run(lab: &Lab) -> Child {
    let mut command = lab.gx_command();
    command.args(["run", "--hypothesis", "slow", "--", "sh", "-c", PATIENT]);
    let gx = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until(|| lab.path("../started").exists());
    gx
}

#[track_caller]
fn is_left_running_until_it_ends(lab: &Lab) {
    assert_eq!(lab.states()[1].1, "running");
    let refused = lab.run("another", &[]).exits(1);
    assert!(refused.stderr.contains("--wait"), "{refused:?}");
    assert_eq!(lab.states().len(), 2);
    lab.write("../go", "");
    wait_until(|| lab.states()[1].1 != "running");
    is_recorded_once(lab, "exp-2", "keep");
    // Its supervisor may still be busy with the tree.
    lab.run("the next one", &["--leave", "--wait"]).exits(11);
    is_tidy(lab, "a living trainer");
}

#[test]
fn a_trainer_that_outlives_gx_is_left_running_and_scored_when_it_has_ended() {
    let lab = KEEP.begin();
    let mut gx = begin_a_patient_run(&lab);
    gx.kill().unwrap();
    gx.wait().unwrap();
    is_left_running_until_it_ends(&lab);
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn a_trainer_is_left_running_though_gx_was_killed_before_it_noted_who_trains() {
    let lab = KEEP.begin();
    kill(&lab, "started", &["run", "--hypothesis", "slow", "--", "sh", "-c", PATIENT]);
    is_left_running_until_it_ends(&lab);
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn settlers_that_race_complete_a_run_once() {
    for story in [KEEP, DISCARD] {
        let lab = story.begin();
        kill(&lab, "trained", &try_it());
        let settler = || lab.gx_command().arg("ls").stdout(Stdio::null()).spawn().unwrap();
        let settlers: Vec<Child> = (0..6).map(|_| settler()).collect();
        for mut settler in settlers {
            assert!(settler.wait().unwrap().success());
        }
        is_recorded_once(&lab, "exp-2", story.verdict);
        assert_eq!(lines(&lab, "exp-2").len(), 2);
        lab.run("the next one", &["--leave"]);
        is_tidy(&lab, "a race");
    }
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn a_settler_that_is_killed_is_settled_after() {
    for point in ["judged", "journalled", "ended", "logged"] {
        let lab = KEEP.begin();
        kill(&lab, "trained", &try_it());
        kill(&lab, point, &["ls"]);
        assert_eq!(lab.states()[1].1, "keep", "{point}");
        is_recorded_once(&lab, "exp-2", "keep");
        assert_eq!(lines(&lab, "exp-2").len(), 2, "{point}");
        lab.run("the next one", &["--leave"]).exits(11);
        is_tidy(&lab, point);
    }
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn a_run_killed_while_it_does_the_pending_change_leaves_it_to_the_next() {
    for story in [KEEP, DISCARD, COMMITTED] {
        for point in ["moved", "restored"] {
            let lab = story.begin();
            let head = lab.rev("HEAD");
            kill(&lab, "ended", &try_it());
            kill(&lab, point, &try_it());
            assert_eq!(lab.states().len(), 2, "{point}");
            lab.run("the next one", &["--leave"]);
            story.stands_as_after(&lab, &head, Some(story.verdict), point);
            is_tidy(&lab, point);
        }
    }
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn an_edit_made_after_the_kill_is_the_next_idea_and_not_rolled_back() {
    let lab = DISCARD.begin();
    kill(&lab, "ended", &try_it());
    lab.write("train.py", "0.8\n");
    let told = lab.run("the next one", &[]).exits(0).json();
    assert_eq!((told["status"].as_str(), told["value"].as_f64()), (Some("keep"), Some(0.8)));
    assert_eq!(lab.read("train.py"), "0.8\n");
    is_tidy(&lab, "an edit");
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn a_command_in_another_work_tree_does_not_take_that_ones_results_for_those_of_the_killed_run() {
    let lab = Lab::new().with("GX_METRIC_SOURCE", "json").with("GX_METRIC_FILE", "metrics.json");
    kill(&lab, "training", &try_it());
    lab.git(&["worktree", "add", "-q", "--detach", "../other"]);
    lab.write("../other/metrics.json", "{\"val_bpb\": 0.5}");
    lab.gx(&["-C", "../other", "ls"]).exits(0);
    assert_eq!((lab.states()[0].1.as_str(), lab.record("exp-1").get("value")), ("interrupted", None));
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn what_is_done_to_the_tree_for_an_earlier_run_is_said() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.write("train.py", "1.5\n");
    let mut command = lab.gx_command();
    command
        .args(["run", "--hypothesis", "x", "--"])
        .args(crate::support::TRAIN)
        .env("GX_FAIL_AT", "logged,lost");
    assert_eq!(command.output().unwrap().status.code(), None);
    let next = lab.run("the next one", &[]);
    assert!(
        next.stderr.contains("note: exp-2 was left unfinished; it is `discard` now: put back train.py"),
        "{next:#?}"
    );
}
