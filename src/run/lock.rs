//! One run at a time in a work tree: a flock that the trainer inherits.

use std::cell::Cell;
use std::fs::{self, File};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::error::{Exit, fault};
use crate::git::repo::Repo;
use crate::process::interrupt;

/// How long a lock is waited for that may be held only to bring the work tree to the tip of its tag.
const MOMENT: Duration = Duration::from_millis(300);

/// The lock of a work tree; as long as gx or the trainer lives, nobody else runs in it.
#[must_use = "dropping it lets another run into the work tree"]
#[derive(Debug)]
pub struct WorkTreeLock {
    file: File,
    is_left: Cell<bool>,
}

/// What to do when another run has the work tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Patience {
    /// Say so and stop.
    Refuse,
    /// Wait until it is over.
    Wait,
}

/// How far settling may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Records only: any command.
    Records,
    /// This work tree and its branch too: a command that holds its lock.
    Trees,
}

impl WorkTreeLock {
    /// Takes the lock.
    ///
    /// # Errors
    /// Another run has it and `patience` is [`Patience::Refuse`], or Ctrl-C while waiting.
    pub fn take(repo: &Repo, patience: Patience) -> Result<Self> {
        let path = repo.git_dir().join("gx-run.lock");
        let open = File::options().create(true).truncate(false).write(true).read(true).open(&path);
        let file = open.with_context(|| format!("cannot write {}", path.display()))?;
        let began = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(fs::TryLockError::WouldBlock) if patience == Patience::Wait => {
                    if interrupt::count() > 0 {
                        return Err(fault("stopped while waiting for the work tree")
                            .exit(Exit::Interrupted)
                            .into());
                    }
                    thread::sleep(Duration::from_millis(100));
                }
                Err(fs::TryLockError::WouldBlock) if began.elapsed() < MOMENT => {
                    thread::sleep(Duration::from_millis(10));
                }
                Err(fs::TryLockError::WouldBlock) => {
                    let holder = fs::read_to_string(&path).unwrap_or_default();
                    let holder = if holder.trim().is_empty() { "another run" } else { holder.trim() };
                    return Err(fault(format!("{holder} is running in this work tree"))
                        .hint("run this one in a checkout of its own: `--isolated`")
                        .hint("or wait for the other: `--wait`")
                        .into());
                }
                Err(fs::TryLockError::Error(error)) => {
                    return Err(error).with_context(|| format!("cannot lock {}", path.display()));
                }
            }
        }
        let lock = Self { file, is_left: Cell::new(false) };
        lock.name("")?;
        Ok(lock)
    }

    /// Says who holds it, for the message that others get.
    pub fn name(&self, holder: &str) -> Result<()> {
        // Written over in place and never cut: a file system may flush a file that is.
        self.file.write_all_at(format!("{holder:<40}\n").as_bytes(), 0).context("cannot write the lock file")
    }

    /// Makes that dropping it only closes it: a trainer that nobody supervises any more keeps the work tree.
    pub fn leave_to_heirs(&self) {
        self.is_left.set(true);
    }

    /// For the trainer to inherit.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl Drop for WorkTreeLock {
    fn drop(&mut self) {
        if !self.is_left.get() {
            // Closing it would not do: a process that the trainer left behind has inherited it.
            let _ = self.file.unlock();
        }
    }
}
