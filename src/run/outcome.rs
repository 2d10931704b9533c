//! The outcome in branch and work tree: what follows a verdict, once the record has it.

use anyhow::Result;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::config::globs::Globs;
use crate::git::object::NewCommit;
use crate::git::refs::Swap;
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::outcome::{Refusal, TreeChange};
use crate::model::path::RepoPath;
use crate::model::record::Record;
use crate::model::status::Status;
use crate::process::fail;
use crate::run::begun::Begun;
use crate::run::judge::Judged;
use crate::run::mark;
use crate::run::plan::Plan;
use crate::run::runner::Runner;
use crate::run::tip::{Since, Step};
use crate::store::pending::{Mode, Pending, Scope};

impl Runner<'_> {
    /// Names what is uncommitted beside the experiment: what was so before, and what the branch went back over
    /// without being part of it.
    pub(super) fn name_others(&self, change: &mut TreeChange, begun: &Begun) -> Result<()> {
        change.others.clone_from(&begun.others);
        let scope = &begun.held.pending.scope;
        if scope.mode == Mode::Committed && change.moved.is_some() {
            let (base, head) = (self.repo.tree_of(scope.base)?, self.repo.tree_of(scope.head)?);
            let undone = self.repo.changes(base, head)?.into_iter().map(|change| change.path);
            change.others.extend(undone.filter(|path| !scope.candidates.contains(path)));
            change.others.sort();
            change.others.dedup();
        }
        Ok(())
    }

    /// The commit that the branch is to stand at: the candidate changes only, made before the record names it.
    pub(super) fn kept_commit(
        &self,
        pending: &Pending,
        id: &ExperimentId,
        judged: &Judged,
    ) -> Result<ObjectId> {
        let scope = &pending.scope;
        if scope.mode != Mode::Dirty {
            return Ok(scope.head);
        }
        let is_elsewhere = || {
            Ok::<_, anyhow::Error>(!pending.is_isolated() && self.repo.head()?.reference() != scope.reference)
        };
        if pending.leave || is_elsewhere()? || self.since(scope)? == Since::Others {
            return Ok(pending.snapshot);
        }
        let hypothesis = pending.begin.get("hypothesis").and_then(Value::as_str).unwrap_or_default();
        let value = judged.value.map(|value| format!("Gx-Value: {value}\n")).unwrap_or_default();
        let message = format!("{hypothesis}\n\nGx-Experiment: {id}\n{value}");
        self.commit_candidates(scope, pending.snapshot, &message)
    }

    /// A commit on HEAD with the candidate paths as they ran; the snapshot itself where nothing else was dirty.
    pub(super) fn commit_candidates(
        &self,
        scope: &Scope,
        snapshot: ObjectId,
        message: &str,
    ) -> Result<ObjectId> {
        let head_tree = self.repo.tree_of(scope.head)?;
        let mut changes = Vec::new();
        for path in &scope.candidates {
            changes.push((path.clone(), self.repo.entry(scope.tree, path)?));
        }
        let tree = self.repo.edit_tree(head_tree, &changes)?;
        if tree == self.repo.tree_of(snapshot)? && self.repo.parents(snapshot)? == [scope.head] {
            return Ok(snapshot);
        }
        let new = NewCommit { tree, parents: &[scope.head], message, at: Timestamp::now() };
        let commit = self.repo.write_commit(&new)?;
        let mut written = self.repo.new_trees(tree, head_tree)?;
        written.push(commit);
        self.repo.sync_objects(&written)?;
        Ok(commit)
    }

    /// Keeps or rolls back as the record says, and sets the mark.
    pub(super) fn change_tree(&self, pending: &Pending, status: Status) -> Result<TreeChange> {
        let (scope, sealed) = self.without_sealed(&pending.scope, status)?;
        let record = self.store.record(pending.snapshot)?;
        let log = format!("gx: {status} {}", record.text("id").unwrap_or_default());
        let stays = pending.leave || status == Status::Interrupted || !status.is_final();
        let mut change = if stays {
            TreeChange::default()
        } else if status == Status::Keep {
            self.keep_here(&scope, &record, &log)?
        } else {
            let since = self.since(&scope)?;
            let plan = Plan::roll_back(self.repo, &scope, &self.editable()?, &since, &log)?;
            plan.leave(sealed, "protected").apply(self.repo)?
        };
        let is_kept = status == Status::Keep && !stays && change.refused.is_none();
        self.mark_end(&scope, is_kept, &change)?;
        // Others may have moved the branch under an interrupted run; a detached HEAD stays where that found it.
        let is_left_behind = status == Status::Interrupted && !pending.leave && scope.tip.is_none();
        if (!stays || is_left_behind) && change.refused.is_none() {
            self.bring_along(pending, &mut change)?;
        }
        Ok(change)
    }

    fn keep_here(&self, scope: &Scope, record: &Record, log: &str) -> Result<TreeChange> {
        let (kept, id) = (kept_in(record, scope), log.rsplit(' ').next().unwrap_or_default().parse());
        let Ok::<ExperimentId, _>(id) = id else { return Ok(TreeChange::default()) };
        loop {
            let (step, superseded) = match self.step(scope, &id, kept)? {
                Step::Go(moved, superseded) => (moved, superseded),
                // Perhaps at a merge: who made it was killed before all was done.
                Step::Stand => {
                    let made = self.move_made(scope, &id.to_string(), kept)?;
                    let at = made.map_or(kept, |made| made.to);
                    return Plan::keep(self.repo, scope, at, None, log)?.apply(self.repo);
                }
                Step::Refuse(refusal) => {
                    return Plan::refuse(refusal.why, refusal.advice).apply(self.repo);
                }
            };
            let plan = Plan::keep(self.repo, scope, kept, Some(&step), log)?;
            let change = plan.apply(self.repo)?;
            let is_lost = change.refused.as_ref().is_some_and(Refusal::is_race);
            if !is_lost {
                return Ok(TreeChange { superseded, ..change });
            }
        }
    }

    /// Moves the tip for a keep that was measured in a checkout of its own; no work tree of the user is touched.
    pub(super) fn keep_apart(&self, pending: &Pending, id: &ExperimentId) -> Result<TreeChange> {
        let record = self.store.record(pending.snapshot)?;
        let (scope, mut change) = (&pending.scope, TreeChange::default());
        let kept = kept_in(&record, scope);
        loop {
            match self.step(scope, id, kept)? {
                Step::Stand => return Ok(change),
                Step::Refuse(refusal) => {
                    change.refused = Some(refusal);
                    return Ok(change);
                }
                Step::Go(moved, superseded) => {
                    let log = format!("gx: keep {id}");
                    if self.repo.swap_ref(&moved.reference, moved.to, Some(moved.from), &log)? == Swap::Done {
                        self.repo.sync_ref(&moved.reference)?;
                        fail::point("moved");
                        change.committed.clone_from(&scope.candidates);
                        return Ok(TreeChange { moved: Some(moved), superseded, ..change });
                    }
                }
            }
        }
    }

    /// The paths that keep and discard may touch, as configured; empty where any tracked path is.
    pub(super) fn editable(&self) -> Result<Globs> {
        Globs::new(&self.config.run.editable)
    }

    /// The scope without protected paths, and those, where they have tainted the run: they stay as they are.
    fn without_sealed(&self, scope: &Scope, status: Status) -> Result<(Scope, Vec<RepoPath>)> {
        let mut scope = scope.clone();
        if status != Status::Tainted {
            return Ok((scope, Vec::new()));
        }
        let protected = Globs::new(&self.config.run.protected)?;
        let is_sealed = |path: &RepoPath| protected.matches(path.as_bytes());
        let (sealed, rest): (Vec<_>, Vec<_>) = scope.candidates.into_iter().partition(is_sealed);
        let mut targets = Vec::new();
        for path in &sealed {
            targets.push((path.clone(), self.repo.entry(scope.tree, path)?));
        }
        scope.rolled_back = self.repo.edit_tree(scope.rolled_back, &targets)?;
        scope.candidates = rest;
        Ok((scope, sealed))
    }

    /// Sets the mark after a run. An edit that stays without being kept is not part of it, and so belongs to the
    /// next experiment; what others have committed meanwhile is, as it is no edit.
    fn mark_end(&self, scope: &Scope, is_kept: bool, change: &TreeChange) -> Result<()> {
        let head = self.repo.head()?.commit;
        let is_back = head == scope.base;
        let tree =
            if is_kept || scope.mode == Mode::Committed && !is_back { scope.tree } else { scope.rolled_back };
        let expected = match &change.moved {
            Some(moved) => moved.to,
            None if is_back || is_kept => head,
            None => scope.head,
        };
        let meanwhile = self.repo.changes(self.repo.tree_of(expected)?, self.repo.tree_of(head)?)?;
        let mut committed = Vec::new();
        for change in meanwhile {
            // What others have kept moves the branch and not these files.
            if self.repo.is_at(&change.path, change.after)? {
                committed.push((change.path, change.after));
            }
        }
        mark::set(self.repo, self.repo.edit_tree(tree, &committed)?, head)
    }
}

/// The commit that the record names as the kept one.
fn kept_in(record: &Record, scope: &Scope) -> ObjectId {
    record.text("kept_commit").and_then(|commit| commit.parse().ok()).unwrap_or(scope.head)
}
