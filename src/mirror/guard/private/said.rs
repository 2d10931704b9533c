//! Messages of commits and tags that say what private files say.

use crate::mirror::guard::case::Case;
use crate::mirror::guard::headers::Parts;
use crate::mirror::guard::private::compare::Likeness;
use crate::mirror::guard::private::index::Index;
use crate::mirror::guard::rule::Text;
use crate::model::object::ObjectId;

/// A text that looks like a private file, before it is asked what was public too.
#[derive(Debug)]
pub struct Said {
    /// Its id.
    pub id: ObjectId,
    /// The ref of the other side that brings it there.
    pub target: String,
    /// Whether it is a commit; else a tag.
    pub is_commit: bool,
    /// What it looks like.
    pub likeness: Likeness,
}

impl Said {
    /// What of a commit or tag looks like a private file: its message, or what was merged with a signed tag.
    pub fn of(case: &Case<'_>, index: &Index, text: &Text<'_>) -> Option<Self> {
        if index.is_empty() {
            return None;
        }
        let (parts, share) = (Parts::of(text.bytes), case.policy.near_copy());
        let mut messages = std::iter::once(parts.message).chain(parts.all("mergetag"));
        let likeness = messages.find_map(|message| index.likeness_of(b"", message, share))?;
        Some(Self { id: text.id, target: text.target.to_owned(), is_commit: text.is_commit, likeness })
    }
}
