//! Notes on commits, in Git's own layout, written so that no process loses another's.
//!
//! `git notes` and libgit2's note functions overwrite each other between processes, and libgit2
//! never fans its trees out (both measured, `docs/store-format.md`); so gx edits the notes tree
//! itself, fanned out as `ab/cdef…`, and moves the ref by compare-and-swap.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use git2::{ObjectType, Oid, Tree};

use crate::clock::Timestamp;
use crate::git::object::{id_of, oid};
use crate::git::refs::Swap;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;

/// Mode of a note's blob in the tree.
const FILE: i32 = 0o100_644;
/// Mode of a fan-out folder in the tree.
const FOLDER: i32 = 0o040_000;

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

    fn tree(&self) -> Result<Option<Tree<'_>>> {
        let Some(tip) = self.tip else { return Ok(None) };
        let commit = self.repo.inner.find_commit(oid(tip)?);
        Ok(Some(
            commit
                .and_then(|commit| commit.tree())
                .with_context(|| format!("cannot read `{}`", self.name))?,
        ))
    }

    /// The note of one object.
    pub fn read(&self, object: ObjectId) -> Result<Option<Vec<u8>>> {
        let Some(tree) = self.tree()? else { return Ok(None) };
        let Some(blob) = find(self.repo, tree, &object.to_string())? else { return Ok(None) };
        Ok(Some(self.repo.inner.find_blob(blob)?.content().to_vec()))
    }

    /// Which blob holds the note of which object, for all notes.
    pub fn all(&self) -> Result<BTreeMap<ObjectId, ObjectId>> {
        let mut found = BTreeMap::new();
        if let Some(tree) = self.tree()? {
            collect(self.repo, &tree, &mut String::new(), &mut found)?;
        }
        Ok(found)
    }

    /// Whether every note can be read; false where a power cut has torn one, its folders or the tip.
    ///
    /// # Errors
    /// Whatever else keeps them from being read, such as a missing permission: that says nothing about them.
    pub fn is_whole(&self) -> Result<bool> {
        let read = || {
            for blob in self.all()?.into_values() {
                self.repo.inner.find_object(oid(blob)?, None)?;
            }
            Ok(true)
        };
        read().or_else(|error: anyhow::Error| is_torn(&error).then_some(false).ok_or(error))
    }

    /// Sets notes in one commit, if the ref has not moved since it was opened.
    pub fn write(&self, notes: &BTreeMap<ObjectId, Vec<u8>>, message: &str, at: Timestamp) -> Result<Swap> {
        let mut edits = Vec::with_capacity(notes.len());
        for (object, text) in notes {
            edits.push((object.to_string(), self.repo.inner.blob(text).context("cannot write a note")?));
        }
        let edits: Vec<(&str, Oid)> = edits.iter().map(|(hex, blob)| (hex.as_str(), *blob)).collect();
        let tree = place(self.repo, self.tree()?.as_ref(), Depth::Root, &edits)?;
        let tree = self.repo.inner.find_tree(tree)?;
        let signature = self.repo.signature(at)?;
        let parent =
            self.tip.map(oid).transpose()?.map(|tip| self.repo.inner.find_commit(tip)).transpose()?;
        let parents: Vec<_> = parent.iter().collect();
        let commit = self.repo.inner.commit(None, &signature, &signature, message, &tree, &parents)?;
        self.repo.swap_ref(self.name, id_of(commit), self.tip, message)
    }
}

/// Whether an error says that what was read is missing or damaged, and not that it could not be read.
pub fn is_torn(error: &anyhow::Error) -> bool {
    let told = error.chain().find_map(|cause| cause.downcast_ref::<git2::Error>());
    told.is_some_and(|told| {
        told.class() != git2::ErrorClass::Os && told.class() != git2::ErrorClass::NoMemory
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Depth {
    Root,
    Folder,
}

/// Any fan-out is accepted, since `git notes` may have rewritten the tree.
fn find<'a>(repo: &'a Repo, mut tree: Tree<'a>, hex: &str) -> Result<Option<Oid>> {
    let mut rest = hex;
    loop {
        if let Some(entry) = tree.get_name(rest)
            && entry.kind() == Some(ObjectType::Blob)
        {
            return Ok(Some(entry.id()));
        }
        let folder =
            rest.get(..2).and_then(|name| tree.get_name(name)).map(|entry| (entry.id(), entry.kind()));
        let Some((id, Some(ObjectType::Tree))) = folder else { return Ok(None) };
        tree = repo.inner.find_tree(id)?;
        rest = &rest[2..];
    }
}

fn collect(
    repo: &Repo,
    tree: &Tree<'_>,
    prefix: &mut String,
    found: &mut BTreeMap<ObjectId, ObjectId>,
) -> Result<()> {
    for entry in tree {
        let Ok(name) = entry.name() else { continue };
        let length = prefix.len();
        prefix.push_str(name);
        match entry.kind() {
            Some(ObjectType::Tree) if name.len() == 2 => {
                collect(repo, &repo.inner.find_tree(entry.id())?, prefix, found)?;
            }
            // Whatever else somebody put into the tree is no note of an object.
            Some(ObjectType::Blob) => {
                if let Ok(object) = prefix.parse() {
                    found.insert(object, id_of(entry.id()));
                }
            }
            _ => {}
        }
        prefix.truncate(length);
    }
    Ok(())
}

/// Writes `tree` with the edits, sorted by name, put where the notes already are or else at `ab/cdef…`.
fn place(repo: &Repo, tree: Option<&Tree<'_>>, depth: Depth, edits: &[(&str, Oid)]) -> Result<Oid> {
    let mut builder = repo.inner.treebuilder(tree)?;
    for group in edits.chunk_by(|a, b| a.0.get(..2) == b.0.get(..2)) {
        let name = group[0].0.get(..2).unwrap_or_default();
        let folder =
            tree.and_then(|tree| tree.get_name(name)).filter(|entry| entry.kind() == Some(ObjectType::Tree));
        let (mut here, mut below) = (Vec::new(), Vec::new());
        for (rest, blob) in group {
            let is_here = tree.is_some_and(|tree| tree.get_name(rest).is_some());
            if is_here || (folder.is_none() && depth == Depth::Folder) {
                here.push((*rest, *blob));
            } else {
                below.push((&rest[2..], *blob));
            }
        }
        for (rest, blob) in here {
            builder.insert(rest, blob, FILE)?;
        }
        if !below.is_empty() {
            let inner = folder.map(|entry| repo.inner.find_tree(entry.id())).transpose()?;
            builder.insert(name, place(repo, inner.as_ref(), Depth::Folder, &below)?, FOLDER)?;
        }
    }
    Ok(builder.write()?)
}
