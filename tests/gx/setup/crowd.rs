//! `gx demo --gpus 4` while somebody kills what he finds.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::support::Lab;

/// Numbers that look random and are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

/// The processes of a lab's demo, told by their HOME: its gx and its trainers, all but the demo itself.
fn victims(lab: &Lab, demo: u32) -> Vec<(u32, String)> {
    let home = format!("HOME={}", lab.home());
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
        let is_ours = read("environ").split(|byte| *byte == 0).any(|word| word == home.as_bytes());
        let words: Vec<String> =
            String::from_utf8_lossy(&read("cmdline")).split('\0').map(str::to_owned).collect();
        let program = words.first().and_then(|word| Path::new(word).file_name()?.to_str().map(str::to_owned));
        let is_wanted = program.is_some_and(|name| name == "gx" || name == "python3");
        // A child of the demo that has not become another program yet may be its git.
        if is_ours && is_wanted && pid != demo && words.get(1).is_none_or(|word| word != "demo") {
            found.push((pid, words.join(" ")));
        }
    }
    found.sort();
    found
}

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    // It may have ended by itself meanwhile.
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
}

/// Plays the demo and, until all have ended, kills about one process for every four lines that it prints; says
/// what was killed.
fn play(lab: &Lab, seed: u64) -> (String, Vec<String>) {
    let mut command = lab.gx_command();
    command.args(["demo", "--gpus", "4", "crowd"]).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut demo = command.spawn().unwrap();
    let (mut dice, mut told, mut killed) = (Dice(seed), String::new(), Vec::new());
    for line in BufReader::new(demo.stdout.take().unwrap()).lines() {
        told += &(line.unwrap() + "\n");
        let is_over = told.contains("$ gx wait --all\n");
        let around = if is_over { Vec::new() } else { victims(lab, demo.id()) };
        if dice.below(4) == 0 && !around.is_empty() {
            let (pid, words) = &around[dice.below(around.len())];
            kill(*pid);
            killed.push(words.clone());
        }
    }
    assert!(demo.wait().unwrap().success(), "killed {killed:#?}\n{told}");
    (told, killed)
}

#[test]
fn the_demo_on_cards_records_each_idea_once_whatever_is_killed() {
    let lab = Lab::bare_folder().with_configured_cards();
    let (told, killed) = play(&lab, 0x5eed_0004);
    assert!(killed.len() >= 4, "hardly anything was killed: {killed:#?}\n{told}");
    let listed = lab.gx(&["-C", "crowd", "ls", "--json"]).exits(0).json();
    let rows = listed["experiments"].as_array().unwrap();
    let mut ideas = BTreeMap::<&str, usize>::new();
    for row in rows {
        *ideas.entry(row["hypothesis"].as_str().unwrap()).or_default() += 1;
    }
    assert_eq!(ideas.len(), 9, "killed {killed:#?}\n{told}");
    assert!(ideas.values().all(|count| *count == 1), "{ideas:#?}\nkilled {killed:#?}\n{told}");
    for row in rows {
        has_its_result(&lab, row);
    }
    lab.git(&["-C", "crowd", "fsck", "--strict", "--no-dangling"]);
    assert_eq!(lab.git(&["-C", "crowd", "status", "--porcelain"]), "");
    assert_eq!(victims(&lab, 0), [], "something is left behind");
}

/// An experiment is over, and a result that its trainer printed is the one that is recorded.
#[track_caller]
fn has_its_result(lab: &Lab, row: &Value) {
    let (id, status) = (row["id"].as_str().unwrap(), row["status"].as_str().unwrap());
    assert!(!["queued", "running"].contains(&status), "{row:#}");
    let log = fs::read_to_string(lab.path(format!("crowd/.git/gx/runs/{id}/log"))).unwrap_or_default();
    let printed = log.lines().find_map(|line| line.strip_prefix("val_bpb:")?.trim().parse::<f64>().ok());
    if let Some(value) = printed {
        let is_scored = ["keep", "near-miss", "discard"].contains(&status);
        // A trainer that was killed after its last word has no verdict; its number stays all the same.
        assert_eq!(row["value"].as_f64(), Some(value), "{row:#}");
        assert!(is_scored || status == "crash", "{row:#}");
    }
}
