//! The work trees of a tag after its tip has moved: those that are clean where it matters go along.

use anyhow::Result;

use crate::git::diff::Change;
use crate::git::refs::Swap;
use crate::git::repo::{Head, Repo};
use crate::model::object::ObjectId;
use crate::model::outcome::{Moved, Refusal, TreeChange};
use crate::model::path::{self, RepoPath};
use crate::model::record::Record;
use crate::model::status::Status;
use crate::run::lock::{Patience, Reach, WorkTreeLock};
use crate::run::mark;
use crate::run::runner::Runner;
use crate::run::tip::Since;
use crate::store::experiments::Stored;
use crate::store::pending::{Pending, Scope};

impl Runner<'_> {
    /// Brings this work tree, which is locked, and the checkouts of the tag's branch to where the tip is now.
    pub(super) fn bring_along(&self, pending: &Pending, change: &mut TreeChange) -> Result<()> {
        let moved = self.move_of(pending, change)?;
        self.bring_others(moved, Some(&pending.worktree), None, change)?;
        if pending.task.as_ref().is_some_and(|task| task.stay) {
            return Ok(());
        }
        let scope = &pending.scope;
        let is_alone = scope.tip.is_none() && change.superseded.is_empty();
        let head = self.repo.head()?;
        // The common case: nobody else works on the branch, and it is where this run has put it.
        if is_alone && (change.moved.is_some() || head.commit == scope.head) {
            return Ok(());
        }
        if let Some(note) = self.catch_up(self.repo, scope)? {
            change.notes.push(note);
        }
        Ok(())
    }

    /// Brings the work trees along that have the branch checked out which an isolated keep has moved, and the one
    /// that the run came from; `reach` says whether this work tree is locked already.
    pub(super) fn bring_all(&self, pending: &Pending, reach: Reach, change: &mut TreeChange) -> Result<()> {
        let in_hand = (reach == Reach::Trees).then(|| self.repo.worktree_name());
        let moved = self.move_of(pending, change)?;
        self.bring_others(moved, None, in_hand.as_deref(), change)?;
        let stays = pending.task.as_ref().is_some_and(|task| task.stay);
        if pending.scope.tip.is_none() || stays {
            return Ok(());
        }
        let own =
            self.repo.worktrees()?.into_iter().find(|tree| tree.name == pending.worktree && !tree.is_gone);
        let Some(own) = own else { return Ok(()) };
        let place = self.repo.open_worktree(&own.dir)?;
        // One that is being trained in catches up when that is over.
        if let Ok(_lock) = lock_of(&place, in_hand.as_deref())
            && let Some(note) = self.catch_up(&place, &pending.scope)?
        {
            change.notes.push(note);
        }
        Ok(())
    }

    /// The move of the tip that others are to follow: this process made it, or one before it that was killed.
    fn move_of(&self, pending: &Pending, change: &TreeChange) -> Result<Option<Moved>> {
        if change.refused.is_some() || change.moved.as_ref().is_some_and(|moved| moved.reference != "HEAD") {
            return Ok(change.moved.clone());
        }
        let record = self.store.record(pending.snapshot)?;
        let kept = record.text("kept_commit").filter(|_| record.status() == Status::Keep);
        match (kept.and_then(|kept| kept.parse().ok()), record.text("id")) {
            (Some(kept), Some(id)) => self.move_made(&pending.scope, id, kept),
            _ => Ok(None),
        }
    }

    /// Where the keeps of an experiment's tag go, seen from a detached HEAD; nothing where HEAD is on a branch.
    pub(super) fn tip_head(&self, record: &Record) -> Result<Option<Head>> {
        let name = format!("refs/heads/autoresearch/{}", record.text("tag").unwrap_or_default());
        if self.repo.head()?.branch.is_some() {
            return Ok(None);
        }
        let tip = self.repo.read_ref(&name)?;
        Ok(tip.map(|commit| Head { branch: Some(name), commit }))
    }

    /// Moves the tip to a commit that a person keeps from an agent's tree, which is locked; all that can go along do.
    pub(super) fn keep_on_tip(
        &self,
        stored: &Stored,
        tip: &Head,
        kept: ObjectId,
        committed: Vec<RepoPath>,
    ) -> Result<TreeChange> {
        let (reference, log) = (tip.reference().to_owned(), format!("gx: keep {}", stored.id));
        let mut change = TreeChange::default();
        if self.repo.swap_ref(&reference, kept, Some(tip.commit), &log)? == Swap::Lost {
            let advice = format!("gx keep {} --reason \"…\"", stored.id);
            change.refused = Some(Refusal { why: Refusal::RACE.to_owned(), advice });
            return Ok(change);
        }
        self.repo.sync_ref(&reference)?;
        change.moved = Some(Moved { reference, from: tip.commit, to: kept });
        change.committed = committed;
        self.bring_others(change.moved.clone(), Some(&self.repo.worktree_name()), None, &mut change)?;
        let from = self.repo.head()?.commit;
        match self.go_along(self.repo, from, kept)? {
            Some(why) => change.notes.push(format!("this work tree stays at {}: {why}", from.short())),
            None => drop(self.repo.set_detached_head(kept, from, &log)?),
        }
        Ok(change)
    }

    /// The checkouts of the branch that has moved, all but the one named; `in_hand` is locked by this process.
    fn bring_others(
        &self,
        moved: Option<Moved>,
        but: Option<&str>,
        in_hand: Option<&str>,
        change: &mut TreeChange,
    ) -> Result<()> {
        let Some(moved) = moved.filter(|moved| moved.reference != "HEAD") else { return Ok(()) };
        if !self.repo.has_worktrees() && but == Some("main") {
            return Ok(());
        }
        for tree in self.repo.worktrees()? {
            if Some(tree.name.as_str()) == but
                || tree.is_gone
                || tree.branch.as_deref() != moved.reference.strip_prefix("refs/heads/")
            {
                continue;
            }
            let place = self.repo.open_worktree(&tree.dir)?;
            let lock = lock_of(&place, in_hand);
            let told = match &lock {
                Ok(_) => self.go_along(&place, moved.from, moved.to)?,
                Err(_) => Some("a run has it".to_owned()),
            };
            if let Some(why) = told {
                if lock.is_ok() {
                    place.follow_in_index(moved.from, moved.to)?;
                }
                change.notes.push(format!(
                    "{} stays behind its branch: {why}; there: git diff {} HEAD",
                    tree.dir.display(),
                    moved.from.short()
                ));
            }
        }
        Ok(())
    }

    /// The commit that this work tree still stands at, where the keeps of others have moved its branch and it could
    /// not follow; nothing where that is HEAD's.
    pub(super) fn ground(&self, head: &Head) -> Result<Option<ObjectId>> {
        let Some(then) =
            mark::head(self.repo).filter(|then| head.branch_name().is_some() && *then != head.commit)
        else {
            return Ok(None);
        };
        if !self.repo.is_ancestor(then, head.commit)?
            || !matches!(self.between(then, head.commit)?, Since::Keeps(_))
        {
            return Ok(None);
        }
        let changes = self.repo.changes(self.repo.tree_of(then)?, self.repo.tree_of(head.commit)?)?;
        for Change { path, after, .. } in &changes {
            // Somebody has brought it along by hand.
            if self.repo.is_at(path, *after)? {
                return Ok(None);
            }
        }
        Ok((!changes.is_empty()).then_some(then))
    }

    /// Brings a locked work tree from where the run found it to the tip; says why it could not.
    fn catch_up(&self, place: &Repo, scope: &Scope) -> Result<Option<String>> {
        let head = place.head()?;
        let tip = match &scope.tip {
            Some(tip) => self.repo.read_ref(tip)?,
            None => Some(head.commit),
        };
        let Some(tip) = tip else { return Ok(None) };
        let from = if head.branch_name().is_some() { scope.head } else { head.commit };
        if from == tip {
            return Ok(None);
        }
        match self.between(from, tip)? {
            Since::Keeps(_) => {}
            Since::Nothing => return Ok(None),
            Since::Others => {
                let branch = scope.tip.as_deref().and_then(|tip| tip.strip_prefix("refs/heads/"));
                return Ok(branch.map(|branch| {
                    format!("{branch} has commits that gx did not make; to go there: git checkout --detach {branch}")
                }));
            }
        }
        if let Some(why) = self.go_along(place, from, tip)? {
            return Ok(Some(format!("this work tree stays at {}: {why}", from.short())));
        }
        if head.branch_name().is_none() {
            // One that somebody has moved meanwhile stays where he wants it.
            let _ = place.set_detached_head(tip, from, "gx: follow the tip")?;
        }
        Ok(None)
    }

    /// Writes into a locked work tree what lies between two commits, or says what is in the way.
    fn go_along(&self, place: &Repo, from: ObjectId, to: ObjectId) -> Result<Option<String>> {
        let blocked = place.in_the_way(from, to)?;
        if !blocked.is_empty() {
            return Ok(Some(format!("{} edited", path::list(&blocked))));
        }
        place.follow(from, to)?;
        if let Some(mark) = mark::read(place)? {
            let changes = place.changes(place.tree_of(from)?, place.tree_of(to)?)?;
            let changes: Vec<_> = changes.into_iter().map(|change| (change.path, change.after)).collect();
            mark::set(place, place.edit_tree(mark.tree, &changes)?, to)?;
        }
        Ok(None)
    }
}

/// Locks a work tree for as long as it is changed, where this process has not done so before.
fn lock_of(place: &Repo, in_hand: Option<&str>) -> Result<Option<WorkTreeLock>> {
    let is_in_hand = in_hand == Some(place.worktree_name().as_str());
    if is_in_hand { Ok(None) } else { WorkTreeLock::take(place, Patience::Refuse).map(Some) }
}
