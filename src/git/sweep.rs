//! Removing what Git does not track, whatever it is and whatever its permissions; links are never followed.
//!
//! In process rather than by `git clean`, which stops at a folder that cannot be written, takes a link in the
//! place of a tracked folder for that folder, and costs a start of the program.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};

use crate::git::engine::formats::Hash;
use crate::git::index;
use crate::model::path::RepoPath;

/// Git's mode of a submodule.
const SUBMODULE: u32 = 0o160_000;

/// What an owner needs to look into a folder and change it.
const OWN_FOLDER: u32 = 0o700;

/// What an owner needs to read and write a file.
const OWN_FILE: u32 = 0o600;

/// What an index holds, for questions about one path.
#[derive(Debug, Default)]
pub(super) struct Tracked {
    /// Git's mode by path.
    files: HashMap<Vec<u8>, u32>,
    folders: HashSet<Vec<u8>>,
}

impl Tracked {
    /// Reads an index that is neither split nor sparse; where there is none, nothing is tracked.
    pub(super) fn read(index: &Path, hash: Hash) -> Result<Self> {
        let mut tracked = Self::default();
        let mut last = Vec::new();
        for (path, mode) in index::entries(index, hash)? {
            let folder = folder_of(&path);
            // Entries are sorted, so those of a folder mostly follow each other.
            if folder != last {
                tracked.add_folders(folder);
                last = folder.to_vec();
            }
            tracked.files.insert(path, mode);
        }
        Ok(tracked)
    }

    fn add_folders(&mut self, mut folder: &[u8]) {
        while !folder.is_empty() && self.folders.insert(folder.to_vec()) {
            folder = folder_of(folder);
        }
    }

    /// The tracked path that stands where `path` or something below it would be, where one does.
    pub(super) fn in_place_of(&self, path: &RepoPath) -> Option<RepoPath> {
        let is_file = |at: &&Path| self.files.contains_key(at.as_os_str().as_bytes());
        if self.folders.contains(path.as_bytes()) {
            return Some(path.clone());
        }
        path.as_path().ancestors().find(is_file).map(|at| RepoPath::new(at.as_os_str().as_bytes()))
    }
}

fn folder_of(path: &[u8]) -> &[u8] {
    path.iter().rposition(|byte| *byte == b'/').map_or(&[], |slash| &path[..slash])
}

/// What is swept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sweep {
    /// What is not tracked.
    Untracked,
    /// Also tracked files that their owner cannot read and write, so that they are written anew; slower.
    Locked,
}

/// Removes what is below `top`, the link to the repository at the top aside.
pub(super) fn sweep(top: &Path, tracked: &Tracked, what: Sweep) -> Result<()> {
    sweep_folder(top, &mut Vec::new(), tracked, what)
}

fn sweep_folder(place: &Path, path: &mut Vec<u8>, tracked: &Tracked, what: Sweep) -> Result<()> {
    open_up(place)?;
    let length = path.len();
    for entry in fs::read_dir(place).with_context(|| format!("cannot read {}", place.display()))? {
        let entry = entry?;
        let is_folder = entry.file_type()?.is_dir();
        if length > 0 {
            path.push(b'/');
        }
        path.extend_from_slice(entry.file_name().as_bytes());
        let is_link_to_repository = path == b".git" && !is_folder;
        match tracked.files.get(path.as_slice()) {
            Some(&SUBMODULE) if is_folder => empty(&entry.path())?,
            Some(_) if !is_folder && (what == Sweep::Untracked || is_owners(&entry)?) => {}
            None if is_folder && tracked.folders.contains(path) => {
                sweep_folder(&entry.path(), path, tracked, what)?;
            }
            None if is_link_to_repository => {}
            _ => remove(&entry.path())?,
        }
        path.truncate(length);
    }
    Ok(())
}

fn is_owners(file: &fs::DirEntry) -> Result<bool> {
    let meta = file.metadata()?;
    Ok(meta.is_symlink() || meta.permissions().mode() & OWN_FILE == OWN_FILE)
}

fn empty(folder: &Path) -> Result<()> {
    open_up(folder)?;
    for entry in fs::read_dir(folder)? {
        remove(&entry?.path())?;
    }
    Ok(())
}

/// Removes a file, a link or a folder with all that is in it; that nothing is there is fine.
///
/// # Errors
/// What belongs to somebody else, is a mount point or was made immutable: the message names it.
pub(super) fn remove(path: &Path) -> Result<()> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("cannot remove {}", path.display())),
    };
    let removed = if meta.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() == ErrorKind::PermissionDenied && meta.is_dir() => {
            // Slower, so only now: one folder after the other, each made writable first.
            empty(path)?;
            fs::remove_dir(path).with_context(|| format!("cannot remove {}", path.display()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.with_context(|| format!("cannot remove {}", path.display())),
    }
}

/// Gives a folder back to its owner where a program has locked it.
fn open_up(folder: &Path) -> Result<()> {
    let mut permissions = fs::symlink_metadata(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .permissions();
    let mode = permissions.mode();
    if mode & OWN_FOLDER != OWN_FOLDER {
        permissions.set_mode(mode | OWN_FOLDER);
        fs::set_permissions(folder, permissions)
            .with_context(|| format!("cannot make {} writable", folder.display()))?;
    }
    Ok(())
}
