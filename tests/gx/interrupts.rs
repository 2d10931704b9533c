//! Ctrl-C, SIGTERM and the time limit: the trainer goes with its whole group, what it did is recorded.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gx::process::identity::group_is_alive;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::support::{Lab, wait_until};

/// A trainer with a child and a grandchild in its group, all of which outlast every test.
const FAMILY: &str = "echo $$ > ../group
    sh -c 'sleep 600 & sleep 600' &
    sleep 600 & touch ../started; wait";

/// As many, and none of them hears SIGTERM; they end by themselves only when their lab is gone.
const DEAF: &str = "trap '' TERM; echo $$ > ../group
    sh -c 'while [ -e train.py ]; do sleep 0.05; done' &
    touch ../started; while [ -e train.py ]; do sleep 0.05; done";

/// Says that it heard SIGTERM, and goes on all the same.
const STUBBORN: &str = "trap 'touch ../asked' TERM; echo $$ > ../group
    touch ../started; while [ -e train.py ]; do sleep 0.05; done";

fn start(lab: &Lab, flags: &[&str], script: &str) -> Child {
    let mut gx = lab.gx_command();
    gx.args(["run", "--json", "--hypothesis", "slow"]).args(flags).args(["--", "sh", "-c", script]);
    gx.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(gx: &Child, signal: Signal) {
    kill_process(Pid::from_child(gx), signal).unwrap();
}

/// Waits for gx; 30 s at most, since a stuck gx must not hold the tests up.
#[track_caller]
fn ends(mut gx: Child, code: i32) -> String {
    wait_until(|| gx.try_wait().unwrap().is_some());
    let output = gx.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn group_is_gone(lab: &Lab) {
    let group: u32 = lab.read("../group").trim().parse().unwrap();
    assert!(!group_is_alive(group), "group {group} lives");
}

/// A lab with a baseline and an uncommitted idea.
fn lab_with_idea() -> Lab {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.write("train.py", "0.9\n");
    lab
}

#[track_caller]
fn is_interrupted_and_untouched(lab: &Lab, head: &str) {
    let record = lab.record("exp-2");
    assert_eq!((&record["status"], &record["value"]), (&json!("interrupted"), &json!(null)));
    assert_eq!((lab.rev("HEAD").as_str(), lab.read("train.py").as_str()), (head, "0.9\n"));
    assert_eq!(lab.status(), " M train.py\n");
    assert!(!lab.path(".git/gx/pending").read_dir().unwrap().any(|_| true));
    lab.fsck();
}

#[test]
fn an_interrupt_or_sigterm_ends_the_whole_group_of_the_trainer_and_touches_nothing_else() {
    for asked in [Signal::INT, Signal::TERM] {
        let lab = lab_with_idea();
        let head = lab.rev("HEAD");
        let gx = start(&lab, &[], FAMILY);
        wait_until(|| lab.path("../started").exists());
        signal(&gx, asked);
        assert!(ends(gx, 130).contains("\"interrupted\""));
        group_is_gone(&lab);
        is_interrupted_and_untouched(&lab, &head);
        assert_eq!(lab.record("exp-2")["signal"], json!(15));
        lab.try_value("0.9").exits(0);
    }
}

#[test]
fn a_second_interrupt_kills_a_trainer_that_ignores_the_first_without_waiting_for_the_grace() {
    let lab = lab_with_idea();
    let head = lab.rev("HEAD");
    let gx = start(&lab, &["--config", "run.grace=1h"], STUBBORN);
    wait_until(|| lab.path("../started").exists());
    signal(&gx, Signal::INT);
    wait_until(|| lab.path("../asked").exists());
    signal(&gx, Signal::INT);
    ends(gx, 130);
    group_is_gone(&lab);
    is_interrupted_and_untouched(&lab, &head);
    assert_eq!(lab.record("exp-2")["signal"], json!(9));
}

#[test]
fn an_interrupted_trainer_that_ignores_it_is_killed_after_the_grace() {
    let lab = lab_with_idea();
    let head = lab.rev("HEAD");
    let gx = start(&lab, &["--config", "run.grace=200ms"], DEAF);
    wait_until(|| lab.path("../started").exists());
    signal(&gx, Signal::TERM);
    ends(gx, 130);
    group_is_gone(&lab);
    is_interrupted_and_untouched(&lab, &head);
}

#[test]
fn a_time_limit_kills_a_group_that_ignores_sigterm_and_the_edit_is_put_back() {
    let lab = lab_with_idea();
    let head = lab.rev("HEAD");
    let began = Instant::now();
    let gx = start(&lab, &["--timeout", "300ms", "--config", "run.grace=200ms"], DEAF);
    ends(gx, 13);
    assert!(began.elapsed() >= Duration::from_millis(500));
    group_is_gone(&lab);
    let record = lab.record("exp-2");
    assert_eq!((&record["status"], &record["timeout_seconds"]), (&json!("timeout"), &json!(0.3)));
    assert_eq!((lab.rev("HEAD"), lab.read("train.py"), lab.status()), (head, "1.0\n".into(), String::new()));
    lab.fsck();
}

#[test]
fn a_result_printed_before_the_interrupt_is_no_verdict() {
    let lab = lab_with_idea();
    let head = lab.rev("HEAD");
    let gx = start(&lab, &[], &format!("printf -- '---\nval_bpb: 0.5\n'; {FAMILY}"));
    wait_until(|| lab.path("../started").exists());
    signal(&gx, Signal::INT);
    ends(gx, 130);
    is_interrupted_and_untouched(&lab, &head);
}

#[test]
fn an_interrupt_while_waiting_for_the_work_tree_ends_only_the_waiting() {
    let lab = lab_with_idea();
    let patient = "touch ../started; while [ -e train.py ] && [ ! -e ../go ]; do sleep 0.02; done
        printf -- '---\nval_bpb: 0.9\n'";
    let first = start(&lab, &[], patient);
    wait_until(|| lab.path("../started").exists());
    let second = start(&lab, &["--wait"], "true");
    wait_until(|| waits_with_a_handler(second.id()));
    signal(&second, Signal::INT);
    ends(second, 130);
    assert_eq!(lab.states().len(), 2);
    lab.write("../go", "");
    ends(first, 0);
    assert_eq!(lab.record("exp-2")["status"], json!("keep"));
}

/// Whether the supervisor that a process has started has the lock's file open, which it opens after it has begun to listen for signals.
fn waits_with_a_handler(pid: u32) -> bool {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    children.split_whitespace().any(|supervisor| {
        let told = Command::new("ls").args(["-l", &format!("/proc/{supervisor}/fd")]).output().unwrap();
        String::from_utf8_lossy(&told.stdout).contains("gx-run.lock")
    })
}
