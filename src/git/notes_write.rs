//! Setting notes: the folders of the tree that change, and a commit on top of the last one.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::clock::Timestamp;
use crate::git::engine::objects::Kind;
use crate::git::notes::Notes;
use crate::git::object::NewCommit;
use crate::git::packing::Packing;
use crate::git::refs::Swap;
use crate::git::repo::Repo;
use crate::git::tree::{FILE, FOLDER, Tree};
use crate::model::object::ObjectId;

/// From so many notes on what is new is written as one pack: a file for each takes longer to make, and again to collect
/// by `git gc`.
const MANY: usize = 64;

impl Notes<'_> {
    /// Sets notes in one commit, if the ref has not moved since it was opened.
    ///
    /// # Errors
    /// As of [`Self::commit`].
    pub fn write(&self, notes: &BTreeMap<ObjectId, Vec<u8>>, message: &str, at: Timestamp) -> Result<Swap> {
        let mut new = New::of(self.repo(), notes.len());
        let mut blobs = Vec::with_capacity(notes.len());
        for (object, text) in notes {
            blobs.push((*object, new.put(Kind::Blob, text).context("cannot write a note")?));
        }
        let commit = self.commit_of(new, &blobs, message, at)?;
        self.repo().swap_ref(self.name(), commit, self.tip(), message)
    }

    /// The commit that makes these blobs the notes of objects, in the order of these, on top of the tip; no ref moves.
    ///
    /// # Errors
    /// The tip cannot be read, or the repository cannot be written.
    pub fn commit(
        &self,
        blobs: impl IntoIterator<Item = Result<(ObjectId, ObjectId)>>,
        message: &str,
        at: Timestamp,
    ) -> Result<ObjectId> {
        let blobs = blobs.into_iter().collect::<Result<Vec<_>>>()?;
        self.commit_of(New::of(self.repo(), blobs.len()), &blobs, message, at)
    }

    fn commit_of(
        &self,
        mut new: New<'_>,
        blobs: &[(ObjectId, ObjectId)],
        message: &str,
        at: Timestamp,
    ) -> Result<ObjectId> {
        let mut tree = self.tree()?.unwrap_or_default();
        // A folder at a time: there may be a hundred thousand notes, and their names are longer than they are.
        for group in blobs.chunk_by(|a, b| a.0.as_bytes().first() == b.0.as_bytes().first()) {
            let names: Vec<String> = group.iter().map(|(object, _)| object.to_string()).collect();
            let edits = names.iter().zip(group).map(|(name, (_, blob))| (name.as_str(), *blob));
            put(self.repo(), &mut new, &mut tree, Depth::Root, &edits.collect::<Vec<_>>())?;
        }
        let tree = new.put(Kind::Tree, &tree.bytes())?;
        new.finish()?;
        let parents: Vec<ObjectId> = self.tip().into_iter().collect();
        self.repo().write_commit(&NewCommit { tree, parents: &parents, message, at })
    }
}

/// Objects on their way into the repository.
enum New<'a> {
    /// Each as a file of its own.
    Files(&'a Repo),
    /// All in one pack; none of them is there before it is finished.
    Pack(Packing<'a>),
}

impl<'a> New<'a> {
    fn of(repo: &'a Repo, notes: usize) -> Self {
        if notes < MANY { Self::Files(repo) } else { Self::Pack(Packing::new(repo)) }
    }

    fn put(&mut self, kind: Kind, content: &[u8]) -> Result<ObjectId> {
        match self {
            Self::Files(repo) => repo.objects.write(kind, content),
            Self::Pack(pack) => pack.put(kind, content),
        }
    }

    fn finish(self) -> Result<()> {
        match self {
            Self::Files(_) => Ok(()),
            Self::Pack(pack) => pack.finish(),
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Depth {
    Root,
    Folder,
}

/// Makes the edits, sorted by name, in a tree: where the notes already are, or else at `ab/cdef…`. The folders below it
/// are written.
fn put(
    repo: &Repo,
    new: &mut New<'_>,
    tree: &mut Tree,
    depth: Depth,
    edits: &[(&str, ObjectId)],
) -> Result<()> {
    for group in edits.chunk_by(|a, b| a.0.get(..2) == b.0.get(..2)) {
        let name = group[0].0.get(..2).unwrap_or_default().as_bytes();
        let folder = tree.folder(name);
        let mut below = Vec::new();
        for (rest, blob) in group {
            let is_here = tree.get(rest.as_bytes()).is_some();
            if is_here || (folder.is_none() && depth == Depth::Folder) {
                tree.set(FILE, rest.as_bytes(), *blob)?;
            } else {
                below.push((&rest[2..], *blob));
            }
        }
        if !below.is_empty() {
            let mut inner = folder.map(|id| repo.tree(id)).transpose()?.unwrap_or_default();
            put(repo, new, &mut inner, Depth::Folder, &below)?;
            tree.set(FOLDER, name, new.put(Kind::Tree, &inner.bytes())?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_notes_come_in_one_pack_and_say_the_same_as_few() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let object = |number: usize| repo.hash_blob(format!("{number}").as_bytes()).unwrap();
        let notes = |numbers: std::ops::Range<usize>| -> BTreeMap<ObjectId, Vec<u8>> {
            numbers.map(|number| (object(number), format!("note {number}").into_bytes())).collect()
        };
        let write = |name: &'static str, notes: &BTreeMap<_, _>| {
            let written = Notes::open(&repo, name).unwrap().write(notes, "x", Timestamp::now()).unwrap();
            assert_eq!(written, Swap::Done);
        };
        let tree =
            |name: &'static str| repo.tree_of(Notes::open(&repo, name).unwrap().tip().unwrap()).unwrap();
        let before = repo.count_objects().unwrap();
        write("refs/notes/packed", &notes(0..MANY * 2));
        let after = repo.count_objects().unwrap();
        assert_eq!(
            (after.packs - before.packs, after.loose - before.loose),
            (1, 1),
            "the commit alone is a file"
        );
        for begin in (0..MANY * 2).step_by(MANY / 2) {
            write("refs/notes/loose", &notes(begin..begin + MANY / 2));
        }
        assert_eq!(tree("refs/notes/packed"), tree("refs/notes/loose"));
        assert_eq!(repo.count_objects().unwrap().packs, after.packs);
        // On top of what is there, too.
        write("refs/notes/packed", &notes(MANY..MANY * 3));
        let all = Notes::open(&repo, "refs/notes/packed").unwrap().all().unwrap();
        assert_eq!(all.len(), MANY * 3);
        assert_eq!(repo.blob(all[&object(7)]).unwrap(), b"note 7");
        repo.git().args(["fsck", "--strict", "--no-dangling"]).run().unwrap();
    }
}
