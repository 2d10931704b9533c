//! `gx keep` and `gx discard`: a person's verdict over gx's own, at any time.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use crate::error::{fault, misuse};
use crate::git::diff::Change;
use crate::git::repo::Head;
use crate::git::worktree::inside;
use crate::model::object::ObjectId;
use crate::model::outcome::TreeChange;
use crate::model::path::{self, RepoPath};
use crate::model::record::{Fields, Record};
use crate::model::status::Status;
use crate::run::lock::{Patience, WorkTreeLock};
use crate::run::mark;
use crate::run::plan::Plan;
use crate::run::runner::Runner;
use crate::run::tip::Since;
use crate::store::experiments::Stored;
use crate::store::pending::{Mode, Scope};

impl Runner<'_> {
    /// Keeps an experiment whatever its verdict was; branch and work tree follow where that is safe.
    ///
    /// `with` adds files of the work tree that the experiment needs and Git does not track.
    pub fn keep(&self, stored: &Stored, reason: &str, with: &[std::path::PathBuf]) -> Result<TreeChange> {
        let (record, _lock) = self.open_verdict(stored, reason)?;
        let with = with.iter().map(|path| self.addition(path)).collect::<Result<Vec<_>>>()?;
        let place = self.repo.head()?;
        // An agent's tree is detached: what a person keeps there goes where the agent's keeps go.
        let head = self.tip_head(&record)?.unwrap_or_else(|| place.clone());
        if let Some(kept) = self.kept_before(&record, &head)?
            && (with.is_empty() || kept != head.commit)
        {
            self.override_with(stored, Status::Keep, reason, json!(kept))?;
            let advice = format!("git add {} && git commit", path::list(&with));
            let plan = match with.is_empty() {
                true => Plan::default(),
                false => Plan::refuse("the branch has moved on since it was kept", advice),
            };
            return plan.apply(self.repo);
        }
        let plan = match self.keep_scope(stored, &record, &head, &with)? {
            Ok(scope) => {
                let message = format!(
                    "{}\n\nGx-Experiment: {}\n",
                    record.text("hypothesis").unwrap_or_default(),
                    stored.id
                );
                let kept = self.kept_of(stored, &scope, &message)?;
                self.override_with(stored, Status::Keep, reason, json!(kept))?;
                if head.reference() != place.reference() {
                    return self.keep_on_tip(stored, &head, kept, scope.candidates);
                }
                Plan::keep(self.repo, &scope, kept, None, &format!("gx: keep {}", stored.id))?
                    .with_files(self.repo, &scope)?
            }
            Err(why) => {
                self.override_with(stored, Status::Keep, reason, json!(stored.snapshot))?;
                let advice = match self.other_branch(&record, &head)? {
                    Some((branch, _)) => {
                        format!("git switch {branch} && gx keep {} --reason \"…\"", stored.id)
                    }
                    None if head.reference() != place.reference() => {
                        let branch = head.branch_name().unwrap_or_default();
                        format!("git stash && git checkout --detach {branch} && gx restore {}", stored.id)
                    }
                    None => format!("gx restore {}", stored.id),
                };
                Plan::refuse(why, advice)
            }
        };
        let change = plan.apply(self.repo)?;
        self.mark_head(&change)?;
        Ok(change)
    }

    /// The commit of an experiment that is kept already, where the branch has it.
    fn kept_before(&self, record: &Record, head: &Head) -> Result<Option<ObjectId>> {
        let kept = record.text("kept_commit").and_then(|commit| commit.parse().ok());
        let kept = kept.filter(|_| record.status() == Status::Keep);
        Ok(match kept {
            Some(kept) if self.repo.is_ancestor(kept, head.commit)? => Some(kept),
            _ => None,
        })
    }

    /// Discards an experiment whatever its verdict was; branch and work tree follow where that is safe.
    pub fn discard(&self, stored: &Stored, reason: &str) -> Result<TreeChange> {
        let (record, _lock) = self.open_verdict(stored, reason)?;
        let kept: Option<ObjectId> = record.text("kept_commit").and_then(|commit| commit.parse().ok());
        // Without a change of its own, what it is kept as is somebody else's commit.
        let kept = kept.filter(|_| record.text("mode") != Some("unchanged"));
        let head = self.repo.head()?;
        if let (Some(kept), Some(tip)) = (kept, self.tip_head(&record)?)
            && self.repo.is_ancestor(kept, tip.commit)?
        {
            return Err(self.not_from_here(stored, &tip));
        }
        let plan = match kept {
            None => Plan::default(),
            Some(kept) if kept == head.commit => {
                let scope = self.discard_scope(stored, &record, &head)?;
                let log = format!("gx: discard {}", stored.id);
                Plan::roll_back(self.repo, &scope, &self.editable()?, &Since::Nothing, &log)?
            }
            Some(kept) if self.repo.is_ancestor(kept, head.commit)? => Plan::refuse(
                "the branch has moved on since it was kept",
                format!("git revert {}", kept.short()),
            ),
            Some(kept) => match self.other_branch(&record, &head)? {
                Some((branch, tip)) if self.repo.is_ancestor(kept, tip)? => Plan::refuse(
                    format!("it is on {branch}"),
                    format!("git switch {branch} && gx discard {} --reason \"…\"", stored.id),
                ),
                _ => Plan::default(),
            },
        };
        self.override_with(stored, Status::Discard, reason, Value::Null)?;
        let change = plan.apply(self.repo)?;
        self.mark_head(&change)?;
        Ok(change)
    }

    /// What the tip holds is taken back on the branch itself, since others stand on it.
    fn not_from_here(&self, stored: &Stored, tip: &Head) -> anyhow::Error {
        let (id, branch) = (&stored.id, tip.branch_name().unwrap_or_default());
        let trees = self.repo.worktrees().unwrap_or_default();
        let place = trees.into_iter().find(|tree| tree.branch.as_deref() == Some(branch) && !tree.is_gone);
        let hint = match place {
            Some(tree) => format!("`gx -C {} discard {id} --reason \"…\"`", tree.dir.display()),
            None => format!("`git switch {branch} && gx discard {id} --reason \"…\"`"),
        };
        fault(format!("{id} is on {branch}, and this work tree is not"))
            .hint(format!("discard it there: {hint}"))
            .into()
    }

    /// The branch that an experiment was made on and where that stands, if HEAD is not on it.
    fn other_branch(&self, record: &Record, head: &Head) -> Result<Option<(String, ObjectId)>> {
        let Some(reference) = record.text("branch").filter(|name| *name != head.reference()) else {
            return Ok(None);
        };
        let Some(branch) = reference.strip_prefix("refs/heads/") else { return Ok(None) };
        Ok(self.repo.read_ref(reference)?.map(|tip| (branch.to_owned(), tip)))
    }

    fn open_verdict(&self, stored: &Stored, reason: &str) -> Result<(Record, WorkTreeLock)> {
        if reason.trim().is_empty() {
            return Err(misuse("the reason is empty")
                .hint("say why, for those who read it in a month")
                .into());
        }
        if let Some(site) = stored.id.site() {
            return Err(fault(format!(
                "{} is an experiment of `{site}`: its verdict is given there",
                stored.id
            ))
            .hint(format!("to try it here: `gx restore {}`, then `gx run`", stored.id))
            .hint(format!("to say something about it: `gx note {} \"…\"`", stored.id))
            .into());
        }
        let record = self.store.record(stored.snapshot)?;
        if record.status() == Status::NoRecord {
            return Err(fault(format!(
                "the record of {} is not here, so there is nothing to judge",
                stored.id
            ))
            .hint("bring it: `gx pull`, or `git fetch origin \"refs/notes/*:refs/notes/*\"`")
            .into());
        }
        if !record.status().is_final() {
            return Err(fault(format!("{} is still `{}`", stored.id, record.status()))
                .hint(format!("wait for its own verdict first: `gx show {}`", stored.id))
                .into());
        }
        Ok((record, WorkTreeLock::take(self.repo, Patience::Refuse)?))
    }

    fn override_with(&self, stored: &Stored, status: Status, reason: &str, kept: Value) -> Result<()> {
        let fields = [
            ("status", json!(status)),
            ("reason", json!(reason.trim())),
            ("verdict_by", json!("hand")),
            ("kept_commit", kept),
        ];
        self.store
            .append(stored.snapshot, Fields::from_iter(fields.map(|(key, value)| (key.to_owned(), value))))
    }

    /// After a change of the branch or the tree: what is dirty now was not made by a run.
    fn mark_head(&self, change: &TreeChange) -> Result<()> {
        if let Some(moved) = &change.moved {
            let old = mark::read(self.repo)?.map_or(self.repo.tree_of(moved.from)?, |mark| mark.tree);
            let (from, to) = (self.repo.tree_of(moved.from)?, self.repo.tree_of(moved.to)?);
            let changes = self.repo.changes(from, to)?.into_iter().map(|change| (change.path, change.after));
            let tree = self.repo.edit_tree(old, &changes.collect::<Vec<_>>())?;
            mark::set(self.repo, tree, moved.to)?;
        }
        Ok(())
    }

    fn addition(&self, path: &Path) -> Result<RepoPath> {
        let inside = inside(self.repo.work_dir(), path);
        let inside = inside.filter(|inside| self.repo.work_dir().join(inside.as_path()).is_file());
        inside.ok_or_else(|| misuse(format!("`{}` is no file of this work tree", path.display())).into())
    }

    /// What keeping would touch, or why the tree cannot follow.
    fn keep_scope(
        &self,
        stored: &Stored,
        record: &Record,
        head: &Head,
        with: &[RepoPath],
    ) -> Result<Result<Scope, String>> {
        let idea = self.idea(stored, record)?;
        let head_tree = self.repo.tree_of(head.commit)?;
        let mut candidates = Vec::new();
        for change in self.repo.changes(idea.base, idea.tree)? {
            let committed = self.repo.entry(head_tree, &change.path)?;
            if committed == change.after {
                continue;
            }
            if committed != change.before {
                return Ok(Err(format!("HEAD has another `{}` than its base", change.path)));
            }
            let is_own = self.repo.is_at(&change.path, change.before)?
                && self.repo.obstacles(&change.path)?.is_empty()
                || self.repo.is_at(&change.path, change.after)?;
            if !is_own {
                return Ok(Err(format!("`{}` has other uncommitted changes", change.path)));
            }
            candidates.push((change.path, change.after));
        }
        for path in with {
            let blob = self.repo.blob_of_file(path)?;
            candidates.push((path.clone(), Some(blob)));
        }
        let tree = self.repo.edit_tree(head_tree, &candidates)?;
        Ok(Ok(Scope {
            mode: Mode::Dirty,
            reference: head.reference().to_owned(),
            tip: None,
            tip_at: None,
            head: head.commit,
            base: head.commit,
            tree,
            rolled_back: head_tree,
            candidates: candidates.into_iter().map(|(path, _)| path).collect(),
        }))
    }

    fn kept_of(&self, stored: &Stored, scope: &Scope, message: &str) -> Result<ObjectId> {
        let parents = self.repo.parents(stored.snapshot)?;
        // In committed mode the agent's own commits are the second parent: they are what the branch goes back to.
        if let Some(own) = parents.get(1)
            && parents[0] == scope.head
            && self.repo.tree_of(*own)? == scope.tree
        {
            return Ok(*own);
        }
        if scope.tree == self.repo.tree_of(scope.head)? {
            return Ok(scope.head);
        }
        self.commit_candidates(scope, stored.snapshot, message)
    }

    /// What discarding touches: the way from the kept commit back to its parent, or over the agent's own commits
    /// to their base.
    fn discard_scope(&self, stored: &Stored, record: &Record, head: &Head) -> Result<Scope> {
        let own = self.repo.parents(stored.snapshot)?.get(1) == Some(&head.commit);
        let recorded = record.text("base").and_then(|base| base.parse().ok()).filter(|_| own);
        let parent = self.repo.parents(head.commit)?.first().copied();
        let base = recorded.or(parent).unwrap_or(head.commit);
        let (tree, base_tree) = (self.repo.tree_of(head.commit)?, self.repo.tree_of(base)?);
        let changed = record.texts("changed");
        let is_own = |change: &Change| {
            // The kept commit holds nothing else, and an imported one has no list.
            !own || changed.is_empty() || changed.contains(&change.path.to_string())
        };
        let own: Vec<_> = self.repo.changes(base_tree, tree)?.into_iter().filter(is_own).collect();
        let targets: Vec<_> = own.iter().map(|change| (change.path.clone(), change.before)).collect();
        Ok(Scope {
            mode: if base == head.commit { Mode::Unchanged } else { Mode::Committed },
            reference: head.reference().to_owned(),
            tip: None,
            tip_at: None,
            head: head.commit,
            base,
            tree,
            rolled_back: self.repo.edit_tree(tree, &targets)?,
            candidates: own.into_iter().map(|change| change.path).collect(),
        })
    }
}
