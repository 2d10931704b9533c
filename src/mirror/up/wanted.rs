//! What somebody wants to go up.

use crate::mirror::policy::file::Up;
use crate::model::object::ObjectId;

/// Something that somebody wants to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it is called: a commit or an experiment.
    pub name: String,
    /// The commit that has it.
    pub tip: ObjectId,
    /// The commit that has it not; nothing where everything in `tip` belongs to it.
    pub base: Option<ObjectId>,
}

/// What is to be planned.
#[derive(Clone, Debug, Default)]
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
}
