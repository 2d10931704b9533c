//! Many processes in one repository: distinct numbers, no record lost, one run at a time in a work tree.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::support::{Lab, TRAIN, wait_until};

/// Trains until it may end (or its lab is gone), and says first that it has begun and last that it is over.
const PATIENT: &str = "touch ../started; while [ -e train.py ] && [ ! -e ../go ]; do sleep 0.02; done
    printf -- '---\nval_bpb: 0.95\n'; touch ../over";

fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn start_patient(lab: &Lab) -> Child {
    let mut gx = lab.gx_command();
    gx.args(["run", "--json", "--hypothesis", "slow", "--", "sh", "-c", PATIENT]);
    let child = start(&mut gx);
    wait_until(|| lab.path("../started").exists());
    child
}

#[track_caller]
fn ends(child: Child, code: i32) -> String {
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The remarks in a record, each as often as it is there.
fn remarks(lab: &Lab, id: &str) -> Vec<String> {
    let note = lab.git(&["notes", "--ref=experiments", "show", &format!("refs/experiments/{id}")]);
    let lines = note.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut found: Vec<_> = lines.filter_map(|line| Some(line.get("note")?.as_str()?.to_owned())).collect();
    found.sort();
    found
}

/// Whether a process has a file of this name open.
fn has_open(pid: u32, name: &str) -> bool {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    children.split_whitespace().any(|supervisor| {
        let Ok(open) = fs::read_dir(format!("/proc/{supervisor}/fd")) else { return false };
        open.flatten().any(|fd| fs::read_link(fd.path()).is_ok_and(|file| file.ends_with(name)))
    })
}

#[test]
fn sixteen_runs_at_once_in_linked_worktrees_get_sixteen_numbers_and_lose_nothing() {
    let lab = Lab::new();
    let places: Vec<_> = (10..26).map(|number| (number, lab.path(format!("../w{number}")))).collect();
    for (number, place) in &places {
        lab.git(&["worktree", "add", "-q", "--detach", place.to_str().unwrap()]);
        fs::write(place.join("train.py"), format!("0.{number}\n")).unwrap();
    }
    let run = |number: &i32, place: &Path| {
        let mut gx = lab.gx_command();
        gx.args(["run", "--json", "--tag", "t", "--hypothesis", &format!("try 0.{number}"), "--"]);
        start(gx.args(TRAIN).current_dir(place))
    };
    let runs: Vec<_> = places.iter().map(|(number, place)| run(number, place)).collect();
    let mut ids = BTreeSet::new();
    for ((number, place), child) in places.iter().zip(runs) {
        let output = child.wait_with_output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 10)), "{output:?}");
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let id = told["id"].as_str().unwrap().to_owned();
        let record = lab.record(&id);
        assert_eq!(record["hypothesis"], json!(format!("try 0.{number}")));
        assert_eq!(
            (&record["status"], &record["value"].to_string()),
            (&told["status"], &format!("0.{number}").parse::<f64>().unwrap().to_string())
        );
        let reference = format!("refs/experiments/{id}");
        assert_eq!(lab.git(&["show", &format!("{reference}:train.py")]), format!("0.{number}\n"));
        let log = lab.git(&["notes", "--ref=experiment-logs", "show", &reference]);
        assert!(log.contains(&format!("val_bpb: 0.{number}\n")), "{log}");
        let is_kept = told["status"] == "keep";
        let there = fs::read_to_string(place.join("train.py")).unwrap();
        // A tree whose edit was put back follows the tip of the tag, which others have moved.
        let tips: Vec<String> =
            (10..26).map(|number| format!("0.{number}\n")).chain(["1.0\n".to_owned()]).collect();
        assert!(tips.contains(&there) && (is_kept == (there == format!("0.{number}\n"))), "{there}: {told}");
        // A verdict is against everything that was recorded before it, whoever recorded it.
        assert_eq!(is_kept, told["delta"].as_f64().is_none_or(|delta| delta < 0.0), "{told}");
        ids.insert(id);
    }
    assert_eq!(ids, (1..=16).map(|number| format!("exp-{number}")).collect());
    let best = lab.gx(&["best", "--json"]).exits(0).stdout;
    assert!(best.contains("\"value\": 0.1,"), "{best}");
    lab.fsck();
}

#[test]
fn runs_and_remarks_beside_the_packing_of_refs_are_all_kept() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                // One that finds a ref locked has packed nothing; the next one does.
                lab.command("git").args(["pack-refs", "--all"]).stderr(Stdio::null()).status().unwrap();
            }
        });
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let lab = &lab;
                scope.spawn(move || {
                    for number in 0..6 {
                        lab.gx(&["note", "exp-1", &format!("{writer}/{number}")]).exits(0);
                    }
                })
            })
            .collect();
        let runs: Vec<_> = (2..8).map(|number| lab.try_value(&format!("0.{}", 99 - number))).collect();
        let written = writers.into_iter().all(|writer| writer.join().is_ok());
        is_over.store(true, Ordering::SeqCst);
        assert!(written && runs.iter().all(|told| told.code == Some(0)), "{runs:#?}");
    });
    let expected: Vec<_> =
        (0..4).flat_map(|writer| (0..6).map(move |number| format!("{writer}/{number}"))).collect();
    assert_eq!(remarks(&lab, "exp-1"), expected);
    let states = lab.states();
    assert_eq!(states.len(), 7);
    assert!(states.iter().all(|(_, status)| status == "keep"), "{states:?}");
    lab.fsck();
}

#[test]
fn remarks_on_one_experiment_from_many_processes_at_once_are_all_kept_once() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    let texts: Vec<String> = (10..26).map(|number| format!("remark {number}")).collect();
    let writers: Vec<_> =
        texts.iter().map(|text| start(lab.gx_command().args(["note", "exp-1", text]))).collect();
    for writer in writers {
        ends(writer, 0);
    }
    assert_eq!(remarks(&lab, "exp-1"), texts);
    lab.fsck();
}

#[test]
fn a_second_run_in_a_work_tree_is_refused_and_writes_nothing() {
    let lab = Lab::new();
    let first = start_patient(&lab);
    let refs = lab.git(&["for-each-ref"]);
    let second = lab.run("another", &[]).exits(1);
    assert!(second.stderr.contains("exp-1 is running in this work tree"), "{second:?}");
    assert!(second.stderr.contains("`--wait`"), "{second:?}");
    assert_eq!(lab.git(&["for-each-ref"]), refs);
    lab.write("../go", "");
    ends(first, 0);
    lab.run("another", &[]).exits(10);
    lab.fsck();
}

#[test]
fn a_run_that_waits_starts_when_the_first_is_over() {
    let lab = Lab::new();
    let first = start_patient(&lab);
    let mut second = lab.gx_command();
    second.args(["run", "--json", "--wait", "--hypothesis", "after", "--"]);
    let second = start(second.args(["sh", "-c", "[ -e ../over ] && printf -- '---\nval_bpb: 0.9\n'"]));
    wait_until(|| has_open(second.id(), "gx-run.lock"));
    assert_eq!(lab.states(), [("exp-1".to_owned(), "running".to_owned())]);
    lab.write("../go", "");
    ends(first, 0);
    assert!(ends(second, 0).contains("\"exp-2\""));
    lab.fsck();
}

#[test]
fn a_run_in_another_work_tree_is_not_refused() {
    let lab = Lab::new();
    let first = start_patient(&lab);
    lab.git(&["worktree", "add", "-q", "--detach", "../other"]);
    let mut second = lab.gx_command();
    second.args(["run", "--tag", "t", "--hypothesis", "beside", "--"]).args(TRAIN);
    ends(start(second.current_dir(lab.path("../other"))), 0);
    assert_eq!(lab.states().len(), 2);
    lab.write("../go", "");
    ends(first, 0);
    lab.fsck();
}

#[test]
fn many_processes_recording_while_git_collects_garbage_lose_nothing_and_record_nothing_twice() {
    const PROCESSES: usize = 8;
    const EACH: usize = 6;
    let lab = Lab::new();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                // One that meets another's lock does nothing; the next one does. Nothing young is pruned, as by default.
                lab.command("git").args(["gc", "-q"]).stderr(Stdio::null()).status().unwrap();
            }
        });
        let writers: Vec<_> = (0..PROCESSES)
            .map(|writer| {
                let lab = &lab;
                scope.spawn(move || {
                    for number in 0..EACH {
                        let idea = format!("{writer}/{number}");
                        lab.gx(&["register", "--hypothesis", &idea, "--tag", "t"]).exits(0);
                    }
                })
            })
            .collect();
        let written = writers.into_iter().all(|writer| writer.join().is_ok());
        is_over.store(true, Ordering::SeqCst);
        assert!(written);
    });
    let list = lab.gx(&["ls", "--limit", "0", "--json"]).exits(0).json();
    let rows = list["experiments"].as_array().unwrap();
    let mut ideas: Vec<_> = rows.iter().map(|row| row["hypothesis"].as_str().unwrap().to_owned()).collect();
    ideas.sort();
    let mut expected: Vec<_> =
        (0..PROCESSES).flat_map(|writer| (0..EACH).map(move |number| format!("{writer}/{number}"))).collect();
    expected.sort();
    assert_eq!(ideas, expected);
    for number in 1..=PROCESSES * EACH {
        let id = format!("exp-{number}");
        let note = lab.git(&["notes", "--ref=experiments", "show", &format!("refs/experiments/{id}")]);
        assert_eq!(note.lines().filter(|line| line.contains("\"v\":1")).count(), 1, "{id}");
    }
    lab.fsck();
}
