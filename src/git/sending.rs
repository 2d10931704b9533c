//! What a push is to set on the other side.

use crate::model::object::ObjectId;

/// Which value a ref of the other side must have before it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lease {
    /// It does not exist.
    Absent,
    /// It is this.
    At(ObjectId),
    /// It is an ancestor of the new one.
    Ancestor,
}

/// A ref of the other side that is to be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Its full name there.
    pub name: String,
    /// What it is to point to.
    pub new: ObjectId,
    /// What it must be before.
    pub lease: Lease,
}
