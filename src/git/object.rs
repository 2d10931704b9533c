//! Writing and reading objects.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

use crate::clock::Timestamp;
use crate::git::commit::{self, Commit};
use crate::git::engine::objects::{Kind, Torn};
use crate::git::engine::place::Place;
use crate::git::repo::Repo;
use crate::git::tree::{Item, Tree};
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

impl Repo {
    /// Writes a commit object; no ref moves.
    pub fn write_commit(&self, new: &NewCommit<'_>) -> Result<ObjectId> {
        let author = self.author();
        let signature = commit::signature(&author.name, &author.email, new.at)
            .context("cannot sign a commit with this name")?;
        let bytes = commit::bytes(new.tree, new.parents, &signature, new.message)?;
        self.objects.write(Kind::Commit, &bytes).context("cannot write a commit")
    }

    /// The tree of a commit, or of a tree itself.
    pub fn tree_of(&self, id: ObjectId) -> Result<ObjectId> {
        let mut at = id;
        loop {
            let object = self.objects.read(at).with_context(|| format!("{id} is missing"))?;
            match object.kind {
                Kind::Commit => return Ok(Commit::parse(&object.content)?.tree),
                Kind::Tree => return Ok(at),
                Kind::Tag => at = commit::tagged(&object.content)?,
                Kind::Blob => return Err(anyhow!("{id} has no tree")),
            }
        }
    }

    /// The commit that an object is or, where it is a tag, names; nothing for others.
    pub(super) fn commit_of(&self, id: ObjectId) -> Result<Option<ObjectId>> {
        let mut at = id;
        loop {
            match self.objects.find(at)? {
                Some(Kind::Commit) => return Ok(Some(at)),
                Some(Kind::Tag) => at = commit::tagged(&self.objects.read(at)?.content)?,
                _ => return Ok(None),
            }
        }
    }

    fn read(&self, id: ObjectId, kind: Kind) -> Result<Vec<u8>> {
        let object = self.objects.read(id)?;
        if object.kind != kind {
            return Err(Torn(format!("{id} is a {} and no {}", object.kind.word(), kind.word())).into());
        }
        Ok(object.content)
    }

    fn commit(&self, id: ObjectId) -> Result<Commit> {
        Commit::parse(&self.read(id, Kind::Commit)?)
    }

    pub(super) fn tree(&self, id: ObjectId) -> Result<Tree> {
        Tree::parse(&self.read(id, Kind::Tree)?, self.place.formats.hash)
    }

    pub(super) fn write_tree(&self, tree: &Tree) -> Result<ObjectId> {
        self.objects.write(Kind::Tree, &tree.bytes())
    }

    /// The message of a commit.
    pub fn message(&self, commit: ObjectId) -> Result<String> {
        Ok(self.commit(commit)?.message)
    }

    /// The parents of a commit; none of one at which a shallow clone ends.
    pub fn parents(&self, commit: ObjectId) -> Result<Vec<ObjectId>> {
        let parents = self.commit(commit)?.parents;
        let is_end = !parents.is_empty() && self.place.shallow().contains(&commit.to_string());
        Ok(if is_end { Vec::new() } else { parents })
    }

    /// What a tree holds at a path.
    pub fn entry(&self, tree: ObjectId, path: &RepoPath) -> Result<Option<Entry>> {
        let found = self.item(tree, path.as_bytes())?;
        Ok(found.filter(|item| !item.is_folder()).map(|item| Entry { mode: item.plain_mode(), id: item.id }))
    }

    fn item(&self, tree: ObjectId, path: &[u8]) -> Result<Option<Item>> {
        let (mut tree, mut rest) = (tree, path);
        loop {
            let (name, below) = first_name(rest);
            let Some(item) = self.tree(tree)?.get(name).cloned() else { return Ok(None) };
            let Some(below) = below else { return Ok(Some(item)) };
            if !item.is_folder() {
                return Ok(None);
            }
            (tree, rest) = (item.id, below);
        }
    }

    /// Every file of a tree, with its path from the top.
    pub fn files(&self, tree: ObjectId) -> Result<Vec<(RepoPath, Entry)>> {
        let mut files = Vec::new();
        self.collect_files(tree, &mut Vec::new(), &mut files)?;
        Ok(files)
    }

    fn collect_files(
        &self,
        tree: ObjectId,
        path: &mut Vec<u8>,
        files: &mut Vec<(RepoPath, Entry)>,
    ) -> Result<()> {
        let length = path.len();
        for item in self.tree(tree)?.items() {
            path.extend_from_slice(&item.name);
            if item.is_folder() {
                path.push(b'/');
                self.collect_files(item.id, path, files)?;
            } else {
                let entry = Entry { mode: item.plain_mode(), id: item.id };
                files.push((RepoPath::new(path.clone()), entry));
            }
            path.truncate(length);
        }
        Ok(())
    }

    /// The content of a blob.
    pub fn blob(&self, id: ObjectId) -> Result<Vec<u8>> {
        self.read(id, Kind::Blob)
    }

    /// Writes content as a blob.
    pub fn write_blob(&self, content: &[u8]) -> Result<ObjectId> {
        self.objects.write(Kind::Blob, content)
    }

    /// The id that content would have as a blob; nothing is written.
    pub fn hash_blob(&self, content: &[u8]) -> Result<ObjectId> {
        self.objects.hash(content)
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
        self.objects.merge_trees(base, ours, theirs)
    }

    /// Whether a tree can hold a file at a path: no folder is there, and no file where one of its folders must be.
    pub fn has_room(&self, tree: ObjectId, path: &RepoPath) -> Result<bool> {
        let is_folder = |at: &Path| {
            Ok::<_, anyhow::Error>(self.item(tree, at.as_os_str().as_bytes())?.map(|item| item.is_folder()))
        };
        if is_folder(path.as_path())? == Some(true) {
            return Ok(false);
        }
        for above in path.as_path().ancestors().skip(1).filter(|at| !at.as_os_str().is_empty()) {
            if is_folder(above)? == Some(false) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The commit that a revision of Git's own grammar names, where there is one.
    pub fn revision(&self, text: &str) -> Option<ObjectId> {
        self.objects.revision(text)
    }

    /// The object itself that a revision names, an annotated tag and not what that names; nothing where it is not here.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn object_named(&self, text: &str) -> Result<Option<ObjectId>> {
        let asked = ["rev-parse", "--verify", "--quiet", "--end-of-options", text];
        let told = self.git().args(asked).output()?;
        let id = String::from_utf8_lossy(&told.stdout).trim().parse().ok();
        Ok(id.filter(|id| told.status.success() && self.has_object(*id)))
    }

    /// Whether the repository holds the object, reachable or not.
    pub fn has_object(&self, id: ObjectId) -> bool {
        self.objects.find(id).is_ok_and(|kind| kind.is_some())
    }

    /// Ends programs and lets go of memory that are kept for the next question, as before a run that may take hours.
    pub fn rest(&self) {
        self.objects.rest();
    }
}

impl Place {
    /// Where an object lies that is in no pack.
    pub(super) fn loose_path(&self, id: ObjectId) -> PathBuf {
        let hex = id.to_string();
        self.common_dir.join("objects").join(&hex[..2]).join(&hex[2..])
    }
}

/// The first name of a path and, where there is more, the rest.
pub(super) fn first_name(path: &[u8]) -> (&[u8], Option<&[u8]>) {
    match path.iter().position(|byte| *byte == b'/') {
        Some(slash) => (&path[..slash], Some(&path[slash + 1..])),
        None => (path, None),
    }
}
