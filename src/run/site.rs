//! Where the command of an experiment runs: in the work tree, or in a checkout of its own.

use std::os::fd::BorrowedFd;
use std::path::PathBuf;

use anyhow::Result;

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
    Apart { repo: Repo, checkout: Checkout },
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
        Ok(Self::Apart { repo: runner.repo.open_worktree(checkout.dir())?, checkout })
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
