//! What is built, by the way that was chosen.

use anyhow::Result;

use crate::mirror::policy::file::Up;
use crate::mirror::strip::history::Hear;
use crate::mirror::up::ground::Ground;
use crate::mirror::up::offer::Outcome;
use crate::mirror::up::pick;
use crate::mirror::up::wanted::Wanted;
use crate::mirror::up::whole;

/// Builds it; only objects are written.
///
/// # Errors
/// It cannot be built: a message that nobody has written, a history that is cut off.
pub fn build(ground: &Ground<'_>, wanted: &Wanted, mode: Up, hear: &mut Hear<'_>) -> Result<Outcome> {
    match (mode, wanted.changes.is_empty()) {
        (Up::Strip, _) => whole::strip(ground, wanted, hear).map(Outcome::Built),
        (Up::Squash, true) => whole::squash(ground, wanted).map(Outcome::Built),
        (Up::Squash, false) => pick::squash(ground, wanted),
        (Up::Pick, _) => pick::pick(ground, wanted),
    }
}
