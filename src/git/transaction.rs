//! Many refs made or deleted in one step, by the `git` program: all or none.
//!
//! libgit2 drops other processes' refs when it rewrites `packed-refs` (`docs/store-format.md`).

use std::thread;

use anyhow::{Result, anyhow};

use crate::error::fault;
use crate::git::refs::{Ref, Swap, jitter};
use crate::git::repo::Repo;
use crate::process::command::{Output, Program};

/// How often a transaction is tried anew when others were at the same refs.
const TRIES: usize = 20;

impl Repo {
    /// Makes refs that must not exist yet, all or none; lost where one of them exists already.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn create_refs(&self, refs: &[Ref]) -> Result<Swap> {
        if refs.is_empty() {
            return Ok(Swap::Done);
        }
        for attempt in 1.. {
            let lines = refs.iter().map(|one| format!("create {} {}\n", one.name, one.target));
            let output = self.transaction(lines)?;
            if output.status.success() {
                break;
            }
            for one in refs {
                if self.read_ref(&one.name)?.is_some() {
                    return Ok(Swap::Lost);
                }
            }
            if attempt >= TRIES {
                return Err(refused(&output));
            }
            thread::sleep(jitter());
        }
        Ok(Swap::Done)
    }

    /// As [`Self::create_refs`], where it is a fault that one of them exists.
    pub fn make_refs(&self, refs: &[Ref]) -> Result<()> {
        match self.create_refs(refs)? {
            Swap::Done => Ok(()),
            Swap::Lost => {
                let names: Vec<String> = refs.iter().map(|one| format!("`{}`", one.name)).collect();
                Err(fault(format!("another process has just made {}", names.join(" or ")))
                    .hint("look at how it stands now: `gx ls`, then try again")
                    .into())
            }
        }
    }

    /// Sets refs that only remember what another side has, whatever they were.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn set_refs(&self, refs: &[Ref]) -> Result<()> {
        if refs.is_empty() {
            return Ok(());
        }
        let output =
            self.transaction(refs.iter().map(|one| format!("update {} {}\n", one.name, one.target)))?;
        if output.status.success() { Ok(()) } else { Err(refused(&output)) }
    }

    /// Deletes refs that still are where they are said to be, in one transaction; says how many these were.
    ///
    /// One that somebody has moved or deleted meanwhile is left as it is.
    ///
    /// # Errors
    /// The refs stay locked by others, or cannot be written.
    pub fn delete_refs(&self, refs: &[Ref]) -> Result<usize> {
        let mut left: Vec<&Ref> = refs.iter().collect();
        for attempt in 1.. {
            if left.is_empty() {
                break;
            }
            let lines = left.iter().map(|one| format!("delete {} {}\n", one.name, one.target));
            let output = self.transaction(lines)?;
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
                if attempt >= TRIES {
                    return Err(refused(&output));
                }
                thread::sleep(jitter());
            }
        }
        Ok(left.len())
    }

    fn transaction(&self, lines: impl Iterator<Item = String>) -> Result<Output> {
        let script: String =
            ["start\n".to_owned()].into_iter().chain(lines).chain(["prepare\ncommit\n".to_owned()]).collect();
        self.patient_git().args(["update-ref", "--stdin"]).input(script.into_bytes()).output()
    }

    /// The program, waiting for locks as long as a packing of all refs may take.
    fn patient_git(&self) -> Program {
        self.durable_git().args(["-c", "core.packedRefsTimeout=30000", "-c", "core.filesRefLockTimeout=5000"])
    }
}

fn refused(output: &Output) -> anyhow::Error {
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow!("`git update-ref` ended with {}: {}", output.status, said.trim())
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
}
