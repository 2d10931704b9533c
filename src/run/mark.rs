//! The mark: the state in which gx left a work tree, so that what was dirty then is not taken for the next idea.
//!
//! It is a commit under `refs/gx/marks/`, its tree the work tree and its parent HEAD at that moment;
//! with HEAD beside it one can tell what was uncommitted at the mark from what was committed since.

use anyhow::Result;

use crate::clock::Timestamp;
use crate::git::object::NewCommit;
use crate::git::refs::Swap;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;

/// The state of a work tree at the mark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// The work tree.
    pub tree: ObjectId,
    /// The tree of HEAD.
    pub head_tree: ObjectId,
}

fn name(repo: &Repo) -> String {
    format!("refs/gx/marks/{}", repo.worktree_name())
}

/// The mark of this work tree; one that cannot be read counts as none.
pub fn read(repo: &Repo) -> Result<Option<Mark>> {
    let Ok(Some(commit)) = repo.read_ref(&name(repo)) else { return Ok(None) };
    let read = || {
        let parent = repo.parents(commit)?;
        let head = parent.first().copied().unwrap_or(commit);
        Ok::<_, anyhow::Error>(Mark { tree: repo.tree_of(commit)?, head_tree: repo.tree_of(head)? })
    };
    Ok(read().ok())
}

/// Drops the mark of a work tree that is gone: another one may get its name.
pub fn forget(repo: &Repo, worktree: &str) -> Result<()> {
    let name = format!("refs/gx/marks/{worktree}");
    if repo.read_ref(&name).ok() == Some(None) { Ok(()) } else { repo.reset_broken_ref(&name, None) }
}

/// The commit of HEAD at the mark.
pub(super) fn head(repo: &Repo) -> Option<ObjectId> {
    let commit = repo.read_ref(&name(repo)).ok()??;
    repo.parents(commit).ok()?.first().copied()
}

/// Sets the mark of this work tree.
pub fn set(repo: &Repo, tree: ObjectId, head: ObjectId) -> Result<()> {
    let name = name(repo);
    let old = match repo.read_ref(&name) {
        Ok(old) => old,
        // A power cut can tear it, as nothing forces it to the disk.
        Err(_) => repo.reset_broken_ref(&name, None).map(|()| None)?,
    };
    if let Some(old) = old
        && repo.tree_of(old).ok() == Some(tree)
        && repo.parents(old).ok().as_deref() == Some(&[head])
    {
        return Ok(());
    }
    let commit = NewCommit { tree, parents: &[head], message: "gx: mark\n", at: Timestamp::now() };
    let commit = repo.write_commit(&commit)?;
    let mut new = repo.new_trees(tree, repo.tree_of(head)?)?;
    new.push(commit);
    repo.sync_objects(&new)?;
    // Only runs set the mark, and a work tree has one at a time; a lost race means `gx init` beside one.
    match repo.swap_ref(&name, commit, old, "gx: mark")? {
        Swap::Done | Swap::Lost => Ok(()),
    }
}
