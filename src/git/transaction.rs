//! Many refs made or deleted in one step: all or none.
//!
//! By the `git` program, since libgit2 drops other processes' refs when it rewrites `packed-refs`
//! (`docs/store-format.md`). Where very many are set that nobody else writes, `packed-refs` is written here; to make refs
//! that must not exist takes Git's lock of each, or two processes could both have made one.

use std::fs;
use std::io::ErrorKind;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::error::fault;
use crate::git::engine::repack::{Change, Repacked};
use crate::git::refs::{Ref, Swap, jitter};
use crate::git::repo::Repo;
use crate::process::command::{Output, Program};

/// From so many refs on they are put into `packed-refs` at once.
const MANY: usize = 256;

/// How often a transaction is tried anew when others were at the same refs.
const TRIES: usize = 20;

/// How long that goes on: each try waits for locks by itself.
const PATIENCE: Duration = Duration::from_secs(60);

impl Repo {
    /// Makes refs that must not exist yet, all or none; lost where one of them exists already.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn create_refs(&self, refs: &[Ref]) -> Result<Swap> {
        if refs.is_empty() {
            return Ok(Swap::Done);
        }
        let (began, names) = (Instant::now(), names_of(refs));
        for attempt in 1.. {
            let lines = refs.iter().map(|one| format!("create {} {}\n", one.name, one.target));
            let output = self.transaction(lines, &names)?;
            if output.status.success() {
                break;
            }
            for one in refs {
                if self.read_ref(&one.name)?.is_some() {
                    return Ok(Swap::Lost);
                }
            }
            if attempt >= TRIES || began.elapsed() > PATIENCE {
                return Err(refused(&output));
            }
            thread::sleep(jitter());
        }
        Ok(Swap::Done)
    }

    /// Sets refs that only remember what another side has, whatever they were.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn set_refs(&self, refs: &[Ref]) -> Result<()> {
        let (mut files, others): (Vec<&Ref>, Vec<&Ref>) = if self.may_repack(refs.len()) {
            refs.iter().partition(|one| self.has_file(one))
        } else {
            (refs.iter().collect(), Vec::new())
        };
        if !others.is_empty() && self.repack(others.iter().copied())? != Repacked::Done {
            files.extend(others);
        }
        if files.is_empty() {
            return Ok(());
        }
        let lines = files.iter().map(|one| format!("update {} {}\n", one.name, one.target));
        let output = self.transaction(lines, &names_of(files.iter().copied()))?;
        if output.status.success() { Ok(()) } else { Err(refused(&output)) }
    }

    /// Deletes refs that still are where they are said to be, in one transaction; says how many these were.
    ///
    /// One that somebody has moved or deleted meanwhile is left as it is.
    ///
    /// # Errors
    /// The refs stay locked by others, or cannot be written.
    pub fn delete_refs(&self, refs: &[Ref]) -> Result<usize> {
        let (began, names) = (Instant::now(), names_of(refs));
        let mut left: Vec<&Ref> = refs.iter().collect();
        for attempt in 1.. {
            if left.is_empty() {
                break;
            }
            let lines = left.iter().map(|one| format!("delete {} {}\n", one.name, one.target));
            let output = self.transaction(lines, &names)?;
            if output.status.success() {
                break;
            }
            let before = left.len();
            let mut still = Vec::with_capacity(before);
            for one in left {
                if self.read_ref(&one.name)? == Some(one.target) {
                    still.push(one);
                }
            }
            left = still;
            if left.len() == before {
                // None has changed, so one of them, or all of `packed-refs`, was locked.
                if attempt >= TRIES || began.elapsed() > PATIENCE {
                    return Err(refused(&output));
                }
                thread::sleep(jitter());
            }
        }
        Ok(left.len())
    }

    /// Takes away every ref that begins so; for those that are nobody's but gx's and name nothing of their own.
    ///
    /// # Errors
    /// The refs stay locked by others, or cannot be written.
    pub(super) fn clear_refs(&self, prefix: &str) -> Result<()> {
        let refs = self.refs(prefix)?;
        if self.may_repack(refs.len()) {
            drop(refs);
            let change = Change { without: Some(prefix), ..Change::default() };
            // Else they are deleted as others are.
            let _ = self.place.repack(&change)?;
            return self.delete_refs(&self.refs(prefix)?).map(drop);
        }
        self.delete_refs(&refs).map(drop)
    }

    /// Whether so many refs are worth another `packed-refs`, where there is one and nobody wants to read in a log how
    /// they came.
    fn may_repack(&self, number: usize) -> bool {
        number >= MANY && self.has_ref_files() && !self.is_each_ref_logged()
    }

    pub(super) fn is_each_ref_logged(&self) -> bool {
        self.setting("core.logAllRefUpdates").is_some_and(|value| value == "always")
    }

    pub(super) fn repack<'r>(&self, refs: impl IntoIterator<Item = &'r Ref>) -> Result<Repacked> {
        let set = refs.into_iter().map(|one| (one.name.as_str(), one.target)).collect();
        self.place.repack(&Change { set, without: None })
    }

    /// Whether a ref has a file of its own, or something is in the way of one.
    fn has_file(&self, one: &Ref) -> bool {
        let found = fs::symlink_metadata(self.place.ref_file(&one.name));
        // A folder is no ref, and Git takes an empty one away.
        found.map_or_else(|error| error.kind() != ErrorKind::NotFound, |meta| !meta.is_dir())
    }

    /// Has all of it done or nothing, anew where killed processes had left their locks behind.
    pub(super) fn transaction(
        &self,
        lines: impl IntoIterator<Item = String>,
        names: &[&str],
    ) -> Result<Output> {
        let lines = ["start\n".to_owned()].into_iter().chain(lines);
        let script: String = lines.chain(["prepare\ncommit\n".to_owned()]).collect();
        loop {
            self.place.remove_left_packed_lock()?;
            let git = self.patient_git().args(["update-ref", "--stdin"]).input(script.clone().into_bytes());
            let output = git.holding(self.transaction_flock()?).output()?;
            if output.status.success() || !self.remove_left_locks(names.iter().copied())? {
                return Ok(output);
            }
        }
    }

    /// The program, waiting for locks as long as a packing of all refs may take.
    fn patient_git(&self) -> Program {
        self.durable_git().args(["-c", "core.packedRefsTimeout=30000", "-c", "core.filesRefLockTimeout=5000"])
    }
}

fn names_of<'r>(refs: impl IntoIterator<Item = &'r Ref>) -> Vec<&'r str> {
    refs.into_iter().map(|one| one.name.as_str()).collect()
}

/// What the program said, and what to do where a lock was in its way.
pub(super) fn refused(output: &Output) -> anyhow::Error {
    let said = String::from_utf8_lossy(&output.stderr);
    // More lines of it are advice, for people who run git by themselves.
    let told = said.lines().next().unwrap_or_default();
    let fault = fault(format!("`git update-ref` ended with {}: {told}", output.status));
    let lock = told.split('\'').find(|word| word.ends_with(".lock"));
    match lock {
        Some(lock) => fault.hint(format!("if no git is running here, remove {lock}")).into(),
        None => fault.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_moved_meanwhile_is_left_and_the_rest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let (head, tree) = (repo.head().unwrap().commit, repo.tree_of(repo.head().unwrap().commit).unwrap());
        let at = |name: &str| Ref { name: name.to_owned(), target: head };
        let all = [at("refs/gx/a"), at("refs/gx/b"), at("refs/gx/c")];
        assert_eq!(repo.create_refs(&all).unwrap(), Swap::Done);
        assert_eq!(repo.create_refs(&[at("refs/gx/d"), at("refs/gx/a")]).unwrap(), Swap::Lost);
        assert_eq!(repo.read_ref("refs/gx/d").unwrap(), None, "all or none");
        repo.git().args(["update-ref", "refs/gx/b", &tree.to_string()]).run().unwrap();
        repo.git().args(["pack-refs", "--all"]).run().unwrap();
        assert_eq!(repo.delete_refs(&all).unwrap(), 2);
        assert_eq!(repo.ref_names("refs/gx/").unwrap(), ["refs/gx/b"]);
        assert_eq!(repo.delete_refs(&all).unwrap(), 0);
    }

    #[test]
    fn very_many_refs_are_put_in_one_file_beside_what_is_there_and_cleared_alone() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let (head, tree) = (repo.head().unwrap().commit, repo.tree_of(repo.head().unwrap().commit).unwrap());
        let at = |name: String| Ref { name, target: head };
        repo.git().args(["tag", "-a", "-m", "one", "v1"]).env("GIT_COMMITTER_NAME", "a").run().unwrap();
        repo.git().args(["update-ref", "refs/gx/a/exp-7", &tree.to_string()]).run().unwrap();
        repo.git().args(["pack-refs", "--all"]).run().unwrap();
        // One is a file of its own, which hides what is packed.
        repo.git().args(["update-ref", "refs/gx/a/exp-9", &tree.to_string()]).run().unwrap();
        let many: Vec<Ref> = (0..MANY + 9).map(|number| at(format!("refs/gx/a/exp-{number}"))).collect();
        repo.set_refs(&many).unwrap();
        if repo.has_ref_files() {
            assert_eq!(repo.loose_ref_names(&["refs/gx/a/"]).unwrap(), ["refs/gx/a/exp-9"]);
        }
        let told = |words: &[&str]| String::from_utf8(repo.git().args(words).run().unwrap()).unwrap();
        let listed = told(&["for-each-ref", "--format=%(objectname)", "refs/gx/a/"]);
        assert_eq!(listed, format!("{head}\n").repeat(many.len()));
        assert_eq!(told(&["rev-parse", "v1^{commit}"]).trim(), head.to_string());
        assert!(!told(&["show-ref", "-d", "--tags"]).is_empty(), "what the tag names stands behind it");
        let again: Vec<Ref> = (0..MANY).map(|number| at(format!("refs/gx/a/exp-{}", number + 20))).collect();
        assert_eq!(repo.create_refs(&again).unwrap(), Swap::Lost, "one is packed");
        let others: Vec<Ref> = (0..MANY).map(|number| at(format!("refs/gx/b/exp-{number}"))).collect();
        assert_eq!(repo.create_refs(&others).unwrap(), Swap::Done);
        if repo.has_ref_files() {
            let made = repo.loose_ref_names(&["refs/gx/b/"]).unwrap().len();
            assert_eq!(made, MANY, "each was made under its own lock, which every other process minds");
        }
        repo.clear_refs("refs/gx/a/").unwrap();
        assert_eq!(repo.ref_names("refs/gx/").unwrap().len(), others.len());
        assert_eq!(told(&["show-ref", "-d", "--tags"]).lines().count(), 2);
        assert!(!repo.common_dir().join("packed-refs.lock").exists());
    }
}
