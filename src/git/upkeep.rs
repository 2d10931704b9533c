//! How much has gathered that Git would rather have packed, and having it packed by the `git` program.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::clock::Timestamp;
use crate::git::engine::place::unled;
use crate::git::repo::Repo;
use crate::process::command::Program;

/// Where the refs that gx makes lie.
const OWN: [&str; 3] = ["refs/experiments", "refs/gx", "refs/artifacts"];

/// The fan-out folders that stand for all 256: `git gc` looks into one, which is rough where there are few objects.
const SAMPLE: [&str; 4] = ["17", "4b", "a0", "e3"];

/// An object younger than this, in seconds, is left to whoever has written it: Git's own two weeks, but for the minutes
/// that it takes to ask.
const YOUNG: i64 = 14 * 24 * 3600 - 3600;

/// What `git maintenance` is to do with many loose objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maintenance {
    /// Nothing: the user has said so (`gc.auto = 0` or `maintenance.auto = false`).
    Never,
    /// Pack them from this many on.
    From(usize),
}

impl Repo {
    /// How many of gx's refs are files of their own.
    pub fn loose_refs(&self) -> usize {
        OWN.iter().map(|folder| files_below(&self.common_dir().join(folder))).sum()
    }

    /// About how many objects are files of their own.
    pub fn loose_objects(&self) -> usize {
        let objects = self.common_dir().join("objects");
        let count = |folder: &str| {
            let files = fs::read_dir(objects.join(folder)).into_iter().flatten().flatten();
            files.filter(|file| file.file_name().as_encoded_bytes().iter().all(u8::is_ascii_hexdigit)).count()
        };
        SAMPLE.iter().map(|folder| count(folder)).sum::<usize>() * (256 / SAMPLE.len())
    }

    /// What the user lets Git do by itself; `default` is gx's own threshold.
    pub fn maintenance(&self, default: usize) -> Maintenance {
        let is_off = |text: String| ["false", "no", "off", "0"].contains(&text.to_lowercase().as_str());
        if self.setting("maintenance.auto").is_some_and(is_off) {
            return Maintenance::Never;
        }
        match self.setting("gc.auto").map(|text| text.trim().parse::<i64>()) {
            Some(Ok(number)) if number <= 0 => Maintenance::Never,
            Some(Ok(number)) => Maintenance::From(usize::try_from(number).unwrap_or(usize::MAX)),
            _ => Maintenance::From(default),
        }
    }

    /// Packs all refs into one file. Beside processes that make or move refs nothing is lost.
    pub fn pack_refs(&self) -> Result<()> {
        self.place.remove_left_packed_lock()?;
        self.upkeep_git().args(["pack-refs", "--all"]).run().map(drop)
    }

    /// Has Git do what it would do by itself after a command of its own, such as packing many loose objects.
    pub fn maintain(&self, what: Maintenance) -> Result<()> {
        let Maintenance::From(objects) = what else { return Ok(()) };
        // In this process and not behind it: whoever waits for the lock of the upkeep waits for this too.
        let settings = [
            format!("gc.auto={objects}"),
            "gc.autoDetach=false".to_owned(),
            "maintenance.autoDetach=false".to_owned(),
            // A trainer beside it has a fixed time: one processor is enough for this.
            "pack.threads=1".to_owned(),
        ];
        let mut program = self.upkeep_git().args(settings.iter().flat_map(|setting| ["-c", setting]));
        if self.prunes_what_is_young()? {
            program = program.args(["-c", "gc.pruneExpire=2.weeks.ago"]);
        }
        program.args(["maintenance", "run", "--auto", "--quiet"]).run().map(drop)
    }

    /// Whether the user has set a time so short that objects would go which another gx has written and not named yet.
    fn prunes_what_is_young(&self) -> Result<bool> {
        let asked = self.upkeep_git().args(["config", "--type=expiry-date", "gc.pruneExpire"]).output()?;
        let limit: Option<i64> = String::from_utf8_lossy(&asked.stdout).trim().parse().ok();
        Ok(limit.is_some_and(|limit| Timestamp::now().seconds() - limit < YOUNG))
    }

    /// The program as the user would call it, hooks too: `pre-auto-gc` may forbid it, as on battery.
    fn upkeep_git(&self) -> Program {
        let program = Program::new("git")
            .args(["-c", "core.packedRefsTimeout=10000"])
            // By itself git syncs no packed refs, and removes the loose ones that were synced one by one.
            .args(["-c", "core.fsync=committed,loose-object,reference"])
            .env("GIT_DIR", self.common_dir())
            .env("GIT_TERMINAL_PROMPT", "0")
            .env_remove("GIT_WORK_TREE")
            .dir(self.common_dir());
        unled(program)
    }
}

/// How many files a folder has, those in its folders too.
fn files_below(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => files_below(&entry.path()),
            _ => 1,
        })
        .sum()
}
