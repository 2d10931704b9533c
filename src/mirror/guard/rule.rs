//! A rule of the guard: what it is called, what page explains it, and what it looks at.

use anyhow::Result;

use crate::git::raw::TreeItem;
use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::{Finding, Spot};
use crate::mirror::guard::leaving::Leaving;
pub use crate::mirror::guard::paths::Standing;
use crate::mirror::guard::secrets::scanner::Scanner;
use crate::mirror::guard::update::Update;
use crate::mirror::policy::terms::Policy;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

/// One rule; [`crate::mirror::guard::rules::list::RULES`] holds them all.
pub struct Rule {
    /// Its id, which never changes and is never given again: `G010`.
    pub id: &'static str,
    /// A short name in words with dashes: `private-path`.
    pub name: &'static str,
    /// What may not leave, in one line.
    pub about: &'static str,
    /// Its page, in Markdown: what, why, what to do, how to allow it.
    pub page: &'static str,
    /// What it looks at.
    pub look: Look,
}

/// What a rule looks at. Only blobs are looked at by several threads at once.
pub enum Look {
    /// Each ref of the upload.
    Update(fn(&Case<'_>, &Update) -> Result<()>),
    /// Each new commit and each annotated tag, as raw bytes.
    Text(fn(&Case<'_>, &Text<'_>) -> Result<()>),
    /// All refs, tags and commits together, once.
    Whole(fn(&Case<'_>, &Leaving) -> Result<()>),
    /// The path of each name in each tree of each new commit, once; of what has been published before, too.
    Path(fn(&Case<'_>, &Seen<'_>) -> Result<()>),
    /// Each name in each tree of each new commit, once per path and entry.
    Entry(fn(&Case<'_>, &Seen<'_>) -> Result<()>),
    /// Each new blob, once.
    Blob(fn(&Lens<'_>, &Blob<'_>) -> Vec<Finding>),
    /// Nothing by itself: the walk adds its findings.
    Walk,
}

/// A commit or an annotated tag that would leave.
pub struct Text<'a> {
    /// Its id.
    pub id: ObjectId,
    /// The ref of the other side that brings it there.
    pub target: &'a str,
    /// Whether it is a commit; else a tag.
    pub is_commit: bool,
    /// Its whole bytes, headers and message.
    pub bytes: &'a [u8],
}

impl Text<'_> {
    /// Where it is.
    pub fn spot(&self) -> Spot {
        let (commit, object) = if self.is_commit { (Some(self.id), None) } else { (None, Some(self.id)) };
        Spot { target: Some(self.target.to_owned()), commit, object, ..Spot::default() }
    }
}

/// An entry of a tree that would leave.
pub struct Seen<'a> {
    /// The ref of the other side that brings it there.
    pub target: &'a str,
    /// The first new commit that has it there.
    pub commit: ObjectId,
    /// Its path from the top.
    pub path: &'a RepoPath,
    /// What the policy says of the path.
    pub standing: Standing,
    /// Mode, name and id.
    pub item: &'a TreeItem,
}

impl Seen<'_> {
    /// Where it is.
    pub fn spot(&self) -> Spot {
        Spot {
            target: Some(self.target.to_owned()),
            commit: Some(self.commit),
            object: Some(self.item.id),
            path: Some(self.path.clone()),
            line: None,
        }
    }
}

/// What rules about blobs may ask; it is shared between threads.
pub struct Lens<'a> {
    /// What is allowed.
    pub policy: &'a Policy,
    /// Whether the place is public.
    pub is_public: bool,
    /// What looks for secrets.
    pub scanner: &'a Scanner,
}

/// A blob that would leave.
pub struct Blob<'a> {
    /// Its id.
    pub id: ObjectId,
    /// The first path it was met at.
    pub path: &'a RepoPath,
    /// The first new commit that has it.
    pub commit: ObjectId,
    /// The ref of the other side that brings it there.
    pub target: &'a str,
    /// How many bytes it has.
    pub size: u64,
    /// Its bytes; none of one that is larger than the policy lets be read (`max_blob`).
    pub content: &'a [u8],
}

impl Blob<'_> {
    /// Where it is.
    pub fn spot(&self) -> Spot {
        Spot {
            target: Some(self.target.to_owned()),
            commit: Some(self.commit),
            object: Some(self.id),
            path: Some(self.path.clone()),
            line: None,
        }
    }
}
