//! How many objects there are and how much room they take, as the `git` program counts them.

use anyhow::{Context, Result, anyhow};
use serde::Serialize;

use crate::git::repo::Repo;
use crate::model::object::ObjectId;

/// The objects of a repository.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Objects {
    /// How many are files of their own.
    pub loose: u64,
    /// The bytes of these files.
    pub loose_bytes: u64,
    /// How many are in packs.
    pub packed: u64,
    /// How many packs there are.
    pub packs: u64,
    /// The bytes of the packs.
    pub packed_bytes: u64,
}

impl Repo {
    /// Counts the objects.
    pub fn count_objects(&self) -> Result<Objects> {
        let told = String::from_utf8(self.git().args(["count-objects", "-v"]).run()?)?;
        let number = |key: &str| {
            let line = told.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
            line.and_then(|number| number.parse::<u64>().ok()).unwrap_or_default()
        };
        Ok(Objects {
            loose: number("count"),
            loose_bytes: number("size") * 1024,
            packed: number("in-pack"),
            packs: number("packs"),
            packed_bytes: number("size-pack") * 1024,
        })
    }

    /// The sizes of objects in bytes, unpacked; 0 for one that is missing.
    pub fn sizes(&self, ids: &[ObjectId]) -> Result<Vec<u64>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let input: String = ids.iter().map(|id| format!("{id}\n")).collect();
        let program = self
            .git()
            .args(["cat-file", "--buffer", "--batch-check=%(objectsize)"])
            .input(input.into_bytes());
        let told = String::from_utf8(program.run().context("cannot ask for the sizes of objects")?)?;
        let sizes: Vec<u64> = told.lines().map(|line| line.parse().unwrap_or_default()).collect();
        if sizes.len() == ids.len() {
            Ok(sizes)
        } else {
            Err(anyhow!("git told the sizes of some objects only"))
        }
    }

    /// About how many bytes of objects only these commits keep alive, refs that match `but` aside.
    pub fn bytes_kept_by(&self, commits: &[ObjectId], but: &str) -> Result<u64> {
        if commits.is_empty() {
            return Ok(0);
        }
        let input: String = commits.iter().map(|id| format!("{id}\n")).collect();
        let program = self.git().args(["rev-list", "--objects", "--disk-usage", "--stdin", "--not"]);
        let program = program.arg(format!("--exclude={but}")).arg("--all");
        let told = String::from_utf8(program.input(input.into_bytes()).run()?)?;
        Ok(told.trim().parse().unwrap_or_default())
    }
}
