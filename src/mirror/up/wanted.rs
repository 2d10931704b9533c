//! What somebody wants to go up.

use serde::{Deserialize, Serialize};

use crate::mirror::policy::file::Up;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

/// Something that somebody wants to publish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What it is called: a commit or an experiment.
    pub name: String,
    /// The commit that has it.
    pub tip: ObjectId,
    /// The commit that has it not; nothing where everything in `tip` belongs to it.
    pub base: Option<ObjectId>,
}

/// What is to be planned.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Wanted {
    /// The changes; none for a whole branch.
    pub changes: Vec<Change>,
    /// The tip of the branch that is published whole; the private branch where it is not given.
    pub branch_tip: Option<ObjectId>,
    /// How; as the policy says where it is not given.
    pub mode: Option<Up>,
    /// The message, where it is not the commits' own.
    pub message: Option<String>,
    /// What the branch is to be called over there.
    pub branch: Option<String>,
    /// What picked changes are put upon, where that is not the public tip.
    pub onto: Option<ObjectId>,
    /// What somebody has decided about changes that conflict.
    #[serde(default)]
    pub decisions: Vec<Decision>,
}

/// What somebody has decided about a change that conflicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The commit that has the change.
    pub tip: ObjectId,
    /// The public tree that it was put upon; upon another one it has to be decided again.
    pub ground: ObjectId,
    /// What both come to; nothing where the change is left out.
    pub tree: Option<ObjectId>,
}

/// A change that somebody has to decide about; all trees are without what is private.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// Which.
    pub change: Change,
    /// The tree that has it not.
    pub base: ObjectId,
    /// The public tree that it is put upon.
    pub ground: ObjectId,
    /// The tree that has it.
    pub own: ObjectId,
    /// Where they conflict.
    pub paths: Vec<RepoPath>,
}
