//! Refs, moved only by compare-and-swap.
//!
//! libgit2's own `force` flags lose updates between processes, and it gives up at once where a lock
//! is held; both were measured (`docs/store-format.md`). Deletes go through the `git` program, since
//! libgit2 drops other processes' refs when it rewrites `packed-refs`.

use std::fs;
use std::io::ErrorKind;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};

use crate::error::fault;
pub use crate::git::engine::refs::Ref;
use crate::git::engine::refs::{Move, Try};
use crate::git::repo::Repo;
use crate::model::object::ObjectId;

/// How long a lock that somebody else holds is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// From this age on a lock of a single ref is the rubbish of a killed process: holding one takes milliseconds.
///
/// Less than [`PATIENCE`], so that the command after a kill waits and then goes on.
pub(super) const STALE: Duration = Duration::from_secs(5);

/// The same for the lock of all refs in tables, which a transaction of a great many holds for longer.
pub(super) const STALE_TABLES: Duration = Duration::from_secs(60);

/// What a compare-and-swap came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a swap that was lost has changed nothing"]
pub enum Swap {
    /// The ref has the new value.
    Done,
    /// The ref had another value than expected; nothing was changed.
    Lost,
}

impl Repo {
    /// What a ref points to, where it exists.
    pub fn read_ref(&self, name: &str) -> Result<Option<ObjectId>> {
        self.refs.read(name)
    }

    /// The names of all refs below a prefix; cheaper than [`Self::refs`], since none is read.
    pub fn ref_names(&self, prefix: &str) -> Result<Vec<String>> {
        self.refs.names(prefix)
    }

    /// All refs below a prefix such as `refs/experiments/`.
    pub fn refs(&self, prefix: &str) -> Result<Vec<Ref>> {
        self.refs.list(prefix)
    }

    /// Sets a ref to `new` if it still is at `old`; `None` means that it must not exist yet.
    pub fn swap_ref(&self, name: &str, new: ObjectId, old: Option<ObjectId>, log: &str) -> Result<Swap> {
        let began = Instant::now();
        loop {
            match self.refs.swap(&Move { name, new, old, log })? {
                Try::Done => return Ok(Swap::Done),
                Try::Lost => return Ok(Swap::Lost),
                Try::Locked => self.wait_for_lock(name, began)?,
            }
        }
    }

    /// Puts a ref that was just written onto the disk itself, as [`Self::sync_objects`] does objects.
    pub fn sync_ref(&self, name: &str) -> Result<()> {
        self.refs.sync(name)
    }

    /// Sets a ref whose value cannot be used, whatever it is, or removes it.
    pub fn reset_broken_ref(&self, name: &str, to: Option<ObjectId>) -> Result<()> {
        self.refs.clear_broken(name)?;
        match to {
            Some(to) => self.durable_git().args(["update-ref", name, &to.to_string()]).run()?,
            None => self.durable_git().args(["update-ref", "-d", name]).run()?,
        };
        Ok(())
    }

    /// Drops the reflog of a ref; Git finds fault with one that names objects which are gone.
    pub fn forget_reflog(&self, name: &str) -> Result<()> {
        self.refs.forget_reflog(name)
    }

    fn wait_for_lock(&self, name: &str, began: Instant) -> Result<()> {
        let lock = self.place.lock_of(name);
        let stale = if self.has_ref_files() { STALE } else { STALE_TABLES };
        let age = fs::metadata(&lock).and_then(|meta| meta.modified()).ok();
        let age = age.and_then(|modified| SystemTime::now().duration_since(modified).ok());
        if age.is_some_and(|age| age > stale) {
            return fs::remove_file(&lock).or_else(|error| match error.kind() {
                ErrorKind::NotFound => Ok(()),
                _ => Err(error).with_context(|| format!("cannot remove the stale {}", lock.display())),
            });
        }
        if began.elapsed() > PATIENCE {
            return Err(fault(format!("`{name}` is locked by another process"))
                .hint(format!("if no git is running here, remove {}", lock.display()))
                .into());
        }
        thread::sleep(jitter());
        Ok(())
    }
}

/// A pause of 1 to 8 ms, so that processes that collided once don't collide again.
pub(super) fn jitter() -> Duration {
    let mut byte = [0; 1];
    // Without randomness the pause is merely always the same.
    let _ = getrandom::fill(&mut byte);
    Duration::from_micros(1000 + u64::from(byte[0]) * 28)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_of_a_ref_that_somebody_deleted_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let head = repo.head().unwrap().commit;
        assert_eq!(repo.swap_ref("refs/gx/x", head, Some(head), "x").unwrap(), Swap::Lost);
        assert_eq!(repo.swap_ref("refs/gx/x", head, None, "x").unwrap(), Swap::Done);
        assert_eq!(repo.swap_ref("refs/gx/x", head, None, "x").unwrap(), Swap::Lost);
    }
}
