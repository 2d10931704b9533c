//! What belongs to an experiment: its base, and the paths that keep and discard may touch.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::config::globs::Globs;
use crate::git::diff::Change;
use crate::git::object::Entry;
use crate::git::repo::{Head, Repo};
use crate::git::snapshot::Snapshot;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::run::mark::Mark;
use crate::store::pending::{Mode, Scope};

/// What a scope is worked out from.
pub(super) struct Ground<'a> {
    pub(super) repo: &'a Repo,
    pub(super) head: &'a Head,
    pub(super) snapshot: &'a Snapshot,
    pub(super) mark: Option<Mark>,
    pub(super) editable: &'a Globs,
}

/// A scope, and what is dirty beside it.
pub(super) struct Found {
    pub(super) scope: Scope,
    pub(super) others: Vec<RepoPath>,
    /// What is not in the snapshot.
    pub(super) left_out: Vec<RepoPath>,
}

impl Ground<'_> {
    /// Works it out; `last_kept` is asked only where nothing is uncommitted.
    pub(super) fn scope(&self, last_kept: &dyn Fn() -> Result<Option<ObjectId>>) -> Result<Found> {
        let head_tree = self.repo.tree_of(self.head.commit)?;
        let dirty = self.repo.changes(head_tree, self.snapshot.tree)?;
        let untracked: BTreeSet<&RepoPath> = self.snapshot.untracked.iter().collect();
        let mut candidates = Vec::new();
        let mut others = Vec::new();
        for change in dirty {
            let is_candidate = !is_submodule(&change) && self.may_touch(&change, &untracked)?;
            (if is_candidate { &mut candidates } else { &mut others }).push(change.path);
        }
        let (mode, base) =
            match (candidates.is_empty(), self.committed_base(candidates.is_empty(), last_kept)?) {
                (false, _) => (Mode::Dirty, self.head.commit),
                (true, Some(base)) => (Mode::Committed, base),
                (true, None) => (Mode::Unchanged, self.head.commit),
            };
        if mode == Mode::Dirty {
            self.drop_homeless(head_tree, &mut candidates, &mut others)?;
        }
        if mode == Mode::Committed {
            candidates = self.committed_candidates(base, head_tree, &others)?;
        }
        let rolled_back = self.rolled_back(mode, base, head_tree, &candidates)?;
        let scope = Scope {
            mode,
            reference: self.head.reference().to_owned(),
            tip: None,
            tip_at: None,
            head: self.head.commit,
            base,
            tree: self.snapshot.tree,
            rolled_back,
            candidates,
        };
        let left_out = self.snapshot.left_out.iter().map(|out| out.path.clone()).collect();
        Ok(Found { scope, others, left_out })
    }

    /// A file that can stand in no commit beside what stays of HEAD is no candidate: one in place of a tracked
    /// folder, say, whose files keep and discard may not touch.
    fn drop_homeless(
        &self,
        head_tree: ObjectId,
        candidates: &mut Vec<RepoPath>,
        others: &mut Vec<RepoPath>,
    ) -> Result<()> {
        let mut targets = Vec::new();
        for path in candidates.iter() {
            targets.push((path.clone(), self.repo.entry(self.snapshot.tree, path)?));
        }
        let (removed, set): (Vec<_>, Vec<_>) = targets.into_iter().partition(|(_, entry)| entry.is_none());
        let rest = self.repo.edit_tree(head_tree, &removed)?;
        for (path, _) in set {
            if !self.repo.has_room(rest, &path)? {
                candidates.retain(|candidate| *candidate != path);
                others.push(path);
            }
        }
        Ok(())
    }

    fn may_touch(&self, change: &Change, untracked: &BTreeSet<&RepoPath>) -> Result<bool> {
        if !self.editable.is_empty() {
            return Ok(self.editable.matches(change.path.as_bytes()));
        }
        // The settings of gx are no part of an idea, unless they are named as one.
        if untracked.contains(&change.path) || change.path == RepoPath::from("gx.toml") {
            return Ok(false);
        }
        let Some(mark) = self.mark else { return Ok(true) };
        Ok(self.repo.entry(mark.tree, &change.path)? != change.after)
    }

    fn committed_base(
        &self,
        is_clean: bool,
        last_kept: &dyn Fn() -> Result<Option<ObjectId>>,
    ) -> Result<Option<ObjectId>> {
        if !is_clean {
            return Ok(None);
        }
        let Some(kept) = last_kept()? else { return Ok(None) };
        let is_ahead = kept != self.head.commit && self.repo.is_ancestor(kept, self.head.commit)?;
        Ok(is_ahead.then_some(kept))
    }

    fn committed_candidates(
        &self,
        base: ObjectId,
        head_tree: ObjectId,
        others: &[RepoPath],
    ) -> Result<Vec<RepoPath>> {
        let committed = self.repo.changes(self.repo.tree_of(base)?, head_tree)?;
        let is_candidate = |change: &Change| {
            let editable = self.editable.is_empty() || self.editable.matches(change.path.as_bytes());
            // What is uncommitted on top is the user's and must not be written over.
            editable && !is_submodule(change) && !others.contains(&change.path)
        };
        Ok(committed.into_iter().filter(is_candidate).map(|change| change.path).collect())
    }

    /// The tree of the work tree once the candidates are back: as at the mark where they were
    /// uncommitted then and HEAD has not changed them since, else as in the base.
    fn rolled_back(
        &self,
        mode: Mode,
        base: ObjectId,
        head_tree: ObjectId,
        candidates: &[RepoPath],
    ) -> Result<ObjectId> {
        let base_tree = self.repo.tree_of(base)?;
        let mut targets: Vec<(RepoPath, Option<Entry>)> = Vec::new();
        for path in candidates {
            let mut target = self.repo.entry(base_tree, path)?;
            if let Some(mark) = self.mark
                && mode == Mode::Dirty
            {
                let (at_mark, head_then) =
                    (self.repo.entry(mark.tree, path)?, self.repo.entry(mark.head_tree, path)?);
                if at_mark != head_then && head_then == self.repo.entry(head_tree, path)? {
                    target = at_mark;
                }
            }
            targets.push((path.clone(), target));
        }
        let (removed, set): (Vec<_>, Vec<_>) = targets.into_iter().partition(|(_, entry)| entry.is_none());
        let mut tree = self.repo.edit_tree(self.snapshot.tree, &removed)?;
        for target in set {
            // What something else has taken the place of cannot come back, and stays as it ran.
            if self.repo.has_room(tree, &target.0)? {
                tree = self.repo.edit_tree(tree, &[target])?;
            }
        }
        Ok(tree)
    }
}

fn is_submodule(change: &Change) -> bool {
    [change.before, change.after].into_iter().flatten().any(|entry| entry.is_submodule())
}
