//! Notes of what a sync has begun, on the disk before anything changes, and the lock that keeps other syncs out.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Fault, fault};
use crate::git::refs::Ref;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;
use crate::process::file;

/// The note of a sync that comes down.
pub const DOWN: &str = "state.json";

/// The note of a plan that goes up.
pub const UP: &str = "up.json";

/// A ref that was moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Its name.
    pub name: String,
    /// Where it was; nothing where it was not there.
    pub from: Option<ObjectId>,
    /// Where it is since.
    pub to: ObjectId,
}

/// Reads a note; nothing where there is none.
///
/// # Errors
/// It cannot be read.
pub fn read<T: DeserializeOwned>(repo: &Repo, name: &str) -> Result<Option<T>> {
    let path = folder(repo).join(name);
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.with_context(|| format!("cannot read {}", path.display()))?,
    };
    let note = serde_json::from_slice(&bytes);
    note.map(Some).with_context(|| format!("{} is not what gx has written", path.display()))
}

/// Writes a note; it is on the disk when this returns.
///
/// # Errors
/// It cannot be written.
pub fn write<T: Serialize>(repo: &Repo, name: &str, note: &T) -> Result<()> {
    file::write(&folder(repo).join(name), &serde_json::to_vec_pretty(note)?)
}

/// Forgets a note: nothing is left to do.
///
/// # Errors
/// It cannot be removed.
pub fn forget(repo: &Repo, name: &str) -> Result<()> {
    match fs::remove_file(folder(repo).join(name)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).context("cannot end the sync"),
        _ => Ok(()),
    }
}

/// Whether there is such a note.
pub fn is_there(repo: &Repo, name: &str) -> bool {
    folder(repo).join(name).exists()
}

/// Puts refs back that looking at the other side had moved, those that nobody has moved since.
///
/// # Errors
/// One cannot be written.
pub fn put_back(repo: &Repo, seen: &[Moved]) -> Result<()> {
    for moved in seen.iter().rev() {
        if repo.read_ref(&moved.name)? != Some(moved.to) {
            continue;
        }
        match moved.from {
            Some(target) => repo.set_refs(&[Ref { name: moved.name.clone(), target }])?,
            None => {
                let gone = Ref { name: moved.name.clone(), target: moved.to };
                repo.delete_refs(&[gone])?;
            }
        }
    }
    Ok(())
}

/// Keeps every other sync of this repository out until it is dropped.
///
/// # Errors
/// Another gx is syncing.
pub fn lock(repo: &Repo) -> Result<File> {
    let path = folder(repo).join("lock");
    let open = || {
        fs::create_dir_all(folder(repo))?;
        File::options().create(true).truncate(false).write(true).open(&path)
    };
    let file = open().with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(fault("another gx is syncing this repository")
            .hint("wait until it is done: `gx mirror status`")
            .into()),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

/// Where conflicts are resolved; one sync at a time stops there.
pub fn work_tree(repo: &Repo) -> PathBuf {
    folder(repo).join("tree")
}

/// The work tree of a sync that has stopped.
///
/// # Errors
/// Somebody has removed it.
pub fn open(repo: &Repo, dir: &Path) -> Result<Repo> {
    repo.open_worktree(dir).map_err(|_| {
        fault(format!("the work tree of the sync is gone: {}", dir.display()))
            .hint("give the sync up, `gx sync abort`, and begin again")
            .into()
    })
}

/// The files of such a work tree as a tree, and how far they were resolved remembered; nothing where somebody has
/// removed it by hand.
///
/// # Errors
/// They cannot be read.
pub fn keep_files(repo: &Repo, dir: &Path) -> Result<Option<ObjectId>> {
    let Ok(place) = repo.open_worktree(dir) else { return Ok(None) };
    place.remember_resolutions()?;
    place.files_as_tree().map(Some)
}

/// Somebody has to decide first.
pub fn waiting(dir: &Path) -> Fault {
    let shown = dir.display();
    fault(format!("a sync waits for conflicts to be resolved in {shown}"))
        .hint(format!("see them: `git -C {shown} status`; when they are resolved: `gx sync continue`"))
        .hint("or give it up: `gx sync abort`")
}

/// There is nothing to go on with, or to give up.
pub fn nothing_waits() -> anyhow::Error {
    fault("no sync waits for anything").hint("begin one: `gx sync-down`, or `gx sync-up`").into()
}

/// Where everything of a sync lies.
pub fn folder(repo: &Repo) -> PathBuf {
    repo.gx_dir().join("sync")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sync_keeps_the_others_out() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let first = lock(&repo).unwrap();
        assert!(lock(&repo).is_err());
        drop(first);
        lock(&repo).unwrap();
    }

    #[test]
    fn refs_go_back_to_where_they_were_before_the_first_look_and_not_over_what_others_did() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let first = repo.head().unwrap().commit;
        let other = repo.write_blob(b"x").unwrap();
        let moved = |name: &str, from, to| Moved { name: name.to_owned(), from, to };
        let seen = [
            moved("refs/gx/a", Some(first), other),
            moved("refs/gx/a", Some(other), first),
            moved("refs/gx/b", None, first),
            moved("refs/gx/c", None, other),
        ];
        for name in ["refs/gx/a", "refs/gx/b", "refs/gx/c"] {
            repo.set_refs(&[Ref { name: name.to_owned(), target: first }]).unwrap();
        }
        put_back(&repo, &seen).unwrap();
        assert_eq!(repo.read_ref("refs/gx/a").unwrap(), Some(first));
        assert_eq!(repo.read_ref("refs/gx/b").unwrap(), None);
        assert_eq!(repo.read_ref("refs/gx/c").unwrap(), Some(first), "somebody else has moved it");
    }
}
