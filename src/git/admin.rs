//! The administrative folder of a work tree of gx's own, as gitrepository-layout(5) has it, and the lock in it.
//!
//! It is `<common>/worktrees/gx-N`. Git's `locked` file keeps `git worktree prune` away from it; the flock
//! on `gx-lock` says whose it is. The index in `gx-index` is gx's: what a trainer's git does to `index`
//! cannot make gx believe anything about the files.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::git::engine::place::Place;
use crate::git::refs::jitter;
use crate::git::sweep;
use crate::model::object::ObjectId;

/// What is in the folder when no run has it; everything else came with one.
const OWN: [&str; 8] =
    ["HEAD", "reftable", "commondir", "gitdir", "locked", "gx-lock", "gx-index", "gx-commit"];

/// How long a lock may be held by accident: a program that another thread is just starting has a copy of
/// every open file until it runs.
const ACCIDENT: Duration = Duration::from_millis(200);

/// The folder, held.
#[derive(Debug)]
pub(super) struct Admin {
    path: PathBuf,
    number: u32,
    lock: File,
}

impl Admin {
    /// Makes one for a work tree at `dir`, held before anybody can see it; `taken` numbers are passed over.
    pub(super) fn create(repo: &Place, scratch: &Path, dir: &Path, taken: &[u32]) -> Result<Self> {
        sweep::remove(scratch)?;
        fs::create_dir_all(scratch)?;
        write(&scratch.join("locked"), "a checkout of gx\n")?;
        write(&scratch.join("commondir"), "../..\n")?;
        write(&scratch.join("gitdir"), gitdir_text(dir))?;
        // What it is to name is decided with the files.
        repo.place_unborn_head(scratch)?;
        let lock = File::create_new(scratch.join("gx-lock"))?;
        lock.try_lock().context("cannot lock a new checkout")?;
        let common = &repo.common_dir;
        let all = common.join("worktrees");
        fs::create_dir_all(&all)?;
        let known = numbers(common)?;
        let mut number = known.iter().chain(taken).max().map_or(1, |highest| highest + 1);
        loop {
            let path = all.join(format!("gx-{number}"));
            match fs::rename(scratch, &path) {
                Ok(()) => return Ok(Self { path, number, lock }),
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists | ErrorKind::NotADirectory
                    ) =>
                {
                    number += 1;
                }
                Err(error) => {
                    let _ = sweep::remove(scratch);
                    return Err(error).with_context(|| format!("cannot make {}", path.display()));
                }
            }
        }
    }

    /// Takes hold of one; nothing where somebody has it or it is gone.
    pub(super) fn take(common: &Path, number: u32) -> Result<Option<Self>> {
        let path = common.join("worktrees").join(format!("gx-{number}"));
        let place = path.join("gx-lock");
        let lock = match File::options().read(true).write(true).open(&place) {
            Ok(lock) => lock,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(error).with_context(|| format!("cannot open {}", place.display())),
        };
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", place.display()));
            }
        }
        // Whoever had it may have removed it, and another one may have come in its place.
        let (held, there) = (lock.metadata()?, fs::metadata(&place));
        let is_there = there.is_ok_and(|there| (there.dev(), there.ino()) == (held.dev(), held.ino()));
        Ok(is_there.then_some(Self { path, number, lock }))
    }

    /// Lets go and takes hold anew: nothing where a process that inherited the lock is still alive.
    pub(super) fn take_back(self) -> Result<Option<Self>> {
        let (number, began) = (self.number, Instant::now());
        let common = self.path.ancestors().nth(2).map(Path::to_path_buf).unwrap_or_default();
        drop(self);
        loop {
            let taken = Self::take(&common, number)?;
            if taken.is_some() || began.elapsed() > ACCIDENT {
                return Ok(taken);
            }
            thread::sleep(jitter());
        }
    }

    /// The N of `gx-N`.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Where it is: the git directory of the work tree.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The index that says what gx has written.
    pub(super) fn index(&self) -> PathBuf {
        self.path.join("gx-index")
    }

    /// The commit that gx wrote last.
    pub(super) fn commit(&self) -> Option<ObjectId> {
        fs::read_to_string(self.path.join("gx-commit")).ok()?.trim().parse().ok()
    }

    /// Puts HEAD and the index that people's git sees at what gx has written.
    pub(super) fn settle_at(&self, commit: ObjectId, repo: &Place) -> Result<()> {
        write(&self.path.join("gx-commit"), format!("{commit}\n"))?;
        repo.place_head(&self.path, commit)?;
        let index = self.path.join("index");
        sweep::remove(&index)?;
        // The same file: Git never writes into an index, it puts another one in its place.
        fs::hard_link(self.index(), &index)
            .or_else(|_| fs::copy(self.index(), &index).map(|_| ()))
            .with_context(|| format!("cannot write {}", index.display()))
    }

    /// The name of the work tree's folder, as Git knows it.
    pub(super) fn place(&self) -> Option<String> {
        place(&self.path)
    }

    /// Tells Git where the work tree is.
    pub(super) fn set_place(&self, dir: &Path) -> Result<()> {
        write(&self.path.join("gitdir"), gitdir_text(dir))
    }

    /// Tells whoever is in the work tree which repository it is of.
    pub(super) fn link_from(&self, dir: &Path) -> Result<()> {
        let link = dir.join(".git");
        let text = [b"gitdir: ", self.path.as_os_str().as_bytes(), b"\n"].concat();
        if fs::symlink_metadata(&link).is_ok_and(|meta| meta.is_file())
            && fs::read(&link).is_ok_and(|present| present == text)
        {
            return Ok(());
        }
        sweep::remove(&link)?;
        fs::write(&link, text).with_context(|| format!("cannot write {}", link.display()))
    }

    /// Removes what a run left in it: a moved HEAD, locks, a half-done merge, settings, logs.
    pub(super) fn tidy(&self) -> Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if !OWN.iter().any(|own| entry.file_name() == *own) {
                sweep::remove(&entry.path())?;
            }
        }
        write(&self.path.join("commondir"), "../..\n")?;
        write(&self.path.join("locked"), "a checkout of gx\n")
    }

    /// Removes it, and with it what Git knows of the work tree.
    pub(super) fn remove(self) -> Result<()> {
        sweep::remove(&self.path)
    }

    /// Lets go at once, also of the copies that programs which are just starting have of the lock.
    pub(super) fn release(self) -> Result<()> {
        self.lock.unlock().context("cannot release a checkout")
    }

    /// For the trainer to inherit.
    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.lock.as_fd()
    }
}

/// The numbers of all that there are, in order.
pub(super) fn numbers(common: &Path) -> Result<Vec<u32>> {
    numbered(&common.join("worktrees"), "gx-")
}

/// The numbers N of the entries `<prefix>N` of a folder, in order; none where there is no folder.
pub(super) fn numbered(folder: &Path, prefix: &str) -> Result<Vec<u32>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", folder.display())),
    };
    let number = |entry: fs::DirEntry| entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok();
    let mut numbers: Vec<u32> = entries.flatten().filter_map(number).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// The number of the one whose work tree's folder is called so.
pub(super) fn number_of(common: &Path, name: &str) -> Result<Option<u32>> {
    let is_it =
        |number: &u32| place(&common.join("worktrees").join(format!("gx-{number}"))).as_deref() == Some(name);
    Ok(numbers(common)?.into_iter().find(is_it))
}

/// By the name only, so that a repository that was moved still finds its own.
fn place(admin: &Path) -> Option<String> {
    let text = fs::read(admin.join("gitdir")).ok()?;
    let dir = Path::new(OsStr::from_bytes(text.trim_ascii_end())).parent()?;
    Some(dir.file_name()?.to_str()?.to_owned())
}

fn gitdir_text(dir: &Path) -> Vec<u8> {
    [dir.join(".git").as_os_str().as_bytes(), b"\n"].concat()
}

/// Writes a file as a whole or not at all.
fn write(path: &Path, text: impl AsRef<[u8]>) -> Result<()> {
    let new = path.with_extension("gx-new");
    fs::write(&new, text)
        .and_then(|()| fs::rename(&new, path))
        .with_context(|| format!("cannot write {}", path.display()))
}
