//! What is asked of an engine about refs: reading, and compare-and-swap.

use std::path::Path;

use anyhow::Result;

use crate::model::object::ObjectId;

/// A ref and what it points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ref {
    /// The full name.
    pub name: String,
    /// The object.
    pub target: ObjectId,
}

/// What one try of a compare-and-swap came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::git) enum Try {
    /// The ref has the new value.
    Done,
    /// It had another value than expected.
    Lost,
    /// Somebody holds a lock on it: nothing is decided.
    Locked,
}

/// What HEAD says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::git) struct HeadRef {
    /// The full name of the branch; nothing when detached.
    pub branch: Option<String>,
    /// What it points to; nothing before the first commit of a branch.
    pub target: Option<ObjectId>,
}

/// What is to become of a ref.
#[derive(Clone, Copy, Debug)]
pub(in crate::git) struct Move<'a> {
    /// The full name.
    pub name: &'a str,
    /// What it shall point to.
    pub new: ObjectId,
    /// What it must point to now; nothing where it must not exist.
    pub old: Option<ObjectId>,
    /// For the reflog.
    pub log: &'a str,
}

/// The refs of one repository, with the HEAD of one work tree.
pub(in crate::git) trait Refs {
    /// What a ref points to, symbolic ones followed; [`Torn`](super::objects::Torn) where its value is damaged.
    fn read(&self, name: &str) -> Result<Option<ObjectId>>;

    /// The names of all refs that begin so.
    fn names(&self, prefix: &str) -> Result<Vec<String>>;

    /// All refs that begin so; symbolic ones and those that cannot be read are left out.
    fn list(&self, prefix: &str) -> Result<Vec<Ref>>;

    /// Sets a ref if it still is as expected; symbolic ones are not followed.
    fn swap(&self, wanted: &Move<'_>) -> Result<Try>;

    /// What HEAD says.
    fn head(&self) -> Result<HeadRef>;

    /// Puts HEAD on a branch.
    fn set_head(&self, branch: &str) -> Result<()>;

    /// What the reflog of a ref says it pointed to, newest first.
    fn reflog(&self, name: &str) -> Vec<ObjectId>;

    /// Drops the reflog of a ref.
    fn forget_reflog(&self, name: &str) -> Result<()>;

    /// Puts a ref that was just written onto the disk itself.
    fn sync(&self, name: &str) -> Result<()>;

    /// Makes room for a ref whose value cannot be used.
    fn clear_broken(&self, name: &str) -> Result<()>;

    /// What HEAD of the work tree with this git directory says.
    fn head_of(&self, git_dir: &Path) -> Result<HeadRef>;
}
