//! What keep and roll back would change, worked out in full before anything is changed.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::config::globs::Globs;
use crate::git::diff::Change;
use crate::git::refs::Swap;
use crate::git::repo::Repo;
use crate::git::worktree::Target;
use crate::model::object::ObjectId;
use crate::model::outcome::{Left, Moved, Refusal, TreeChange};
use crate::model::path::RepoPath;
use crate::process::fail;
use crate::run::tip::Since;
use crate::store::pending::{Mode, Scope};

/// Why a path is left that could be written only over something else.
const IN_THE_WAY: &str = "something else is in its place";

/// A change of the branch, of work tree paths and of index entries.
#[derive(Debug, Default)]
pub(super) struct Plan {
    moved: Option<Moved>,
    /// A detached HEAD that goes along.
    head: Option<Moved>,
    log: String,
    files: Vec<Target>,
    entries: Vec<Target>,
    committed: Vec<RepoPath>,
    left: Vec<Left>,
    refused: Option<Refusal>,
}

impl Plan {
    /// Changes nothing, for a reason.
    pub(super) fn refuse(why: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { refused: Some(Refusal { why: why.into(), advice: advice.into() }), ..Self::default() }
    }

    /// The branch moves forward to `kept`, whose candidate paths are what ran; further, where `step` says so.
    pub(super) fn keep(
        repo: &Repo,
        scope: &Scope,
        kept: ObjectId,
        step: Option<&Moved>,
        log: &str,
    ) -> Result<Self> {
        let head = repo.head()?;
        let is_step_from = |moved: &Moved| moved.reference == scope.reference && moved.from == head.commit;
        let is_where_it_was =
            head.commit == scope.head || head.commit == kept || step.is_some_and(is_step_from);
        if head.reference() != scope.reference || !is_where_it_was {
            let id = log.rsplit(' ').next().unwrap_or_default();
            let advice = format!("gx keep {id} --reason \"its result\"");
            return Ok(Self::refuse("HEAD has moved since the run began", advice));
        }
        if let Some(operation) = repo.operation() {
            return Ok(Self::refuse(
                format!("a {operation} is in progress"),
                format!("git merge --ff-only {}", kept.short()),
            ));
        }
        let mut plan = Self { log: log.to_owned(), committed: scope.candidates.clone(), ..Self::default() };
        let to = step.map_or(kept, |step| step.to);
        if head.commit != to {
            plan.moved = Some(Moved { reference: scope.reference.clone(), from: head.commit, to });
        }
        if let Some(step) = step.filter(|step| step.reference != scope.reference) {
            plan.head = plan.moved.replace(step.clone());
        }
        plan.plan_entries(repo, scope, repo.tree_of(to)?)?;
        Ok(plan)
    }

    /// The branch goes back to the base where the change was committed, the candidate paths to what they were.
    ///
    /// `editable` says which commits the branch may go back over: those that touch such a path, or any path
    /// where it is empty.
    pub(super) fn roll_back(
        repo: &Repo,
        scope: &Scope,
        editable: &Globs,
        since: &Since,
        log: &str,
    ) -> Result<Self> {
        let words: Vec<String> = scope.candidates.iter().map(quoted).collect();
        let restore = format!("git restore --source={} -- {}", scope.base.short(), words.join(" "));
        let head = repo.head()?;
        let is_moved_already = scope.mode == Mode::Committed && head.commit == scope.base;
        // What others have kept meanwhile moves the branch under a work tree, and nothing of this one.
        let is_followed = scope.mode != Mode::Committed && matches!(since, Since::Keeps(_));
        let is_where_it_was = head.commit == scope.head || is_moved_already || is_followed;
        if head.reference() != scope.reference || !is_where_it_was {
            return Ok(Self::refuse("HEAD has moved since the run began", restore));
        }
        let range = format!("{}..{}", scope.base.short(), scope.head.short());
        let revert = format!("git revert --no-edit {range}");
        if let Some(operation) = repo.operation() {
            return Ok(Self::refuse(format!("a {operation} is in progress"), revert));
        }
        let mut plan = Self { log: log.to_owned(), ..Self::default() };
        if scope.mode == Mode::Committed && !is_moved_already {
            if let Some((why, is_straight)) = why_not_back(repo, scope, editable)? {
                return Ok(Self::refuse(why, if is_straight { revert } else { restore }));
            }
            plan.moved = Some(Moved { reference: scope.reference.clone(), from: scope.head, to: scope.base });
        }
        plan.plan_files(repo, scope)?;
        plan.plan_entries(repo, scope, repo.tree_of(scope.base)?)?;
        Ok(plan)
    }

    /// Also writes what the kept commit has into the work tree; for a change that is not there any more.
    pub(super) fn with_files(mut self, repo: &Repo, scope: &Scope) -> Result<Self> {
        if self.refused.is_none() {
            for path in &scope.candidates {
                let wanted = repo.entry(scope.tree, path)?;
                if !repo.is_at(path, wanted)? && repo.obstacles(path)?.is_empty() {
                    self.files.push((path.clone(), wanted));
                }
            }
        }
        Ok(self)
    }

    /// Names paths that stay as they are.
    pub(super) fn leave(mut self, paths: Vec<RepoPath>, why: &str) -> Self {
        self.left.extend(paths.into_iter().map(|path| Left { path, why: why.to_owned() }));
        self
    }

    fn plan_files(&mut self, repo: &Repo, scope: &Scope) -> Result<()> {
        let (base, mut written) = (repo.tree_of(scope.base)?, Vec::new());
        for path in &scope.candidates {
            let (ran, wanted) = (repo.entry(scope.tree, path)?, repo.entry(scope.rolled_back, path)?);
            if repo.is_at(path, wanted)? {
                let is_missing = wanted.is_none() && repo.entry(base, path)?.is_some();
                if is_missing && !repo.obstacles(path)?.is_empty() {
                    self.left.push(Left { path: path.clone(), why: IN_THE_WAY.to_owned() });
                }
            } else if !repo.is_at(path, ran)? {
                self.left.push(Left { path: path.clone(), why: "edited again".to_owned() });
            } else if wanted.is_none() {
                self.files.push((path.clone(), None));
            } else {
                written.push((path.clone(), wanted));
            }
        }
        self.plan_written(repo, written)
    }

    /// Files are written only where nothing lies in the way but what the plan removes.
    fn plan_written(&mut self, repo: &Repo, written: Vec<Target>) -> Result<()> {
        let removed: BTreeSet<RepoPath> = self.files.iter().map(|(path, _)| path.clone()).collect();
        for (path, wanted) in written {
            if repo.obstacles(&path)?.iter().all(|obstacle| removed.contains(obstacle)) {
                self.files.push((path, wanted));
            } else {
                self.left.push(Left { path, why: IN_THE_WAY.to_owned() });
            }
        }
        Ok(())
    }

    /// An index entry follows only where it says what the snapshot or HEAD says; anything else the user staged.
    fn plan_entries(&mut self, repo: &Repo, scope: &Scope, new_head: ObjectId) -> Result<()> {
        let staged = repo.index_entries(&scope.candidates)?;
        // Others may have moved HEAD meanwhile, and the index of a work tree that stayed behind went along.
        let heads = [repo.tree_of(scope.head)?, repo.tree_of(repo.head()?.commit)?];
        for path in &scope.candidates {
            let wanted = repo.entry(new_head, path)?;
            let present = staged.get(path).copied();
            let is_blocked = self.left.iter().any(|left| left.path == *path && left.why == IN_THE_WAY);
            if present == wanted || is_blocked {
                continue;
            }
            let is_of_head = || {
                Ok::<_, anyhow::Error>(
                    present == repo.entry(heads[0], path)? || present == repo.entry(heads[1], path)?,
                )
            };
            if present == repo.entry(scope.tree, path)? || is_of_head()? {
                self.entries.push((path.clone(), wanted));
            } else {
                self.left.push(Left { path: path.clone(), why: "staged with other content".to_owned() });
            }
        }
        Ok(())
    }

    /// Carries the plan out: the branch first, since it alone can be refused by somebody else's move.
    pub(super) fn apply(self, repo: &Repo) -> Result<TreeChange> {
        let mut change = TreeChange { left: self.left, refused: self.refused, ..TreeChange::default() };
        if let Some(moved) = self.moved {
            if repo.swap_ref(&moved.reference, moved.to, Some(moved.from), &self.log)? == Swap::Lost {
                let advice = format!("git log --oneline {}..", moved.from.short());
                let why = Refusal::RACE.to_owned();
                change.refused = Some(Refusal { why, advice });
                return Ok(change);
            }
            repo.sync_ref(&moved.reference)?;
            change.moved = Some(moved);
        }
        if let Some(head) = self.head {
            // Nobody else moves the HEAD of a work tree that is locked; if somebody did, he meant it.
            let _ = repo.swap_ref(&head.reference, head.to, Some(head.from), &self.log)?;
        }
        fail::point("moved");
        repo.write_paths(&self.files)?;
        fail::point("restored");
        repo.update_index(&self.entries)?;
        change.restored = self.files.into_iter().map(|(path, _)| path).collect();
        change.committed = self.committed;
        Ok(change)
    }
}

/// Why the branch must not go back over its commits, where it must not, and whether they could be reverted.
fn why_not_back(repo: &Repo, scope: &Scope, editable: &Globs) -> Result<Option<(String, bool)>> {
    let Some(line) = repo.straight_line(scope.base, scope.head)? else {
        return Ok(Some(("a merge lies on the way back".to_owned(), false)));
    };
    for commit in &line {
        let parents = repo.parents(*commit)?;
        let Some(parent) = parents.first() else {
            return Ok(Some(("the history ends on the way back".to_owned(), false)));
        };
        let changes = repo.changes(repo.tree_of(*parent)?, repo.tree_of(*commit)?)?;
        let touches = |change: &Change| editable.is_empty() || editable.matches(change.path.as_bytes());
        if !changes.iter().any(touches) {
            return Ok(Some((format!("commit {} touches nothing of the experiment", commit.short()), true)));
        }
    }
    let Some(oldest) = line.last() else { return Ok(None) };
    let holders = repo.other_holders(*oldest, &scope.reference)?;
    Ok(holders.first().map(|holder| (format!("commit {} is on {holder} too", oldest.short()), true)))
}

/// A path as a shell takes it.
fn quoted(path: &RepoPath) -> String {
    let text = path.to_string();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./+@%".contains(&byte));
    if is_plain { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
