//! The way back to an idea: an experiment's change put into the present work tree, or written elsewhere.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::error::{fault, misuse};
use crate::git::refs::Swap;
use crate::git::worktree::Target;
use crate::model::object::ObjectId;
use crate::model::path::{self, RepoPath};
use crate::model::record::Record;
use crate::run::lock::{Patience, WorkTreeLock};
use crate::run::runner::Runner;
use crate::store::experiments::Stored;

/// What an experiment changed: two trees that differ in its candidate paths only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Idea {
    /// Before.
    pub base: ObjectId,
    /// After.
    pub tree: ObjectId,
}

/// Refuses an experiment of which an import found only the record.
fn has_code(stored: &Stored, record: &Record) -> Result<()> {
    if record.text("code") != Some("lost") {
        return Ok(());
    }
    Err(fault(format!("the code of {} was lost before it was imported", stored.id))
        .hint(format!("what is known of it: `gx show {}`", stored.id))
        .into())
}

impl Runner<'_> {
    /// The change that an experiment stands for, by its record.
    pub fn idea(&self, stored: &Stored, record: &Record) -> Result<Idea> {
        let parents = self.repo.parents(stored.snapshot)?;
        let recorded = record.text("base").and_then(|base| base.parse().ok());
        let base = recorded.or(parents.first().copied()).unwrap_or(stored.snapshot);
        let base = self.repo.tree_of(base)?;
        let ran = self.repo.tree_of(stored.snapshot)?;
        if !record.fields().contains_key("changed") {
            return Ok(Idea { base, tree: ran });
        }
        let changed = record.texts("changed");
        let changes = self.repo.changes(base, ran)?.into_iter();
        let own = changes.filter(|change| changed.contains(&change.path.to_string()));
        let own: Vec<Target> = own.map(|change| (change.path, change.after)).collect();
        Ok(Idea { base, tree: self.repo.edit_tree(base, &own)? })
    }

    /// Puts an experiment's change into the work tree; three-way where HEAD has moved on.
    ///
    /// # Errors
    /// Conflicts, or other uncommitted changes of the same paths: then nothing is written.
    pub fn restore(&self, stored: &Stored) -> Result<Vec<RepoPath>> {
        let lock = WorkTreeLock::take(self.repo, Patience::Refuse)?;
        let record = self.store.record(stored.snapshot)?;
        has_code(stored, &record)?;
        let idea = self.idea(stored, &record)?;
        let head = self.repo.tree_of(self.repo.head()?.commit)?;
        let merged = self.repo.merge_trees(idea.base, head, idea.tree)?.map_err(|conflicts| {
            fault(format!(
                "{} conflicts with HEAD in {}; nothing was written",
                stored.id,
                path::list(&conflicts)
            ))
            .hint(format!(
                "write it elsewhere and take over by hand: `gx restore {} --into ../{}`",
                stored.id, stored.id
            ))
        })?;
        let mut targets: Vec<Target> = Vec::new();
        let mut dirty = Vec::new();
        for change in self.repo.changes(head, merged)? {
            if self.repo.is_at(&change.path, change.after)? {
                continue;
            }
            if self.repo.obstacles(&change.path)?.is_empty()
                && self.repo.is_at(&change.path, change.before)?
            {
                targets.push((change.path, change.after));
            } else {
                dirty.push(change.path);
            }
        }
        if !dirty.is_empty() {
            return Err(fault(format!("uncommitted changes are in the way: {}", path::list(&dirty)))
                .hint("run them as an experiment first, or `git stash` them")
                .into());
        }
        self.repo.write_paths(&targets)?;
        drop(lock);
        Ok(targets.into_iter().map(|(path, _)| path).collect())
    }

    /// Writes the whole snapshot into a folder that is new or empty.
    pub fn restore_into(&self, stored: &Stored, folder: &Path) -> Result<()> {
        has_code(stored, &self.store.record(stored.snapshot)?)?;
        if folder.exists() && fs::read_dir(folder).map_or(true, |mut inside| inside.next().is_some()) {
            return Err(misuse(format!("{} is not an empty folder", folder.display()))
                .hint(format!("name a new one: `gx restore {} --into DIR`", stored.id))
                .into());
        }
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let folder = folder.canonicalize()?;
        self.repo.write_tree_into(self.repo.tree_of(stored.snapshot)?, &folder)
    }

    /// Makes a branch at the snapshot.
    pub fn restore_branch(&self, stored: &Stored, branch: &str) -> Result<()> {
        has_code(stored, &self.store.record(stored.snapshot)?)?;
        if !self.repo.is_branch_name(branch) {
            return Err(misuse(format!("`{branch}` cannot be a branch name"))
                .hint(format!("such as `gx restore {0} --branch {0}`", stored.id))
                .into());
        }
        let name = format!("refs/heads/{branch}");
        match self.repo.swap_ref(&name, stored.snapshot, None, &format!("gx: restore {}", stored.id))? {
            Swap::Done => self.repo.sync_ref(&name),
            Swap::Lost => Err(fault(format!("branch `{branch}` exists already")).hint("name another").into()),
        }
    }
}
