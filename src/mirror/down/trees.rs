//! The work trees that have the private branch checked out: they go along, or nothing moves.

use std::any::Any;

use anyhow::{Context, Result};

use crate::error::fault;
use crate::git::repo::Repo;
use crate::mirror::down::ground::Ground;
use crate::model::object::ObjectId;
use crate::model::path::list;

/// A work tree that is to follow, kept from others.
pub struct Follower {
    repo: Repo,
    _held: Box<dyn Any>,
}

impl Ground<'_> {
    /// Takes every work tree in hand that has the private branch checked out.
    ///
    /// # Errors
    /// In one of them somebody is at work, or has begun something that is not finished.
    pub(super) fn take_trees(&self) -> Result<Vec<Follower>> {
        let mut taken = Vec::new();
        for tree in self.repo.worktrees()? {
            if tree.is_gone || tree.branch.as_deref() != Some(self.mirror.private.branch.as_str()) {
                continue;
            }
            let repo = self.repo.open_worktree(&tree.dir)?;
            let shown =
                || format!("`{}` is checked out in {}", self.mirror.private.branch, tree.dir.display());
            let held = (self.hold)(&repo).with_context(shown)?;
            repo.check_idle().with_context(shown)?;
            taken.push(Follower { repo, _held: held });
        }
        Ok(taken)
    }
}

impl Follower {
    /// Checks that it can go from one commit to another with nothing of anybody's in the way.
    ///
    /// # Errors
    /// Something is; what, and what to do.
    pub(super) fn check(&self, from: ObjectId, to: ObjectId) -> Result<()> {
        let paths = self.repo.in_the_way(from, to)?;
        if paths.is_empty() {
            return Ok(());
        }
        let dir = self.repo.work_dir().display();
        Err(fault(format!("upstream changes what is edited in {dir}: {}", list(&paths)))
            .hint(format!("commit it, or put it aside: `git -C {dir} stash --include-untracked`"))
            .hint("then run the same command again")
            .into())
    }

    /// Goes along; what could not be done, as sentences.
    pub(super) fn follow(&self, from: ObjectId, to: ObjectId) -> Vec<String> {
        let dir = self.repo.work_dir().display();
        match self.repo.follow(from, to) {
            Ok(submodules) if submodules.is_empty() => Vec::new(),
            Ok(submodules) => {
                vec![format!("submodules moved: `git -C {dir} submodule update` ({})", list(&submodules))]
            }
            Err(error) => {
                let aside = self.repo.follow_in_index(from, to);
                let more = aside.err().map(|error| format!("; {error:#}")).unwrap_or_default();
                vec![format!("the files in {dir} stay as they are: {error:#}{more}")]
            }
        }
    }
}
