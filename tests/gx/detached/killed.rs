//! A supervisor that is killed at any step: nothing is lost, nothing is there twice, who waits goes on by himself.

use serde_json::json;

use super::{PATIENT, arguments, aside, begin, ended_once, ends, kill, lab, start, status, trains};
use crate::support::{Lab, TRAIN, wait_until};

/// Points after the name is given, in the order in which a queued run passes them, and the end that must follow.
const POINTS: [(&str, &str); 11] = [
    ("claimed", "keep"),
    ("journalled", "keep"),
    ("recorded", "keep"),
    ("turn", "keep"),
    ("started", "keep"),
    ("training", "keep"),
    ("seen", "keep"),
    ("trained", "keep"),
    ("judged", "keep"),
    ("ended", "keep"),
    ("logged", "keep"),
];

/// Begins a run whose supervisor is killed at a point; the points are not for those who come after it.
fn begin_killed(lab: &Lab, point: &str) -> Option<i32> {
    let mut gx = lab.gx_command();
    gx.env("GX_FAIL_AT", format!("shim:{point}")).args([
        "run",
        "--json",
        "--detach",
        "--gpus",
        "1",
        "--hypothesis",
        "x",
        "--",
    ]);
    gx.args(TRAIN).output().unwrap().status.code()
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn whoever_waits_brings_a_run_to_its_end_wherever_its_supervisor_was_killed() {
    for (point, end) in POINTS {
        let lab = lab();
        begin_killed(&lab, point);
        wait_until(|| !lab.states().is_empty());
        wait_until(|| super::noted(&lab, "exp-1", "shim").is_none_or(|shim| !shim.is_alive()));
        let environment = aside(&lab, "exp-1", "environment");
        if let Ok(text) = std::fs::read_to_string(&environment) {
            // Else the next supervisor would die at the same point.
            let hidden = format!("{:?}", b"GX_FAIL_AT").replace(' ', "");
            let shown = format!("{:?}", b"GX_FAILED_").replace(' ', "");
            assert!(text.contains(&hidden), "{text}");
            std::fs::write(&environment, text.replace(&hidden, &shown)).unwrap();
        }
        lab.gx(&["wait", "exp-1"]).exits(0);
        // A wait settles records; the tip and its work tree are moved by those who may.
        lab.gx(&["recover"]).exits(0);
        ended_once(&lab, "exp-1", end);
        assert_eq!(lab.states().len(), 1, "{point}");
    }
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn a_foreground_client_gives_the_right_outcome_and_code_wherever_its_supervisor_is_killed() {
    for (point, code) in [
        ("looking", 1),
        ("snapshot", 1),
        ("announcing", 1),
        ("announced", 1),
        ("claimed", 1),
        ("journalled", 1),
        ("recorded", 1),
        ("starting", 130),
        ("started", 10),
        ("training", 10),
        ("seen", 10),
        ("trained", 10),
        ("judged", 10),
        ("ended", 10),
        ("logged", 10),
        ("changed", 10),
    ] {
        let lab = Lab::new();
        lab.run("baseline", &[]).exits(0);
        lab.write("train.py", "1.5\n");
        let mut gx = lab.gx_command();
        gx.env("GX_FAIL_AT", format!("shim:{point}"))
            .args(["run", "--json", "--hypothesis", "x", "--"])
            .args(TRAIN);
        let output = gx.output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{point}: {output:?}");
        if code == 10 {
            let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!((&told["status"], &told["value"]), (&json!("discard"), &json!(1.5)), "{point}");
            assert_eq!((lab.read("train.py"), lab.status()), ("1.0\n".into(), String::new()), "{point}");
            ended_once(&lab, "exp-2", "discard");
        }
    }
}

#[test]
fn a_foreground_client_whose_supervisor_is_killed_while_it_trains_waits_for_the_trainer() {
    let lab = lab();
    let client = start(&lab, &arguments(&[], PATIENT));
    wait_until(|| lab.path(".git/gx/runs/exp-1/log").exists());
    trains(&lab, "exp-1");
    kill(&lab, "exp-1", "shim");
    assert_eq!(status(&lab, "exp-1"), "running");
    lab.write("../go", "");
    assert_eq!(ends(client).exits(0).json()["status"], json!("keep"));
    ended_once(&lab, "exp-1", "keep");
}

#[test]
fn two_who_wait_for_a_queued_run_without_a_supervisor_start_it_once() {
    let lab = lab();
    let first = begin(&lab, &["--gpus", "1"], PATIENT);
    trains(&lab, &first);
    let id = begin(&lab, &["--gpus", "1"], "echo begun >> \"$LAB/../begun\"; exit 3");
    wait_until(|| aside(&lab, &id, "queue").exists());
    kill(&lab, &id, "shim");
    let waiters: Vec<_> = (0..4).map(|_| start(&lab, &["wait", &id])).collect();
    lab.write("../go", "");
    for waiter in waiters {
        ends(waiter).exits(12);
    }
    assert_eq!(lab.read("../begun"), "begun\n");
    ended_once(&lab, &id, "crash");
}
