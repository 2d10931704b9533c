//! How two notes of one experiment become one: a union of lines, or the owner's word.
//!
//! What a note becomes is told by blobs that are there, and joined texts are made only when they are written.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use crate::git::repo::Repo;
use crate::model::object::ObjectId;
use crate::model::record::Record;
use crate::store::journal::with;

/// How two notes of one experiment become one.
pub(super) enum Join<'a> {
    /// Every line of both.
    Lines,
    /// That of whose experiment it is: these are ours.
    Owner(&'a BTreeSet<ObjectId>),
}

/// What a note must become; no text is kept, since there may be a hundred thousand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The very blob that the other side has.
    Blob(ObjectId),
    /// The text of one blob with those lines of another that it lacks.
    Joined(Box<[ObjectId; 2]>),
}

/// What either side must change of one note.
#[derive(Debug, Default)]
pub(super) struct Needed {
    /// Of ours.
    pub ours: Option<Change>,
    /// Of theirs.
    pub theirs: Option<Change>,
    /// Whether a newer gx has written to theirs.
    pub is_newer: bool,
}

impl Join<'_> {
    /// What either side should hold that both have, and not the same.
    pub fn both(&self, repo: &Repo, object: ObjectId, own: ObjectId, other: ObjectId) -> Result<Needed> {
        match self {
            Self::Lines => {
                let (ours, theirs) = (repo.blob(own)?, repo.blob(other)?);
                Ok(Needed {
                    ours: grown(&ours, &theirs, (own, other)),
                    theirs: grown(&theirs, &ours, (other, own)),
                    is_newer: Record::fold(&theirs).newer_version().is_some(),
                })
            }
            // The owner's word needs no reading.
            Self::Owner(all) if all.contains(&object) => {
                Ok(Needed { theirs: Some(Change::Blob(own)), ..Needed::default() })
            }
            Self::Owner(_) => Ok(Needed { ours: Some(Change::Blob(other)), ..Needed::default() }),
        }
    }
}

/// What a note becomes that lacks lines of another; nothing where it lacks none.
fn grown(note: &[u8], other: &[u8], (blob, of_other): (ObjectId, ObjectId)) -> Option<Change> {
    let joined = with_lines(note, other);
    if joined == note {
        return None;
    }
    // Mostly one of them is the other and some lines more.
    Some(if joined == other { Change::Blob(of_other) } else { Change::Joined(Box::new([blob, of_other])) })
}

/// A note with those lines of another that it lacks; their order means nothing.
fn with_lines(note: &[u8], other: &[u8]) -> Vec<u8> {
    with(note.to_vec(), other.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect())
}

/// The blobs of notes that must change, by object; those of joined ones are written as they are asked for.
pub(super) fn written<'a>(
    repo: &'a Repo,
    changes: &'a BTreeMap<ObjectId, Change>,
) -> impl Iterator<Item = Result<(ObjectId, ObjectId)>> + 'a {
    let blob = |change: &Change| match change {
        Change::Blob(blob) => Ok(*blob),
        Change::Joined(both) => {
            let [note, other] = **both;
            repo.write_blob(&with_lines(&repo.blob(note)?, &repo.blob(other)?))
        }
    };
    changes.iter().map(move |(object, change)| Ok((*object, blob(change)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_union_of_lines_is_the_same_from_either_side_and_keeps_what_nobody_understands() {
        let (a, b) = (b"{\"at\":1}\nwhat is this\n".as_slice(), b"{\"at\":2}\n{\"at\":1}".as_slice());
        let sorted = |text: Vec<u8>| {
            let mut lines: Vec<_> = text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(with_lines(a, b)), sorted([with_lines(b, a), b"\n".to_vec()].concat())[1..]);
        assert_eq!(with_lines(a, a), a);
        assert_eq!(with_lines(b"", b""), b"");
        assert_eq!(with_lines(&with_lines(a, b), b), with_lines(a, b));
    }

    #[test]
    fn a_note_that_is_another_and_some_lines_more_is_shared_as_the_very_blob() {
        let id = |digit: &str| -> ObjectId { digit.repeat(40).parse().unwrap() };
        let (short, long) = (id("1"), id("2"));
        assert_eq!(grown(b"a\n", b"a\nb\n", (short, long)), Some(Change::Blob(long)));
        assert_eq!(grown(b"a\nb\n", b"a\n", (long, short)), None);
        assert_eq!(grown(b"a\nc\n", b"a\nb\n", (short, long)), Some(Change::Joined(Box::new([short, long]))));
    }
}
