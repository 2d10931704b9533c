//! `gx wait` and `gx attach`: from any process, with the exit codes of `gx run`.

use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::{PATIENT, aside, begin, ended_once, ends, kill, lab, start, status, trains, wait_for};
use crate::support::{TRAIN, wait_until};
use gx::clock::Timestamp;
use gx::git::repo::Repo;
use gx::model::record::Fields;
use gx::store::experiments::Store;

const CRASH: &str = "exit 3";

#[test]
fn the_code_of_a_wait_is_the_largest_or_that_of_the_first_or_24_when_time_is_over() {
    let lab = lab();
    let slow = begin(&lab, &[], PATIENT);
    let crash = begin(&lab, &[], CRASH);
    let any = lab.gx(&["wait", "--any", &slow, &crash, "--json"]).exits(12).json();
    assert_eq!((any["open"].as_u64(), &any["timed_out"]), (Some(1), &json!(false)));
    let late = lab.gx(&["wait", "--all", "--timeout", "200ms", "--json"]).exits(24).json();
    assert_eq!((&late["timed_out"], late["next"].as_str()), (&json!(true), Some("gx wait exp-1")));
    lab.write("../go", "");
    let all = lab.gx(&["wait", &slow, &crash, "--json"]).exits(12).json();
    assert_eq!(
        (all["experiments"][0]["exit"].as_u64(), all["experiments"][1]["exit"].as_u64()),
        (Some(0), Some(12))
    );
    lab.gx(&["wait", "--all"]).exits(0);
    lab.gx(&["wait", "exp-99"]).exits(5);
    lab.gx(&["attach", "exp-99"]).exits(5);
    ended_once(&lab, &slow, "keep");
}

#[test]
fn the_code_of_a_wait_is_that_of_a_crash_streak() {
    let lab = lab();
    for code in [12, 12, 20] {
        let id = begin(&lab, &[], CRASH);
        lab.gx(&["wait", &id]).exits(code);
    }
}

#[test]
fn whoever_attaches_gets_outcome_and_code_as_if_the_run_had_been_started_there() {
    let lab = lab();
    let id = begin(&lab, &[], PATIENT);
    trains(&lab, &id);
    let watcher = start(&lab, &["attach", &id, "--json"]);
    lab.write("../go", "");
    let told = ends(watcher).exits(0).json();
    assert_eq!((&told["status"], &told["value"]), (&json!("keep"), &json!(1.0)));
    assert_eq!(lab.gx(&["attach", &id, "--json"]).exits(0).json(), told);
}

#[test]
fn whoever_waits_for_a_queued_run_is_told_its_place() {
    let lab = lab();
    let first = begin(&lab, &["--gpus", "1"], PATIENT);
    trains(&lab, &first);
    let queued = begin(&lab, &["--gpus", "1"], PATIENT);
    wait_until(|| aside(&lab, &queued, "queue").exists());
    let told = lab.gx(&["wait", &queued, "--timeout", "500ms"]).exits(24);
    assert_eq!(told.stderr.matches("1 of 1 in the queue").count(), 1, "{told:?}");
    lab.write("../go", "");
    lab.gx(&["wait", "--all"]);
    // It trains while the first one is still being judged, and may be judged before it.
    let ends = if status(&lab, &queued) == "keep" { ["near-miss", "keep"] } else { ["keep", "near-miss"] };
    ended_once(&lab, &first, ends[0]);
    ended_once(&lab, &queued, ends[1]);
}

#[test]
fn whoever_attaches_sees_the_time_since_the_start_and_what_is_left() {
    let lab = lab();
    let id = begin(&lab, &["--timeout", "2h"], PATIENT);
    trains(&lab, &id);
    // It began an hour ago, as far as its record tells.
    let started: Timestamp = lab.record(&id)["started"].as_str().unwrap().parse().unwrap();
    let hour = Timestamp::from_micros(started.micros() - 3_600_000_000);
    let repo = Repo::discover(lab.dir().as_ref()).unwrap();
    let store = Store::new(&repo);
    let stored = store.resolve(&id).unwrap();
    store.append(stored.snapshot, Fields::from_iter([("started".to_owned(), json!(hour))])).unwrap();
    let told = lab.gx(&["wait", &id, "--timeout", "300ms"]).exits(24);
    assert!(told.stderr.starts_with("exp-1: 1 h 0") && told.stderr.contains(" left  ready"), "{told:?}");
    lab.write("../go", "");
    lab.gx(&["wait", &id]).exits(0);
}

#[test]
fn ctrl_c_in_an_attached_terminal_asks_once_and_kills_the_second_time() {
    let lab = lab();
    let stubborn = "trap 'echo asked' TERM; echo ready; while [ -e train.py ]; do sleep 0.02; done";
    let id = begin(&lab, &["--config", "run.grace=1h"], stubborn);
    trains(&lab, &id);
    let watcher = start(&lab, &["attach", &id, "--json"]);
    wait_until(|| handles_interrupts(watcher.id()));
    kill_process(Pid::from_child(&watcher), Signal::INT).unwrap();
    wait_until(|| lab.read(format!(".git/gx/runs/{id}/log")).contains("asked"));
    assert_eq!(status(&lab, &id), "running");
    kill_process(Pid::from_child(&watcher), Signal::INT).unwrap();
    ends(watcher).exits(130);
    ended_once(&lab, &id, "interrupted");
}

#[test]
fn ctrl_c_while_waiting_ends_the_waiting_and_not_the_run_even_where_that_was_just_taken_up() {
    let lab = lab();
    let id = begin(&lab, &["--gpus", "1"], PATIENT);
    trains(&lab, &id);
    let queued = begin(&lab, &["--gpus", "1"], PATIENT);
    wait_until(|| aside(&lab, &queued, "queue").exists());
    kill(&lab, &queued, "shim");
    let waiter = start(&lab, &["wait", &id, &queued]);
    wait_for(&lab, &queued, "shim");
    wait_until(|| handles_interrupts(waiter.id()));
    kill_process(Pid::from_child(&waiter), Signal::INT).unwrap();
    ends(waiter).exits(130);
    assert_eq!((status(&lab, &id), status(&lab, &queued)), ("running".into(), "queued".into()));
    lab.write("../go", "");
    lab.gx(&["wait", "--all"]);
    // The card goes on before the first is judged: either may be recorded first, and is the one that is kept.
    let mut ends = [status(&lab, &id), status(&lab, &queued)];
    ended_once(&lab, &queued, &ends[1]);
    ends.sort();
    assert_eq!(ends, ["keep", "near-miss"]);
}

#[test]
fn a_client_that_is_killed_or_whose_terminal_closes_leaves_its_run_alone() {
    for signal in [Signal::KILL, Signal::HUP] {
        let lab = lab();
        let mut client = start(&lab, &super::arguments(&[], PATIENT));
        wait_until(|| lab.path(".git/gx/runs/exp-1/log").exists());
        trains(&lab, "exp-1");
        kill_process(Pid::from_child(&client), signal).unwrap();
        assert_eq!(client.wait().unwrap().code(), None);
        assert_eq!(status(&lab, "exp-1"), "running");
        lab.write("../go", "");
        lab.gx(&["attach", "exp-1"]).exits(0);
        ended_once(&lab, "exp-1", "keep");
    }
}

#[test]
fn a_suspended_client_does_not_hold_up_its_supervisor() {
    let lab = lab();
    let line = "x".repeat(190);
    let chatty = format!("echo {line}; while [ ! -e \"$LAB/../go\" ]; do sleep 0.02; done");
    let client = start(&lab, &super::arguments(&["--timeout", "1s", "--isolated"], &chatty));
    wait_until(|| lab.path(".git/gx/runs/exp-1/log").exists());
    kill_process(Pid::from_child(&client), Signal::STOP).unwrap();
    let began = Instant::now();
    lab.gx(&["wait", "exp-1", "--timeout", "20s"]).exits(13);
    assert!(began.elapsed().as_secs() < 15);
    kill_process(Pid::from_child(&client), Signal::CONT).unwrap();
    ends(client).exits(13);
}

#[test]
fn a_run_whose_cards_are_gone_is_told_and_not_tried_for_ever() {
    let lab = lab();
    let first = begin(&lab, &["--gpus", "1"], PATIENT);
    trains(&lab, &first);
    let id = begin(&lab, &["--gpus", "1"], PATIENT);
    wait_until(|| aside(&lab, &id, "queue").exists());
    kill(&lab, &id, "shim");
    // The machine lost its card meanwhile; what was configured then is noted with the run.
    let uuid = lab.record(&id)["uuid"].as_str().unwrap().to_owned();
    let pending = format!(".git/gx/pending/{uuid}.json");
    let text = lab.read(&pending);
    assert!(text.contains("\"gpu.count\":1"), "{text}");
    lab.write(&pending, text.replace("\"gpu.count\":1", "\"gpu.count\":0"));
    for command in [&["wait", &id][..], &["logs", "-f", &id]] {
        let told = lab.gx(command).exits(4);
        assert!(told.stderr.contains("stays queued") && told.stderr.contains("gx stop exp-2"), "{told:?}");
    }
    assert_eq!(lab.gx(&["recover", "--json"]).exits(1).json()["experiments"][0]["done"], json!("failed"));
    lab.gx(&["stop", &id]).exits(0);
    lab.write("../go", "");
    lab.gx(&["wait", &first]).exits(0);
    ended_once(&lab, &id, "interrupted");
}

#[test]
fn more_cards_than_the_machine_has_are_refused_before_anything_is_recorded() {
    let lab = lab();
    let told = lab.gx(&[&["run", "--detach", "--gpus", "9", "--hypothesis", "x", "--"], TRAIN].concat());
    told.exits(4);
    assert_eq!(lab.states(), []);
}

/// Whether a process has a handler for SIGINT.
pub(super) fn handles_interrupts(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 2 != 0)
}

#[test]
fn to_wait_for_all_is_not_to_wait_for_what_an_agent_trains_itself_or_another_machine_runs() {
    let lab = lab();
    lab.gx(&["register", "--hypothesis", "mine"]).exits(0);
    assert_eq!(lab.gx(&["wait", "--all", "--json"]).exits(0).json()["experiments"], json!([]));
    let clone = lab.cloned();
    assert_eq!(clone.states(), [("exp-1".into(), "running".into())]);
    assert_eq!(clone.gx(&["wait", "--all", "--json"]).exits(0).json()["experiments"], json!([]));
    clone.gx(&["wait", "exp-1"]).exits(1);
}
