//! Git's own lock of `packed-refs`, taken so that one of a killed gx is told from any other, and removed.
//!
//! A lock of the `git` program is an empty file, and whoever is killed with it leaves it for a person to remove. That of
//! gx is held by flock too, which the kernel drops however its process ends, and says from then on whose it is.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::error::fault;
use crate::git::engine::place::Place;

/// How long a lock that somebody else holds is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the lock of gx says; Git reads none.
const MARK: &[u8] = b"gx\n";

/// The lock in hand.
#[must_use = "dropping it lets others write `packed-refs`"]
pub(super) struct PackedLock {
    path: PathBuf,
    _held: File,
}

impl Place {
    /// Takes the lock, for which it waits until [`PATIENCE`] is over since `began`.
    ///
    /// # Errors
    /// It stays locked, or cannot be made.
    pub(super) fn lock_packed(&self, began: Instant) -> Result<PackedLock> {
        let path = self.packed_lock();
        loop {
            match File::options().write(true).create_new(true).open(&path) {
                Ok(file) => return marked(file, path),
                Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                    return Err(error).with_context(|| format!("cannot make {}", path.display()));
                }
                Err(_) if began.elapsed() < PATIENCE => {
                    self.remove_left_packed_lock()?;
                    thread::sleep(Duration::from_millis(5));
                }
                Err(_) => {
                    return Err(fault("`packed-refs` is locked by another process")
                        .hint(format!("if no git is running here, remove {}", path.display()))
                        .into());
                }
            }
        }
    }

    /// Removes the lock that a gx has left that was killed with it. That of any other program stays.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove_left_packed_lock(&self) -> Result<()> {
        let path = self.packed_lock();
        let Ok(mut file) = File::open(&path) else { return Ok(()) };
        let mut said = Vec::new();
        let is_ours = file.read_to_end(&mut said).is_ok() && said == MARK;
        // Whoever has the flock is the only one to remove it; and it may be another file by now.
        if !is_ours || file.try_lock().is_err() || !is_still(&file, &path) {
            return Ok(());
        }
        fs::remove_file(&path).with_context(|| format!("cannot remove the stale {}", path.display()))
    }

    fn packed_lock(&self) -> PathBuf {
        self.common_dir.join("packed-refs.lock")
    }
}

impl Drop for PackedLock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn marked(mut file: File, path: PathBuf) -> Result<PackedLock> {
    let done = file.lock().and_then(|()| file.write_all(MARK));
    let told = format!("cannot write {}", path.display());
    // Given back where it could not be done.
    let lock = PackedLock { path, _held: file };
    done.context(told).map(|()| lock)
}

fn is_still(file: &File, path: &Path) -> bool {
    let id = |meta: fs::Metadata| (meta.dev(), meta.ino());
    file.metadata().ok().map(id) == fs::symlink_metadata(path).ok().map(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::repo::Repo;

    #[test]
    fn the_lock_of_a_killed_gx_goes_and_neither_a_living_one_nor_another_programs_does() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let path = repo.place.packed_lock();
        let is_left = || {
            repo.place.remove_left_packed_lock().unwrap();
            path.exists()
        };
        let held = repo.place.lock_packed(Instant::now()).unwrap();
        assert!(is_left(), "somebody has it");
        drop(held);
        assert!(!path.exists());
        // As the kernel leaves it.
        fs::write(&path, MARK).unwrap();
        assert!(!is_left());
        fs::write(&path, MARK).unwrap();
        drop(repo.place.lock_packed(Instant::now()).unwrap());
        fs::write(&path, "").unwrap();
        assert!(is_left(), "that of git");
    }
}
