//! Many processes that record at once while Git collects its garbage: nothing is lost, nothing is there twice.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use serde_json::Value;

use crate::feed::Feed;
use crate::support::Lab;

/// How a process records its experiments.
#[derive(Clone, Copy)]
enum By {
    /// By two calls of gx for each.
    Calls,
    /// By the lines of one `gx feed`.
    Feed,
}

impl By {
    /// Records one after the other; the id and the value of each.
    fn record(self, lab: &Lab, values: Vec<String>) -> Vec<(String, String)> {
        let mut feed = matches!(self, Self::Feed).then(|| Feed::start(lab));
        let one = |value: String| {
            let id = match &mut feed {
                Some(feed) => feed.record(&value),
                None => call(lab, &value),
            };
            (id, value)
        };
        let told = values.into_iter().map(one).collect();
        assert!(feed.is_none_or(|feed| feed.end() == 0));
        told
    }
}

fn call(lab: &Lab, value: &str) -> String {
    let made = lab.gx(&["register", "--json", "--hypothesis", &format!("try {value}")]).exits(0);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    lab.gx(&["complete", &id, "--metric", &format!("val_bpb={value}")]).exits(10);
    id
}

/// Registers and completes experiments from so many processes at once, each so many, and checks every record.
fn record(by: By, processes: usize, each: usize) {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    let is_over = AtomicBool::new(false);
    let began = Instant::now();
    let told: Vec<(String, String)> = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                // One that finds a ref locked has packed nothing; the next one does.
                lab.command("git").args(["gc", "-q"]).stderr(Stdio::null()).status().unwrap();
            }
        });
        let recorder = |process: usize| {
            let lab = &lab;
            let values = (0..each).map(|number| format!("2.{process:02}{number:02}1")).collect();
            move || by.record(lab, values)
        };
        let recorders: Vec<_> = (0..processes).map(|process| scope.spawn(recorder(process))).collect();
        let told = recorders.into_iter().map(thread::ScopedJoinHandle::join);
        let told: Vec<_> = told.collect();
        is_over.store(true, Ordering::SeqCst);
        told.into_iter().flat_map(Result::unwrap).collect()
    });
    let count = processes * each;
    let rate = count as f64 / began.elapsed().as_secs_f64();
    eprintln!("{processes} processes recorded {each} each: {rate:.1} experiments a second");
    let ids: BTreeSet<&String> = told.iter().map(|(id, _)| id).collect();
    let expected: Vec<String> = (2..count + 2).map(|number| format!("exp-{number}")).collect();
    assert_eq!(ids, expected.iter().collect(), "a number is missing or was given out twice");
    let listed = lab.gx(&["ls", "--limit", "0", "--json"]).exits(0).json();
    let mut listed: Vec<(String, String)> =
        listed["experiments"].as_array().unwrap().iter().map(entry).collect();
    listed.retain(|(id, _)| id != "exp-1");
    let mut told = told;
    listed.sort();
    told.sort();
    assert_eq!(listed, told);
    assert_eq!(lab.git(&["for-each-ref", "refs/experiments/"]).lines().count(), count + 1);
    lab.fsck();
}

fn entry(listed: &Value) -> (String, String) {
    (listed["id"].as_str().unwrap().to_owned(), listed["value"].to_string())
}

#[test]
fn eight_processes_that_record_six_each_beside_git_gc_lose_nothing() {
    record(By::Calls, 8, 6);
}

#[test]
fn eight_feeds_of_twelve_each_beside_git_gc_lose_nothing() {
    record(By::Feed, 8, 12);
}

#[test]
#[ignore = "takes minutes: cargo test --release --test gx crowd -- --ignored --nocapture"]
fn thirty_two_processes_that_record_fifty_each_beside_git_gc_lose_nothing() {
    record(By::Calls, 32, 50);
    record(By::Feed, 32, 50);
}
