//! Random sequences over three clones and one remote: whatever the order, all end up with the same records.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use super::{pull, push};
use crate::stress::hunt::Chance;
use crate::support::Lab;
use crate::support::clones::Remote;

const SITES: [&str; 3] = ["lab-a", "lab-b", "lab-c"];

/// Three clones and what happens to them.
struct Storm {
    remote: Remote,
    labs: Vec<Lab>,
    chance: Chance,
    seed: u64,
    /// Every remark that was made, with the uuid of its experiment.
    remarks: BTreeSet<(String, String)>,
    done: Vec<String>,
}

impl Storm {
    fn new(seed: u64) -> Self {
        let remote = Remote::new();
        let labs = SITES.iter().map(|site| remote.lab(site)).collect();
        Self { remote, labs, chance: Chance::new(seed), seed, remarks: BTreeSet::new(), done: Vec::new() }
    }

    /// One of the experiments that a clone shows.
    fn some(&mut self, who: usize) -> Option<String> {
        let known = self.labs[who].states();
        (!known.is_empty()).then(|| known[self.chance.below(known.len())].0.clone())
    }

    fn step(&mut self, number: usize) {
        let who = self.chance.below(3);
        let what = self.chance.below(13);
        self.done.push(format!("{} {what}", SITES[who]));
        match what {
            0 | 1 => drop(self.labs[who].try_value(&format!("0.{:03}", self.chance.below(1000)))),
            2 | 3 => self.remark(who, number),
            4 => self.on_some(who, &["keep", "", "--reason", "by hand"]),
            5 => self.on_some(who, &["discard", "", "--reason", "by hand"]),
            6 => self.on_some(who, &["rm", ""]),
            7 => drop(self.labs[who].gx(&["undo"])),
            8 => self.transfer(who, "push"),
            9 => self.transfer(who, "pull"),
            10 => self.rewind_here(who),
            11 => self.rewind_there(),
            _ => self.killed_transfer(who),
        }
        // A kept or discarded one may leave the tree as it likes.
        self.labs[who].git(&["checkout", "-q", "-f", "HEAD"]);
    }

    fn remark(&mut self, who: usize, number: usize) {
        let Some(id) = self.some(who) else { return };
        let text = format!("remark {number}");
        if self.labs[who].gx(&["note", &id, &text]).code == Some(0) {
            let uuid = self.labs[who].record(&id)["uuid"].as_str().unwrap().to_owned();
            self.remarks.insert((uuid, text));
        }
    }

    fn on_some(&mut self, who: usize, words: &[&str]) {
        let Some(id) = self.some(who) else { return };
        let words: Vec<&str> =
            words.iter().map(|word| if word.is_empty() { id.as_str() } else { word }).collect();
        self.labs[who].gx(&words);
    }

    fn transfer(&self, who: usize, what: &str) {
        let told = self.labs[who].gx(&[what]);
        assert_eq!(told.code, Some(0), "seed {}: {told:#?}\n{:#?}", self.seed, self.done);
    }

    fn rewind_here(&mut self, who: usize) {
        let lab = &self.labs[who];
        let name = "refs/notes/experiments";
        let told = lab.command("git").args(["rev-list", "--first-parent", name]).output().unwrap();
        let tips: Vec<String> = String::from_utf8(told.stdout).unwrap().lines().map(str::to_owned).collect();
        if !tips.is_empty() {
            lab.git(&["update-ref", name, &tips[self.chance.below(tips.len())]]);
        }
    }

    fn rewind_there(&mut self) {
        let (lab, url) = (&self.labs[0], self.remote.url());
        let name = "refs/notes/experiments";
        let told = lab.command("git").args(["-C", &url, "rev-list", name]).output().unwrap();
        let tips: Vec<String> = String::from_utf8(told.stdout).unwrap().lines().map(str::to_owned).collect();
        if !tips.is_empty() {
            self.remote.git(lab, &["update-ref", name, &tips[self.chance.below(tips.len())]]);
        }
    }

    fn killed_transfer(&mut self, who: usize) {
        let point = super::cut::POINTS[self.chance.below(super::cut::POINTS.len())];
        let what = ["push", "pull"][self.chance.below(2)];
        self.labs[who].gx_command().env("GX_FAIL_AT", point).arg(what).output().unwrap();
    }

    /// The lines of every experiment that a clone has, by uuid; what is in the trash too.
    fn records(&self, who: usize) -> BTreeMap<String, BTreeSet<String>> {
        let lab = &self.labs[who];
        let mut records = BTreeMap::new();
        for listed in lab.git(&["notes", "--ref=experiments", "list"]).lines() {
            let blob = listed.split(' ').next().unwrap();
            let note = lab.git(&["cat-file", "blob", blob]);
            let lines: BTreeSet<String> =
                note.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
            let uuid = lines.iter().find_map(|line| {
                let line: serde_json::Value = serde_json::from_str(line).ok()?;
                Some(line.get("uuid")?.as_str()?.to_owned())
            });
            records.insert(uuid.unwrap_or_else(|| panic!("seed {}: {note}", self.seed)), lines);
        }
        records
    }

    fn calm(&mut self) {
        for lab in &self.labs {
            // What was removed before anybody else saw it is nobody else's business.
            while lab.gx(&["undo"]).code == Some(0) {}
        }
        for _ in 0..3 {
            for lab in &self.labs {
                pull(lab);
                push(lab);
            }
        }
    }

    fn is_well(&self) {
        let first = self.records(0);
        for who in 1..3 {
            assert_eq!(self.records(who), first, "seed {}: {:#?}", self.seed, self.done);
        }
        for (uuid, text) in &self.remarks {
            let is_there = first[uuid].iter().any(|line| line.contains(&format!("\"note\":\"{text}\"")));
            assert!(is_there, "seed {}: `{text}` is lost\n{:#?}", self.seed, self.done);
        }
        self.labs.iter().for_each(Lab::fsck);
        for lab in &self.labs {
            let told = [pull(lab)["records"].clone(), push(lab)["records"].clone()];
            assert_eq!(told, [0, 0], "seed {}: there is no end", self.seed);
        }
    }
}

fn storm(steps: usize) {
    let given = std::env::var("GX_SHARING_SEED").ok().and_then(|seed| seed.parse().ok());
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64 % 1_000_000;
    let seed = given.unwrap_or_else(now);
    eprintln!("GX_SHARING_SEED={seed}");
    let mut storm = Storm::new(seed);
    for number in 0..steps {
        storm.step(number);
    }
    storm.calm();
    storm.is_well();
}

#[test]
fn three_clones_agree_after_any_sequence_of_deeds_and_mishaps() {
    storm(40);
}

#[test]
#[ignore = "takes minutes"]
fn three_clones_agree_after_long_sequences_of_deeds_and_mishaps() {
    for _ in 0..20 {
        storm(200);
    }
}
