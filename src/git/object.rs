//! Writing and reading objects; what gx writes here can be made durable object by object.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use git2::{ErrorCode, Oid};

use crate::clock::Timestamp;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

/// What a tree says about a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Git's mode: 0o100644, 0o100755, 0o120000 (symlink), 0o160000 (submodule).
    pub mode: u32,
    /// The blob, or the commit of a submodule.
    pub id: ObjectId,
}

impl Entry {
    /// Whether it is a submodule, whose content another repository holds.
    pub fn is_submodule(&self) -> bool {
        self.mode == 0o160_000
    }

    /// Whether it is a symbolic link.
    pub fn is_symlink(&self) -> bool {
        self.mode == 0o120_000
    }
}

/// A commit to be made.
pub struct NewCommit<'a> {
    /// Its tree.
    pub tree: ObjectId,
    /// Its parents, first one first.
    pub parents: &'a [ObjectId],
    /// Its whole message.
    pub message: &'a str,
    /// When it is made.
    pub at: Timestamp,
}

pub(super) fn oid(id: ObjectId) -> Result<Oid> {
    Ok(Oid::from_bytes(id.as_bytes())?)
}

pub(super) fn id_of(oid: Oid) -> ObjectId {
    ObjectId::from_bytes(oid.as_bytes()).expect("libgit2's ids have the length of one of Git's hashes")
}

impl Repo {
    /// Writes a commit object; no ref moves.
    pub fn write_commit(&self, new: &NewCommit<'_>) -> Result<ObjectId> {
        let tree = self.inner.find_tree(oid(new.tree)?)?;
        let parents = new.parents.iter().map(|id| Ok(self.inner.find_commit(oid(*id)?)?));
        let parents = parents.collect::<Result<Vec<_>>>()?;
        let signature = self.signature(new.at)?;
        let parents: Vec<_> = parents.iter().collect();
        let commit = self.inner.commit(None, &signature, &signature, new.message, &tree, &parents);
        Ok(id_of(commit.context("cannot write a commit")?))
    }

    /// The tree of a commit, or of a tree itself.
    pub fn tree_of(&self, id: ObjectId) -> Result<ObjectId> {
        let object = self.inner.find_object(oid(id)?, None).with_context(|| format!("{id} is missing"))?;
        Ok(id_of(object.peel_to_tree()?.id()))
    }

    /// The message of a commit.
    pub fn message(&self, commit: ObjectId) -> Result<String> {
        Ok(String::from_utf8_lossy(self.inner.find_commit(oid(commit)?)?.message_bytes()).into_owned())
    }

    /// The parents of a commit.
    pub fn parents(&self, commit: ObjectId) -> Result<Vec<ObjectId>> {
        Ok(self.inner.find_commit(oid(commit)?)?.parent_ids().map(id_of).collect())
    }

    /// What a tree holds at a path.
    pub fn entry(&self, tree: ObjectId, path: &RepoPath) -> Result<Option<Entry>> {
        let tree = self.inner.find_tree(oid(tree)?)?;
        match tree.get_path(path.as_path()) {
            Ok(entry) if entry.kind() == Some(git2::ObjectType::Tree) => Ok(None),
            Ok(entry) => Ok(Some(Entry { mode: entry.filemode() as u32, id: id_of(entry.id()) })),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Every file of a tree, with its path from the top.
    pub fn files(&self, tree: ObjectId) -> Result<Vec<(RepoPath, Entry)>> {
        let mut files = Vec::new();
        self.inner.find_tree(oid(tree)?)?.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
            if entry.kind() != Some(git2::ObjectType::Tree) {
                let path = [folder.as_bytes(), entry.name_bytes()].concat();
                files.push((
                    RepoPath::new(path),
                    Entry { mode: entry.filemode() as u32, id: id_of(entry.id()) },
                ));
            }
            git2::TreeWalkResult::Ok
        })?;
        Ok(files)
    }

    /// The content of a blob.
    pub fn blob(&self, id: ObjectId) -> Result<Vec<u8>> {
        Ok(self.inner.find_blob(oid(id)?)?.content().to_vec())
    }

    /// The id that content would have as a blob; nothing is written.
    pub fn hash_blob(&self, content: &[u8]) -> Result<ObjectId> {
        Ok(id_of(Oid::hash_object(git2::ObjectType::Blob, content)?))
    }

    /// Writes the blob of a file of the work tree, clean filters applied; it is on disk when this returns.
    pub fn blob_of_file(&self, path: &RepoPath) -> Result<Entry> {
        let place = self.work_dir().join(path.as_path());
        let executable =
            std::os::unix::fs::PermissionsExt::mode(&place.metadata()?.permissions()) & 0o100 != 0;
        let told = self.durable_git().args(["hash-object", "-w", "--"]).arg(path.as_path()).run()?;
        let mode = if executable { 0o100_755 } else { 0o100_644 };
        Ok(Entry { mode, id: String::from_utf8(told)?.trim().parse()? })
    }

    /// Merges two trees over a common ancestor, or names the paths that conflict.
    pub fn merge_trees(
        &self,
        base: ObjectId,
        ours: ObjectId,
        theirs: ObjectId,
    ) -> Result<Result<ObjectId, Vec<RepoPath>>> {
        let find = |id| Ok::<_, anyhow::Error>(self.inner.find_tree(oid(id)?)?);
        let mut index = self.inner.merge_trees(&find(base)?, &find(ours)?, &find(theirs)?, None)?;
        if !index.has_conflicts() {
            return Ok(Ok(id_of(index.write_tree_to(&self.inner)?)));
        }
        let mut paths = Vec::new();
        for conflict in index.conflicts()? {
            let conflict = conflict?;
            let entry = conflict.our.or(conflict.their).or(conflict.ancestor);
            paths.extend(entry.map(|entry| RepoPath::new(entry.path)));
        }
        paths.dedup();
        Ok(Err(paths))
    }

    /// Whether a text can be the name of a branch.
    pub fn is_branch_name(&self, name: &str) -> bool {
        git2::Branch::name_is_valid(name).unwrap_or(false)
    }

    /// Writes the tree `base` with some paths set or, with `None`, removed.
    pub fn edit_tree(&self, base: ObjectId, changes: &[(RepoPath, Option<Entry>)]) -> Result<ObjectId> {
        // In two steps, since libgit2 cannot put a folder where a file is only about to go, nor the reverse.
        let (removed, set): (Vec<_>, Vec<_>) = changes.iter().partition(|(_, entry)| entry.is_none());
        self.update_tree(self.update_tree(base, &removed)?, &set)
    }

    fn update_tree(&self, base: ObjectId, changes: &[&(RepoPath, Option<Entry>)]) -> Result<ObjectId> {
        if changes.is_empty() {
            return Ok(base);
        }
        let base = self.inner.find_tree(oid(base)?)?;
        let mut update = git2::build::TreeUpdateBuilder::new();
        for (path, entry) in changes {
            match entry {
                Some(entry) => {
                    update.upsert(path.as_bytes(), oid(entry.id)?, file_mode(entry.mode));
                }
                // libgit2 refuses to remove what is not there.
                None if base.get_path(path.as_path()).is_ok() => {
                    update.remove(path.as_bytes());
                }
                None => {}
            }
        }
        Ok(id_of(update.create_updated(&self.inner, &base).context("cannot write a tree")?))
    }

    /// Whether a tree can hold a file at a path: no folder is there, and no file where one of its folders must be.
    pub fn has_room(&self, tree: ObjectId, path: &RepoPath) -> Result<bool> {
        let tree = self.inner.find_tree(oid(tree)?)?;
        let kind =
            |at: &Path| tree.get_path(at).ok().map(|entry| entry.kind() == Some(git2::ObjectType::Tree));
        let mut above = path.as_path().ancestors().skip(1).filter(|at| !at.as_os_str().is_empty());
        Ok(kind(path.as_path()) != Some(true) && above.all(|at| kind(at) != Some(false)))
    }

    /// The commit that a revision of Git's own grammar names, where there is one.
    pub fn revision(&self, text: &str) -> Option<ObjectId> {
        Some(id_of(self.inner.revparse_single(text).ok()?.peel_to_commit().ok()?.id()))
    }

    /// Whether the repository holds the object, reachable or not.
    pub fn has_object(&self, id: ObjectId) -> bool {
        oid(id).is_ok_and(|oid| self.inner.find_object(oid, None).is_ok())
    }

    /// Puts objects that were just written onto the disk itself; libgit2 leaves that to chance.
    ///
    /// As Git does under `core.fsync`: the file after its rename, whose directory entry goes with it.
    pub fn sync_objects(&self, ids: &[ObjectId]) -> Result<()> {
        for id in ids {
            let path = self.loose_path(*id);
            match File::open(&path).and_then(|file| file.sync_all()) {
                // An object that is in a pack was made durable when the pack was.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                synced => synced.with_context(|| format!("cannot sync {}", path.display()))?,
            }
        }
        Ok(())
    }

    fn loose_path(&self, id: ObjectId) -> PathBuf {
        let hex = id.to_string();
        self.common_dir().join("objects").join(&hex[..2]).join(&hex[2..])
    }

    /// The commit and every tree of it, for [`Self::sync_objects`]: those that `base` does not have.
    pub fn new_trees(&self, tree: ObjectId, base: ObjectId) -> Result<Vec<ObjectId>> {
        let mut found = Vec::new();
        self.collect_new_trees(oid(tree)?, Some(oid(base)?), &mut found)?;
        Ok(found)
    }

    fn collect_new_trees(&self, tree: Oid, base: Option<Oid>, found: &mut Vec<ObjectId>) -> Result<()> {
        if Some(tree) == base {
            return Ok(());
        }
        found.push(id_of(tree));
        let base = base.map(|base| self.inner.find_tree(base)).transpose()?;
        for entry in &self.inner.find_tree(tree)? {
            if entry.kind() == Some(git2::ObjectType::Tree) {
                let before = base.as_ref().and_then(|base| {
                    let before = base.iter().find(|other| other.name_bytes() == entry.name_bytes())?;
                    (before.kind() == Some(git2::ObjectType::Tree)).then(|| before.id())
                });
                self.collect_new_trees(entry.id(), before, found)?;
            }
        }
        Ok(())
    }
}

fn file_mode(mode: u32) -> git2::FileMode {
    match mode {
        0o100_755 => git2::FileMode::BlobExecutable,
        0o120_000 => git2::FileMode::Link,
        0o160_000 => git2::FileMode::Commit,
        _ => git2::FileMode::Blob,
    }
}
