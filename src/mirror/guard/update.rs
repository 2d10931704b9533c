//! What a push would do to one ref of the other side.

use crate::model::object::ObjectId;

/// One ref of the other side, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// What was named on this side, as it was typed: a ref, an expression such as `stash@{0}`, or `(delete)`.
    pub source: String,
    /// What the ref is to point to; nothing where it is deleted.
    pub new: Option<ObjectId>,
    /// The full name of the ref over there.
    pub target: String,
    /// What it points to there, as far as is known; it need not be here.
    pub old: Option<ObjectId>,
}
