//! Where the command of an experiment runs: in the work tree, or in a checkout of its own.

use std::fs::File;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::config::schema::Source;
use crate::git::checkout::Checkout;
use crate::git::repo::Repo;
use crate::run::begun::Begun;
use crate::run::lock::WorkTreeLock;
use crate::run::runner::Runner;
use crate::store::pending::Task;

/// A tree to run in, held for the run.
pub(super) enum Site<'a> {
    /// The user's work tree.
    Here { repo: &'a Repo, lock: &'a WorkTreeLock },
    /// A checkout of the snapshot.
    Apart { repo: Box<Repo>, checkout: Checkout },
}

impl<'a> Site<'a> {
    /// The user's work tree.
    pub(super) fn here(repo: &'a Repo, lock: &'a WorkTreeLock) -> Self {
        Self::Here { repo, lock }
    }

    /// A checkout of an experiment's snapshot, with what it borrows from the work tree.
    pub(super) fn apart(runner: &Runner<'_>, begun: &Begun) -> Result<Self> {
        let name = begun.id.to_string();
        if let Some(half) = runner.repo.checkout(&name)? {
            // Whoever made it was killed, perhaps in the middle of it.
            half.remove()?;
        }
        let checkout = runner.repo.check_out_at(&name, begun.pending().snapshot)?;
        checkout.link(runner.repo.work_dir(), &runner.config.run.link)?;
        if runner.config.metric.source == Source::Json {
            make_old(checkout.dir(), &runner.config.metric.file)?;
        }
        Ok(Self::Apart { repo: Box::new(runner.repo.open_worktree(checkout.dir())?), checkout })
    }

    /// The repository as it is seen from there.
    pub(super) fn repo(&self) -> &Repo {
        match self {
            Self::Here { repo, .. } => repo,
            Self::Apart { repo, .. } => repo,
        }
    }

    /// For the trainer to inherit: nobody else may use the tree while it lives.
    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Here { lock, .. } => lock.as_fd(),
            Self::Apart { checkout, .. } => checkout.as_fd(),
        }
    }

    /// Makes that letting go of the tree frees it only when the trainer, which has inherited its lock, has ended.
    pub(super) fn leave_to_heirs(&self) {
        match self {
            Self::Here { lock, .. } => lock.leave_to_heirs(),
            // Its lock is given up by closing it, which leaves the heir's.
            Self::Apart { .. } => {}
        }
    }

    /// Variables that would lead Git, called by the command, to another tree.
    pub(super) fn foreign_variables(&self) -> Vec<&'static str> {
        match self {
            Self::Here { .. } => Vec::new(),
            Self::Apart { .. } => vec!["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"],
        }
    }

    /// The folder in which the command starts.
    pub(super) fn folder(&self, task: &Task) -> PathBuf {
        match self {
            Self::Here { .. } => task.folder.clone(),
            Self::Apart { checkout, .. } => checkout.dir().join(&task.folder),
        }
    }
}

/// A results file that was committed is written anew with every checkout, and must not pass for what the run gave.
fn make_old(top: &Path, file: &str) -> Result<()> {
    let place = top.join(file);
    // A link may lead to a file of the user's.
    let is_own =
        place.canonicalize().is_ok_and(|real| top.canonicalize().is_ok_and(|top| real.starts_with(top)));
    if is_own && place.is_file() {
        let made_old = File::open(&place).and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH));
        made_old.with_context(|| format!("cannot set the time of {}", place.display()))?;
    }
    Ok(())
}
