//! What a sync stands on: the repository, its mirror, and those who are asked.

use std::any::Any;

use anyhow::Result;

use crate::git::repo::Repo;
use crate::git::transfer::Wire;
use crate::mirror::configured::Mirror;
use crate::model::upload::UploadCheck;

/// Keeps others out of a work tree until what it gives is dropped; an error where somebody is at work there.
pub type Hold<'a> = dyn Fn(&Repo) -> Result<Box<dyn Any>> + 'a;

/// The public tip that was last taken in. What the remote-tracking ref says is not enough: any fetch moves that.
pub const ACCEPTED: &str = "refs/gx/mirror/accepted";

/// One sync in hand.
pub struct Ground<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// What it stands between.
    pub mirror: Mirror,
    /// How git talks to the two.
    pub wire: Wire,
    /// Who keeps runs out of a work tree whose files change.
    pub hold: &'a Hold<'a>,
    /// Who may refuse what leaves for the private repository.
    pub check: &'a dyn UploadCheck,
}

/// What is asked for beside the sync itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// How the two are joined; as the policy says where nothing is said.
    pub how: Option<How>,
    /// What becomes of the result.
    pub push: Push,
    /// What if upstream has rewritten its history.
    pub rewrite: Rewrite,
}

/// How two histories that went apart are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// By a commit with two parents.
    Merge,
    /// The private commits are made again on top.
    Rebase,
}

/// What becomes of the joined branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Push {
    /// It goes to the private repository.
    Send,
    /// It stays here.
    Stay,
}

/// What is done when the public branch no longer has what it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewrite {
    /// Nothing: somebody is told.
    Stop,
    /// It is taken as it is now.
    Accept,
}
