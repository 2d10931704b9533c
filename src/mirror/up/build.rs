//! What is built, by the way that was chosen.

use anyhow::Result;

use crate::mirror::policy::file::Up;
use crate::mirror::strip::history::Hear;
use crate::mirror::up::ground::Ground;
use crate::mirror::up::offer::Built;
use crate::mirror::up::pick;
use crate::mirror::up::whole;
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

/// Builds it; only objects are written.
///
/// # Errors
/// It cannot be built: conflicts, a message that nobody has written, a history that is cut off.
pub fn build(ground: &Ground<'_>, wanted: &Wanted, mode: Up, hear: &mut Hear<'_>) -> Result<Built> {
    match (mode, wanted.changes.is_empty()) {
        (Up::Strip, _) => whole::strip(ground, wanted, hear),
        (Up::Squash, true) => whole::squash(ground, wanted),
        (Up::Squash, false) => pick::squash(ground, wanted),
        (Up::Pick, _) => pick::pick(ground, wanted),
    }
}
