//! `gx logs -f`, what lists say of open runs, and logs of any size and content.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use serde_json::json;

use super::{PATIENT, aside, begin, ended_once, ends, kill, lab, start, trains, wait_for};
use crate::support::wait_until;

#[test]
fn any_number_of_readers_follow_a_run_from_its_queue_to_its_end() {
    let lab = lab();
    let first = begin(&lab, &["--gpus", "1"], PATIENT);
    trains(&lab, &first);
    let id = begin(&lab, &["--gpus", "1"], "printf '10%%\\r20%%\\r'; printf -- '---\\nval_bpb: 1.5\\n'");
    let readers: Vec<_> = (0..3).map(|_| start(&lab, &["logs", "-f", &id])).collect();
    let mut of_first = start(&lab, &["logs", "-f", "--tail", "1", &first]);
    let (mut followed, mut told) = (BufReader::new(of_first.stdout.take().unwrap()), String::new());
    followed.read_line(&mut told).unwrap();
    lab.write("../go", "");
    for reader in readers {
        assert_eq!(ends(reader).exits(0).stdout, "10%\r20%\r---\nval_bpb: 1.5\n");
    }
    followed.read_to_string(&mut told).unwrap();
    ends(of_first).exits(0);
    assert_eq!(told, "ready\n---\nval_bpb: 1.0\n");
    assert_eq!(lab.gx(&["logs", "-f", "--tail", "1", &id]).exits(0).stdout, "val_bpb: 1.5\n");
    assert_eq!(lab.gx(&["logs", "-f", &id, "--json"]).exits(0).json()["id"], json!(id));
    lab.gx(&["logs", "-f", "exp-99"]).exits(5);
}

#[test]
fn a_reader_starts_what_nobody_looks_after_and_sees_it_to_its_end() {
    let lab = lab();
    let first = begin(&lab, &["--gpus", "1"], PATIENT);
    trains(&lab, &first);
    let id = begin(&lab, &["--gpus", "1"], "echo here; exit 3");
    wait_until(|| aside(&lab, &id, "queue").exists());
    kill(&lab, &id, "shim");
    let reader = start(&lab, &["logs", "-f", &id]);
    wait_for(&lab, &id, "shim");
    lab.write("../go", "");
    assert_eq!(ends(reader).exits(0).stdout, "here\n");
}

#[test]
fn a_follower_ends_when_its_own_reader_has_gone() {
    let lab = lab();
    let id = begin(&lab, &[], PATIENT);
    trains(&lab, &id);
    let mut gx = lab.gx_command();
    let mut follower = gx.args(["logs", "-f", &id]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    drop(lines);
    wait_until(|| follower.try_wait().unwrap().is_some());
    assert_eq!(super::status(&lab, &id), "running");
    lab.write("../go", "");
    lab.gx(&["wait", &id]).exits(0);
}

#[test]
fn lists_say_what_open_runs_are_doing() {
    let lab = lab();
    let first = begin(&lab, &["--gpus", "1"], PATIENT);
    trains(&lab, &first);
    let id = begin(&lab, &["--gpus", "1"], "true");
    wait_until(|| aside(&lab, &id, "queue").exists());
    let told = lab.gx(&["ls", "--status", "queued,running", "--json"]).exits(0).json();
    let now = |place: usize| told["experiments"][place]["now"].clone();
    assert_eq!((&now(0)["gpus"], &now(0)["line"]), (&json!([0]), &json!("ready")));
    assert_eq!((&now(1)["position"], &now(1)["waiters"]), (&json!(1), &json!(1)));
    assert!(now(0)["age"].is_number() && now(1)["age"].is_number());
    let page = lab.gx(&["ls"]).exits(0).stdout;
    assert!(page.contains("GPU 0") && page.contains("1 of 1") && page.contains("ready"), "{page}");
    assert!(lab.gx(&["show", &id]).exits(0).stdout.contains("1 of 1"));
    kill(&lab, &id, "shim");
    let told = lab.gx(&["show", &id, "--json"]).exits(0).json();
    assert_eq!(told["now"]["is_looked_after"], json!(false));
    lab.write("../go", "");
    lab.gx(&["wait", "--all"]);
    let told = lab.gx(&["ls", "--json"]).exits(0).json();
    assert!(told["experiments"].as_array().unwrap().iter().all(|row| row.get("now").is_none()));
    assert!(!lab.gx(&["ls"]).exits(0).stdout.contains("last line"));
}

#[test]
fn a_log_of_50_mb_of_any_bytes_takes_no_memory_and_its_head_and_tail_are_kept() {
    let lab = lab();
    let script = r#"echo the head; head -c 50000000 /dev/urandom; printf '\n---\nval_bpb: 0.5\n'; echo full > "$LAB/../full"
        while [ -e train.py ] && [ ! -e "$LAB/../go" ]; do sleep 0.02; done"#;
    let id = begin(&lab, &[], script);
    wait_until(|| lab.path("../full").exists());
    let shim = wait_for(&lab, &id, "shim");
    let memory = || {
        let status = fs::read_to_string(format!("/proc/{}/status", shim.pid)).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak.and_then(|peak| peak.trim().parse::<u64>().ok())
    };
    let peak = memory().unwrap();
    assert!(peak < 40 << 10, "the supervisor took {peak} kB");
    lab.write("../go", "");
    lab.gx(&["wait", &id]).exits(0);
    let snapshot = lab.rev("refs/experiments/exp-1");
    let note = lab
        .command("git")
        .args(["notes", "--ref=experiment-logs", "show", &snapshot])
        .output()
        .unwrap()
        .stdout;
    let text = String::from_utf8_lossy(&note);
    assert!(note.len() < 300 << 10, "{}", note.len());
    assert!(text.starts_with("the head\n") && text.trim_end().ends_with("val_bpb: 0.5"));
    assert!(text.contains("bytes left out here]"));
    ended_once(&lab, &id, "keep");
}
