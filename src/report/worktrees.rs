//! `gx worktree`: the editing trees of agents, and how each stands to the tip of its tag.

use serde::Serialize;

use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

/// The answer of `gx worktree ls`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Worktrees {
    /// The main one first, then by name.
    pub worktrees: Vec<Worktree>,
}

/// What a work tree is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The one that the repository was made with.
    Main,
    /// One that somebody edits in.
    Linked,
    /// One of gx's own, for isolated runs.
    Checkout,
}

/// A work tree.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Worktree {
    /// Its top.
    pub dir: String,
    /// What it is for.
    pub kind: Kind,
    /// The tag of its runs.
    pub tag: Option<String>,
    /// The branch that HEAD is on; null when detached.
    pub branch: Option<String>,
    /// The commit of HEAD.
    pub head: Option<ObjectId>,
    /// The commit that the tag's branch is at.
    pub tip: Option<ObjectId>,
    /// How many commits HEAD has that the tip has not.
    pub ahead: Option<usize>,
    /// How many commits the tip has that HEAD has not.
    pub behind: Option<usize>,
    /// The keeps among them, the newest first, where they are all keeps.
    pub keeps_behind: Vec<ExperimentId>,
    /// The paths that are not as in HEAD.
    pub edited: Vec<RepoPath>,
    /// The experiment that runs in it.
    pub running: Option<ExperimentId>,
    /// Whether its folder is not there any more.
    pub is_gone: bool,
}

/// The answer of `gx worktree add`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AddedWorktrees {
    /// The tag of their runs.
    pub tag: String,
    /// The commit that they are at.
    pub head: ObjectId,
    /// Their tops.
    pub dirs: Vec<String>,
    /// The ignored paths that they borrow from the main work tree.
    pub linked: Vec<String>,
    /// The next sensible command.
    pub next: String,
}
