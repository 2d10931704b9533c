//! The work trees of a tag after its tip has moved: those that are clean where it matters go along.

use anyhow::Result;

use crate::git::repo::Repo;
use crate::model::object::ObjectId;
use crate::model::outcome::TreeChange;
use crate::model::path;
use crate::run::lock::{Patience, WorkTreeLock};
use crate::run::mark;
use crate::run::runner::Runner;
use crate::run::tip::Since;
use crate::store::pending::{Pending, Scope};

impl Runner<'_> {
    /// Brings this work tree, which is locked, and the checkouts of the tag's branch to where the tip is now.
    pub(super) fn bring_along(&self, pending: &Pending, change: &mut TreeChange) -> Result<()> {
        self.bring_others(&pending.worktree, change)?;
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
    /// that the run came from.
    pub(super) fn bring_all(&self, pending: &Pending, change: &mut TreeChange) -> Result<()> {
        self.bring_others("", change)?;
        let stays = pending.task.as_ref().is_some_and(|task| task.stay);
        if pending.scope.tip.is_none() || stays {
            return Ok(());
        }
        let own =
            self.repo.worktrees()?.into_iter().find(|tree| tree.name == pending.worktree && !tree.is_gone);
        let Some(own) = own else { return Ok(()) };
        let place = self.repo.open_worktree(&own.dir)?;
        // One that is being trained in catches up when that is over.
        if let Ok(_lock) = WorkTreeLock::take(&place, Patience::Refuse)
            && let Some(note) = self.catch_up(&place, &pending.scope)?
        {
            change.notes.push(note);
        }
        Ok(())
    }

    /// The checkouts of the branch that has moved, all but the one named.
    fn bring_others(&self, but: &str, change: &mut TreeChange) -> Result<()> {
        let Some(moved) = change.moved.clone().filter(|moved| moved.reference != "HEAD") else {
            return Ok(());
        };
        if !self.repo.has_worktrees() && but == "main" {
            return Ok(());
        }
        for tree in self.repo.worktrees()? {
            if tree.name == but
                || tree.is_gone
                || tree.branch.as_deref() != moved.reference.strip_prefix("refs/heads/")
            {
                continue;
            }
            let place = self.repo.open_worktree(&tree.dir)?;
            let told = match WorkTreeLock::take(&place, Patience::Refuse) {
                Ok(_lock) => self.go_along(&place, moved.from, moved.to)?,
                Err(_) => Some("a run has it".to_owned()),
            };
            if let Some(why) = told {
                change.notes.push(format!(
                    "{} stays behind its branch: {why}; there: git diff {} HEAD",
                    tree.dir.display(),
                    moved.from.short()
                ));
            }
        }
        Ok(())
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
        let all = self.store.summaries()?;
        if from == tip || !matches!(self.between(from, tip, &all)?, Since::Keeps(_)) {
            return Ok(None);
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
