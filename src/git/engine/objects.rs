//! What is asked of an engine about objects: bytes in and out, and how commits descend.

use std::fmt;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

/// How often it is tried to write an object while somebody else takes its folder away.
pub(super) const TRIES: usize = 10;

/// Whether an object could not be written since `git gc`, which removes folders that are empty, took the one that was
/// just made for it; by the words of either engine, in the C locale.
pub(super) fn lost_its_folder(words: &str) -> bool {
    words.contains("No such file or directory")
}

/// Git's kinds of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A tree with its history.
    Commit,
    /// Names with modes and ids.
    Tree,
    /// Bytes.
    Blob,
    /// A name for another object.
    Tag,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Commit, Self::Tree, Self::Blob, Self::Tag];

    /// Git's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        }
    }
}

/// An object as it is stored, without its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::git) struct Object {
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// How much differs, in files and lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diffstat {
    /// Files.
    pub files: usize,
    /// Lines added.
    pub insertions: usize,
    /// Lines removed.
    pub deletions: usize,
}

/// A merge of trees, or the paths that conflict.
pub(in crate::git) type Merged = Result<ObjectId, Vec<RepoPath>>;

/// What is done with each object of many: its number in the list, what it is, its bytes.
pub(in crate::git) type Take<'a> = dyn FnMut(usize, Kind, &[u8]) -> Result<()> + 'a;

/// Reading many objects.
pub(in crate::git) trait Reader {
    /// Reads them in their order; [`Torn`] where one is missing or damaged.
    fn read_each(&self, ids: &[ObjectId], take: &mut Take<'_>) -> Result<()>;
}

/// The objects of one repository.
pub(in crate::git) trait Objects: Reader {
    /// What an object is, where it is there.
    fn find(&self, id: ObjectId) -> Result<Option<Kind>>;

    /// How many bytes an object has, where it is there.
    fn size(&self, id: ObjectId) -> Result<Option<u64>>;

    /// Which of many are not there, without reading any; what only a remote has is not there.
    fn absent(&self, ids: &[ObjectId]) -> Result<Vec<ObjectId>>;

    /// An object; [`Torn`] where it is missing or damaged.
    fn read(&self, id: ObjectId) -> Result<Object>;

    /// Writes an object; it is not yet on the disk itself.
    fn write(&self, kind: Kind, content: &[u8]) -> Result<ObjectId>;

    /// The id that content would have as a blob.
    fn hash(&self, content: &[u8]) -> Result<ObjectId>;

    /// The same objects for another thread, which only reads.
    fn reader(&self) -> Box<dyn Reader + Send>;

    /// Ends programs and lets go of memory that are kept for the next question: it may be long until then.
    fn rest(&self) {}

    /// The commit that a revision of Git's own grammar names, where there is one.
    fn revision(&self, text: &str) -> Option<ObjectId>;

    /// Whether `old` is an ancestor of `new`; both are there, and they differ.
    fn descends(&self, new: ObjectId, old: ObjectId) -> Result<bool>;

    /// How many commits `one` has that `other` has not, and how many the other way round.
    fn apart(&self, one: ObjectId, other: ObjectId) -> Result<(usize, usize)>;

    /// The refs below some folders from which a commit is reached; nothing where the engine is no faster than asking
    /// [`Self::descends`] of each.
    fn holders(&self, _commit: ObjectId, _folders: &[&str]) -> Result<Option<Vec<String>>> {
        Ok(None)
    }

    /// How much differs between two trees, at some paths or, where there are none of these, at all.
    fn diffstat(&self, old: ObjectId, new: ObjectId, only: &[RepoPath]) -> Result<Diffstat>;

    /// Merges two trees over a common ancestor.
    fn merge_trees(&self, base: ObjectId, ours: ObjectId, theirs: ObjectId) -> Result<Merged>;
}

/// An object or a ref that is missing or damaged, as after a power cut; in words.
#[derive(Debug)]
pub(in crate::git) struct Torn(pub String);

impl fmt::Display for Torn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Torn {}
