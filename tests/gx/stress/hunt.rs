//! Kills at random, by number and only what belongs to one test.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// Random numbers from a seed (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to `end` - 1.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ bits >> 31) % end as u64).unwrap()
    }
}

/// What a process is to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Client,
    /// It waits for its cards, or is about to.
    Waiter,
    /// It looks after a trainer.
    Supervisor,
    Trainer,
    /// A program that one of them has started, such as git: never killed by itself.
    Other,
}

/// Somebody who has to do with the test.
#[derive(Clone, Copy, Debug)]
pub struct Prey {
    pid: i32,
    pub role: Role,
}

/// Kills at random.
pub struct Hunter {
    locks: PathBuf,
    chance: Chance,
    kills: usize,
    next: Instant,
    /// How many of each were killed.
    pub killed: BTreeMap<Role, usize>,
}

impl Hunter {
    /// It kills so many at the most of those who use this folder of locks.
    pub fn new(locks: PathBuf, seed: u64, kills: usize) -> Self {
        Self { locks, chance: Chance::new(!seed), kills, next: Instant::now(), killed: BTreeMap::new() }
    }

    /// Kills somebody, when it is time and fewer than `due` were killed so far.
    pub fn hunt(&mut self, due: usize) {
        if Instant::now() < self.next || self.killed.values().sum::<usize>() >= due.min(self.kills) {
            return;
        }
        self.next = Instant::now() + Duration::from_millis(self.chance.below(40) as u64);
        let roles = [Role::Client, Role::Waiter, Role::Supervisor, Role::Trainer];
        let role = roles[self.chance.below(roles.len())];
        let prey: Vec<Prey> = self.prey().into_iter().filter(|prey| prey.role == role).collect();
        if prey.is_empty() {
            return;
        }
        let one = prey[self.chance.below(prey.len())];
        if self.kill(one) {
            *self.killed.entry(role).or_default() += 1;
        }
    }

    /// Lets others run before the next look.
    pub fn breathe(&self, is_busy: bool) {
        std::thread::sleep(Duration::from_millis(if is_busy { 1 } else { 5 }));
    }

    /// The number may have gone to somebody else meanwhile: the descriptor is of one process for ever.
    fn kill(&self, prey: Prey) -> bool {
        let Some(pid) = Pid::from_raw(prey.pid) else { return false };
        let Ok(descriptor) = pidfd_open(pid, PidfdFlags::empty()) else { return false };
        self.role(prey.pid) == Some(prey.role) && pidfd_send_signal(&descriptor, Signal::KILL).is_ok()
    }

    /// All processes of the test.
    pub fn prey(&self) -> Vec<Prey> {
        let all = fs::read_dir("/proc").unwrap().flatten();
        let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        numbers.filter_map(|pid| Some(Prey { pid, role: self.role(pid)? })).collect()
    }

    /// What a process is in this test; nothing where it has nothing to do with it.
    fn role(&self, pid: i32) -> Option<Role> {
        let read = |name: &str| fs::read(format!("/proc/{pid}/{name}")).ok();
        let mine = format!("GX_GPU_LOCK_DIR={}", self.locks.display());
        if !read("environ")?.split(|byte| *byte == 0).any(|one| one == mine.as_bytes()) {
            return None;
        }
        let words = read("cmdline")?;
        if cmdline_of_parent(pid).is_some_and(|parents| parents == words) {
            // It is about to become a program that the other has started.
            return Some(Role::Other);
        }
        let words: Vec<&str> =
            words.split(|byte| *byte == 0).filter_map(|word| str::from_utf8(word).ok()).collect();
        Some(match &words[..] {
            [_, "run", ..] => Role::Client,
            [_, "shim", ..] if has_trainer(pid) => Role::Supervisor,
            [_, "shim", ..] => Role::Waiter,
            ["sh", script, ..] if script.ends_with("/trainer") => Role::Trainer,
            _ => Role::Other,
        })
    }
}

fn cmdline_of_parent(pid: i32) -> Option<Vec<u8>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.to_owned();
    fs::read(format!("/proc/{parent}/cmdline")).ok()
}

fn has_trainer(pid: i32) -> bool {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    children
        .split_whitespace()
        .any(|child| fs::read(format!("/proc/{child}/comm")).is_ok_and(|name| name.trim_ascii() == b"sh"))
}
