//! `gx stop`: queued, running, escaped, orphaned, finished.

use serde_json::json;

use super::{PATIENT, aside, begin, ended_once, kill, lab, status, trains};
use crate::support::{Lab, wait_until};

/// Has a child that left group and session, and a daemon that was forked twice; writes who they are.
const ESCAPES: &str = r#"setsid sh -c 'echo $$ > "$LAB/../escapee"; while [ -e "$LAB/train.py" ]; do sleep 0.02; done' &
    (setsid sh -c 'trap "" TERM; echo $$ > "$LAB/../daemon"; while [ -e "$LAB/train.py" ]; do sleep 0.02; done' & )
    while [ ! -s "$LAB/../daemon" ] || [ ! -s "$LAB/../escapee" ]; do sleep 0.01; done
    echo ready; while [ -e "$LAB/train.py" ]; do sleep 0.02; done"#;

/// Ignores SIGTERM.
const DEAF: &str = "trap '' TERM; echo ready; while [ -e train.py ]; do sleep 0.02; done";

fn is_running(lab: &Lab, who: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", lab.read(format!("../{who}")).trim()));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn a_queued_run_is_taken_out_of_the_queue_with_and_without_a_supervisor() {
    let lab = lab();
    let first = begin(&lab, &["--gpus", "1"], PATIENT);
    trains(&lab, &first);
    for is_forsaken in [false, true] {
        let id = begin(&lab, &["--gpus", "1"], "touch \"$LAB/../began\"");
        wait_until(|| aside(&lab, &id, "queue").exists());
        if is_forsaken {
            kill(&lab, &id, "shim");
        }
        lab.gx(&["stop", &id]).exits(0);
        assert_eq!(lab.record(&id)["reason"], json!("stopped while it waited for its turn"));
    }
    lab.write("../go", "");
    lab.gx(&["wait", "--all"]).exits(0);
    assert!(!lab.path("../began").exists());
    ended_once(&lab, "exp-3", "interrupted");
}

#[test]
fn a_running_one_goes_with_all_that_it_has_started_wherever_that_went() {
    let lab = lab();
    let id = begin(&lab, &["--config", "run.grace=300ms"], ESCAPES);
    trains(&lab, &id);
    lab.gx(&["stop", &id]).exits(0);
    assert!(!is_running(&lab, "escapee") && !is_running(&lab, "daemon"));
    ended_once(&lab, &id, "interrupted");
    assert!(lab.gx(&["stop", &id]).exits(1).stderr.contains("has ended already"));
}

#[test]
fn of_several_one_that_has_ended_keeps_no_other_from_being_stopped() {
    let lab = lab();
    let ended = begin(&lab, &[], "exit 3");
    lab.gx(&["wait", &ended]).exits(12);
    let id = begin(&lab, &[], PATIENT);
    trains(&lab, &id);
    let told = lab.gx(&["stop", &ended, &id]).exits(1);
    assert!(told.stderr.contains("exp-1 has ended already"), "{told:?}");
    ended_once(&lab, &id, "interrupted");
}

#[test]
fn an_orphan_is_stopped_with_all_that_it_has_started() {
    let lab = lab();
    let id = begin(&lab, &[], ESCAPES);
    trains(&lab, &id);
    kill(&lab, &id, "shim");
    assert_eq!(status(&lab, &id), "running");
    lab.gx(&["stop", "--now", &id]).exits(0);
    assert!(!is_running(&lab, "escapee") && !is_running(&lab, "daemon"));
    ended_once(&lab, &id, "interrupted");
}

#[test]
fn who_ignores_sigterm_is_killed_after_the_grace_or_at_once() {
    let lab = lab();
    for (grace, flags) in [("200ms", &[][..]), ("1h", &["--now"])] {
        let id = begin(&lab, &["--config", &format!("run.grace={grace}")], DEAF);
        trains(&lab, &id);
        lab.gx(&[&["stop", &id], flags].concat()).exits(0);
        assert_eq!(lab.record(&id)["signal"], json!(9));
        ended_once(&lab, &id, "interrupted");
    }
}

#[test]
fn a_time_limit_is_for_the_whole_tree() {
    let lab = lab();
    let id = begin(&lab, &["--timeout", "1s", "--config", "run.grace=200ms"], ESCAPES);
    lab.gx(&["wait", &id]).exits(13);
    assert!(!is_running(&lab, "escapee") && !is_running(&lab, "daemon"));
    ended_once(&lab, &id, "timeout");
}

#[test]
fn a_program_that_may_not_be_started_is_refused_before_anything_is_recorded() {
    let lab = lab();
    lab.write("trainer", "#!/bin/sh\n");
    let told = lab.gx(&["run", "--detach", "--hypothesis", "x", "--", "./trainer"]);
    assert!(told.stderr.contains("cannot be executed") && told.code == Some(1), "{told:?}");
    assert_eq!(lab.states(), []);
}
