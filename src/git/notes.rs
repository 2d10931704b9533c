//! Notes on commits, in Git's own layout, written so that no process loses another's.
//!
//! `git notes` and libgit2's note functions overwrite each other between processes, and libgit2
//! never fans its trees out (both measured, `docs/store-format.md`); so gx edits the notes tree
//! itself, fanned out as `ab/cdef…`, and moves the ref by compare-and-swap.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::rc::Rc;

use anyhow::{Context, Result};

use crate::git::engine::objects::Torn;
use crate::git::repo::Repo;
use crate::git::tree::{Item, Tree};
use crate::model::object::ObjectId;

/// From so many notes on to look up it is cheaper to list all.
const MANY: usize = 500;

/// So many notes are read before memory is let go of.
const AT_ONCE: usize = 1000;

/// One notes ref as it stood when it was opened.
pub struct Notes<'a> {
    repo: &'a Repo,
    name: &'a str,
    tip: Option<ObjectId>,
}

impl<'a> Notes<'a> {
    /// Opens a notes ref such as `refs/notes/experiments`; it need not exist yet.
    pub fn open(repo: &'a Repo, name: &'a str) -> Result<Self> {
        Ok(Self { repo, name, tip: repo.read_ref(name)? })
    }

    /// The notes as they were at one commit of the ref.
    pub fn at(repo: &'a Repo, name: &'a str, tip: ObjectId) -> Self {
        Self { repo, name, tip: Some(tip) }
    }

    /// The commit that the ref pointed to.
    pub fn tip(&self) -> Option<ObjectId> {
        self.tip
    }

    pub(super) fn name(&self) -> &'a str {
        self.name
    }

    pub(super) fn repo(&self) -> &'a Repo {
        self.repo
    }

    pub(super) fn tree(&self) -> Result<Option<Tree>> {
        let Some(tip) = self.tip else { return Ok(None) };
        let tree = self.repo.tree_of(tip).and_then(|tree| self.repo.tree(tree));
        Ok(Some(tree.with_context(|| format!("cannot read `{}`", self.name))?))
    }

    /// The blob that holds the note of one object.
    pub fn blob_of(&self, object: ObjectId) -> Result<Option<ObjectId>> {
        self.top()?.map_or(Ok(None), |top| find(self.repo, &top, &object.to_string()))
    }

    /// As [`Self::tree`], read once for all that is looked for at one tip.
    fn top(&self) -> Result<Option<Rc<Tree>>> {
        let Some(tip) = self.tip else { return Ok(None) };
        if let Some((known, top)) = &*self.repo.notes_top.borrow()
            && *known == tip
        {
            return Ok(Some(Rc::clone(top)));
        }
        let top = self.tree()?.map(Rc::new);
        *self.repo.notes_top.borrow_mut() = top.clone().map(|top| (tip, top));
        Ok(top)
    }

    /// The note of one object.
    pub fn read(&self, object: ObjectId) -> Result<Option<Vec<u8>>> {
        self.blob_of(object)?.map(|blob| self.repo.blob(blob)).transpose()
    }

    /// The notes of some objects, in their order.
    ///
    /// # Errors
    /// The notes cannot be read.
    pub fn read_many(&self, objects: &[ObjectId]) -> Result<Vec<Option<Vec<u8>>>> {
        let all = if objects.len() > MANY { Some(self.all()?) } else { None };
        let blob = |object: &ObjectId| match &all {
            Some(all) => Ok(all.get(object).copied()),
            None => self.blob_of(*object),
        };
        let blobs: Vec<Option<ObjectId>> = objects.iter().map(blob).collect::<Result<_>>()?;
        self.repo.map_blobs(&blobs, &|number, note| blobs[number].map(|_| note.to_vec()))
    }

    /// Which blob holds the note of which object, for all notes.
    ///
    /// Read through a handle of its own: what is mapped of the packs for it goes with it, and does not stay in memory
    /// while the blobs are read.
    pub fn all(&self) -> Result<BTreeMap<ObjectId, ObjectId>> {
        let reader = self.repo.objects.reader();
        let (mut found, mut folders) = (BTreeMap::new(), Vec::new());
        if let Some(tree) = self.tree()? {
            collect("", &tree, &mut folders, &mut found);
        }
        // One depth of folders after the other, so that an engine can read many in one go.
        while !folders.is_empty() {
            let (prefixes, ids): (Vec<_>, Vec<_>) = mem::take(&mut folders).into_iter().unzip();
            reader.read_each(&ids, &mut |number, _, bytes| {
                let tree = Tree::parse(bytes, self.repo.place.formats.hash)?;
                collect(&prefixes[number], &tree, &mut folders, &mut found);
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// As [`Self::is_whole`] after a power cut: of what lies in packs, which Git forces to the disk, it is enough that
    /// it is there.
    ///
    /// # Errors
    /// As of [`Self::is_whole`].
    pub fn has_survived(&self) -> Result<bool> {
        let read = || {
            let blobs: BTreeSet<ObjectId> = self.all()?.into_values().collect();
            let loose = self.repo.loose_ids()?;
            let (mut doubtful, packed): (Vec<_>, Vec<_>) =
                blobs.into_iter().partition(|blob| loose.contains(blob));
            // A remote may have what is not there.
            doubtful.extend(self.repo.objects.absent(&packed)?);
            self.repo.objects.read_each(&doubtful, &mut |_, _, _| Ok(()))?;
            Ok(true)
        };
        read().or_else(|error: anyhow::Error| is_torn(&error).then_some(false).ok_or(error))
    }

    /// Whether every note can be read; false where a power cut has torn one, its folders or the tip.
    ///
    /// # Errors
    /// Whatever else keeps them from being read, such as a missing permission: that says nothing about them.
    pub fn is_whole(&self) -> Result<bool> {
        let read = || {
            let blobs: Vec<ObjectId> = self.all()?.into_values().collect();
            for share in blobs.chunks(AT_ONCE) {
                self.repo.objects.read_each(share, &mut |_, _, _| Ok(()))?;
                // What was read of the packs would stay in memory until the end.
                self.repo.rest();
            }
            Ok(true)
        };
        read().or_else(|error: anyhow::Error| is_torn(&error).then_some(false).ok_or(error))
    }
}

/// Whether an error says that what was read is missing or damaged, and not that it could not be read.
pub fn is_torn(error: &anyhow::Error) -> bool {
    error.chain().any(<dyn std::error::Error>::is::<Torn>)
}

/// Whether an entry can be a note: whatever else somebody put into the tree is none.
fn is_note(item: &Item) -> bool {
    item.mode & 0o170_000 == 0o100_000
}

/// Any fan-out is accepted, since `git notes` may have rewritten the tree.
fn find(repo: &Repo, top: &Tree, hex: &str) -> Result<Option<ObjectId>> {
    let (mut inner, mut rest) = (None, hex);
    loop {
        let tree = inner.as_ref().unwrap_or(top);
        if let Some(item) = tree.get(rest.as_bytes()).filter(|item| is_note(item)) {
            return Ok(Some(item.id));
        }
        let Some(folder) = rest.get(..2).and_then(|name| tree.folder(name.as_bytes())) else {
            return Ok(None);
        };
        inner = Some(repo.tree(folder)?);
        rest = &rest[2..];
    }
}

fn collect(
    prefix: &str,
    tree: &Tree,
    folders: &mut Vec<(String, ObjectId)>,
    found: &mut BTreeMap<ObjectId, ObjectId>,
) {
    for item in tree.items() {
        let Ok(name) = std::str::from_utf8(&item.name) else { continue };
        if item.is_folder() && name.len() == 2 {
            folders.push((format!("{prefix}{name}"), item.id));
        } else if is_note(item)
            && let Ok(object) = format!("{prefix}{name}").parse()
        {
            found.insert(object, item.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::clock::Timestamp;
    use crate::git::refs::Swap;

    const NAME: &str = "refs/notes/experiments";

    #[test]
    fn a_power_cut_shows_in_loose_notes_and_in_missing_ones_beside_packed_ones() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let has_survived = || Notes::open(&repo, NAME).unwrap().has_survived().unwrap();
        let add = |text: &str| {
            let object = repo.hash_blob(text.as_bytes()).unwrap();
            let edit = BTreeMap::from([(object, text.as_bytes().to_vec())]);
            let written = Notes::open(&repo, NAME).unwrap().write(&edit, "add", Timestamp::now()).unwrap();
            assert_eq!(written, Swap::Done);
            repo.place.loose_path(object)
        };
        let packed = add("packed");
        repo.git().args(["repack", "-adq"]).run().unwrap();
        assert!(!packed.exists() && has_survived());
        let loose = add("loose");
        assert!(loose.exists() && has_survived());
        let whole = fs::read(&loose).unwrap();
        fs::set_permissions(&loose, Permissions::from_mode(0o644)).unwrap();
        // As a file system leaves a file whose blocks were never written.
        fs::write(&loose, vec![0; whole.len()]).unwrap();
        assert!(!has_survived(), "a torn note is none");
        fs::write(&loose, &whole).unwrap();
        assert!(has_survived());
        fs::remove_file(&loose).unwrap();
        let repo = Repo::discover(folder.path()).unwrap();
        assert!(!Notes::open(&repo, NAME).unwrap().has_survived().unwrap(), "a missing one is none");
    }
}
