//! The checks of the fuzz targets, on their seeds and on mutations of them that are the same every time.
//!
//! `fuzz/README.md` says how to look further, guided by coverage.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

#[path = "../fuzz/checks/condition.rs"]
mod condition;
#[path = "../fuzz/checks/hook.rs"]
mod hook;
#[path = "../fuzz/checks/policy.rs"]
mod policy;
#[path = "../fuzz/checks/record.rs"]
mod record;
#[path = "../fuzz/checks/tree.rs"]
mod tree;

/// How many mutations are tried of each target.
const TRIES: u64 = 20_000;

/// What mutations put in: where parsers have their corners.
const PIECES: [&[u8]; 14] = [
    b"\"",
    b"'",
    b"`",
    b"\\",
    b"(",
    b")",
    b"{\"at\":\"2026-03-08T00:00:00.000001Z\",",
    b"null",
    b"\n",
    b"1e999",
    b"-",
    b"\xff",
    b"\xf0\x9f\x8c\x8a",
    b" ago",
];

/// Numbers that look random and are the same on every machine (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 5, "the seeds of `{target}` are gone");
    files.into_iter().map(|file| fs::read(file).unwrap()).collect()
}

fn play(target: &str, check: fn(&[u8])) {
    let seeds = seeds(target);
    seeds.iter().for_each(|seed| check(seed));
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for _ in 0..TRIES {
        let mut bytes = seeds[dice.below(seeds.len())].clone();
        for _ in 0..=dice.below(4) {
            mutate(&mut bytes, &seeds, &mut dice);
        }
        check(&bytes);
    }
}

fn mutate(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], dice: &mut Dice) {
    let at = dice.below(bytes.len() + 1);
    let end = (at + dice.below(12)).min(bytes.len());
    match dice.below(5) {
        0 => drop(bytes.drain(at..end)),
        1 => drop(bytes.splice(at..at, PIECES[dice.below(PIECES.len())].iter().copied())),
        2 if at < bytes.len() => bytes[at] = dice.below(256) as u8,
        3 => {
            let other = &seeds[dice.below(seeds.len())];
            let from = dice.below(other.len());
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        _ => {
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
    }
}

#[test]
fn no_note_breaks_the_fold_of_records() {
    play("record", record::check);
}

#[test]
fn no_input_of_a_hook_breaks_its_reading() {
    play("hook", hook::check);
}

#[test]
fn no_policy_file_breaks_its_reading_or_loosens_when_it_is_pushed() {
    play("policy", policy::check);
}

#[test]
fn no_tree_breaks_the_walk() {
    play("tree", tree::check);
}

#[test]
fn no_text_breaks_the_conditions_of_where() {
    play("condition", condition::check);
}
