//! The folder of the locks, which all users of the machine share.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::config::schema::Gpu;
use crate::error::{Fault, fault, misuse};
use crate::gpu::shared::{make, open_or_make, read_only};

/// The file system type of NFS, see statfs(2).
const NFS: u64 = 0x6969;
/// As /tmp: everybody may make files, nobody may remove those of others.
const SHARED: u32 = 0o1777;
/// The tickets lie here. Not sticky: whoever comes next must be able to remove the ticket of a dead waiter.
const QUEUE: &str = "q";
const FREE_FOR_ALL: u32 = 0o777;

const SETTING: &str = "name another folder, on a local disk, in `gpu.lock_dir`";

/// The folder of the locks.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    mutex: File,
    bell: File,
}

impl Folder {
    /// Opens the folder that is configured; makes it where it is missing.
    ///
    /// # Errors
    /// A fault that names the folder when it cannot be made or written, or lies on NFS.
    pub fn open(config: &Gpu) -> Result<Self> {
        let path = place(config)?;
        make(&path, SHARED).map_err(|error| refusal(&path, &error))?;
        check_kind(&path, kind(&path)?)?;
        make(&path.join(QUEUE), FREE_FOR_ALL).map_err(|error| refusal(&path, &error))?;
        let open = |name: &str| open_or_make(&path.join(name)).map_err(|error| refusal(&path, &error));
        let (mutex, bell) = (open("mutex")?, open("bell")?);
        Ok(Self { path, mutex, bell })
    }

    /// Opens the folder that is configured if it is there.
    ///
    /// # Errors
    /// As [`Folder::open`].
    pub fn find(config: &Gpu) -> Result<Option<Self>> {
        if place(config)?.is_dir() { Self::open(config).map(Some) } else { Ok(None) }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the tickets lie.
    pub fn queue(&self) -> PathBuf {
        self.path.join(QUEUE)
    }

    /// The file whose change says that something was given back.
    pub fn bell(&self) -> PathBuf {
        self.path.join("bell")
    }

    /// Opens a lock file to look at its lock; makes it where it is missing.
    ///
    /// For reading only: closing it then raises no event that others would wake for.
    ///
    /// # Errors
    /// When it can neither be opened nor made.
    pub fn open_to_look(&self, name: &str) -> Result<File> {
        let path = self.path.join(name);
        let opened = read_only(&path).or_else(|error| match error.kind() {
            ErrorKind::NotFound => open_or_make(&path).and_then(|_| read_only(&path)),
            _ => Err(error),
        });
        Ok(opened.map_err(|error| refusal(&path, &error))?)
    }

    /// Opens a lock file to hold its lock: for writing where that is allowed, so that its claim can be written.
    ///
    /// # Errors
    /// When it can neither be opened nor made.
    pub fn open_to_hold(&self, name: &str) -> Result<File> {
        let path = self.path.join(name);
        Ok(open_or_make(&path).map_err(|error| refusal(&path, &error))?)
    }

    /// Waits for the mutex, which is only ever held for milliseconds.
    ///
    /// # Errors
    /// When the file system has no locks.
    pub fn lock(&self) -> Result<Guard<'_>> {
        let lock = self.mutex.lock();
        lock.with_context(|| format!("cannot lock {}", self.path.join("mutex").display()))?;
        Ok(Guard { mutex: &self.mutex })
    }

    /// Wakes those who wait, after a release or when somebody left the queue: an unlock alone wakes nobody.
    pub fn ring(&self) {
        // Over the same byte again and again, so that the file never grows. Where it belongs to somebody who
        // does not let us write, waiters find out by looking once a second.
        let _ = self.bell.write_all_at(b"!", 0);
    }
}

/// The right to change the folder; given back when dropped.
#[must_use = "dropping it lets others change the folder"]
#[derive(Debug)]
pub struct Guard<'a> {
    mutex: &'a File,
}

impl Guard<'_> {
    /// The last number that was given to a ticket; 0 when none was, or nobody could write it down.
    pub fn last_number(&self) -> u64 {
        let mut text = [0; 20];
        let read = self.mutex.read_at(&mut text, 0).unwrap_or(0);
        std::str::from_utf8(&text[..read]).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }

    /// Writes the last number down, where that is allowed.
    pub fn set_last_number(&self, number: u64) {
        let _ = self.mutex.write_all_at(format!("{number:019}\n").as_bytes(), 0);
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        // A program that another thread starts right now has a copy of the descriptor until it executes, so
        // that closing ours would not be enough.
        let _ = self.mutex.unlock();
    }
}

fn place(config: &Gpu) -> Result<PathBuf> {
    if config.lock_dir.is_empty() {
        return Ok(usual(Path::new("/run/lock")));
    }
    let place = PathBuf::from(&config.lock_dir);
    if place.is_relative() {
        // Every folder that gx is called from would have locks of its own, and the same card be given twice.
        return Err(misuse(format!("`gpu.lock_dir` is `{}`, which is no absolute path", config.lock_dir))
            .hint(SETTING)
            .into());
    }
    Ok(place)
}

/// `gx` in the system's folder of locks where everybody may make one, else in the one of lasting temporary files.
///
/// Whether this user alone may is not the question: root would then count in another folder than the others.
fn usual(locks: &Path) -> PathBuf {
    let everybody = |path: &Path| fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o002 != 0);
    if everybody(locks) { locks.join("gx") } else { PathBuf::from("/var/tmp/gx") }
}

fn refusal(path: &Path, error: &io::Error) -> Fault {
    fault(format!("cannot use {} for the locks of the cards: {error}", path.display())).hint(SETTING)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn kind(path: &Path) -> Result<u64> {
    let stat = rustix::fs::statfs(path).map_err(|error| refusal(path, &error.into()))?;
    Ok(u64::try_from(stat.f_type).unwrap_or_default())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn kind(_path: &Path) -> Result<u64> {
    Ok(0)
}

/// Refuses the kinds of file systems whose locks cannot be trusted: NFS makes a flock out of something else.
fn check_kind(path: &Path, magic: u64) -> Result<()> {
    if magic != NFS {
        return Ok(());
    }
    let message = format!("{} lies on NFS, whose locks cannot be trusted with cards", path.display());
    Err(fault(message).hint(SETTING).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::tell;
    use crate::gpu::lease::tests::config;
    use std::fs::Permissions;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn the_folder_and_its_files_are_open_to_everybody_whatever_the_umask_is() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(&config(&dir.path().join("gx"), 1)).unwrap();
        folder.open_to_hold("gpu-a.lock").unwrap();
        assert_eq!(mode(folder.path()), 0o1777);
        assert_eq!(mode(&folder.queue()), 0o777);
        for name in ["mutex", "bell", "gpu-a.lock"] {
            assert_eq!(mode(&folder.path().join(name)), 0o666, "{name}");
        }
        let left = fs::read_dir(folder.path()).unwrap().flatten();
        assert_eq!(left.filter(|entry| entry.file_name().as_encoded_bytes()[0] == b'.').count(), 0);
    }

    #[test]
    fn nfs_is_refused_and_the_setting_named() {
        assert!(check_kind(Path::new("/x"), 0x0102_1994).is_ok());
        let told = tell(&check_kind(Path::new("/home/locks"), NFS).unwrap_err());
        assert_eq!(told.message, "/home/locks lies on NFS, whose locks cannot be trusted with cards");
        assert!(told.hints[0].contains("gpu.lock_dir"));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let mut config = config(Path::new("/"), 1);
        config.lock_dir = "/proc/gx-locks".to_owned();
        let told = tell(&Folder::open(&config).unwrap_err());
        assert!(told.message.starts_with("cannot use /proc/gx-locks for the locks of the cards: "));
        assert!(told.hints[0].contains("gpu.lock_dir"));
    }

    #[test]
    fn the_last_number_is_written_over_and_a_spoilt_one_counts_as_none() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(&config(dir.path(), 1)).unwrap();
        let guard = folder.lock().unwrap();
        assert_eq!(guard.last_number(), 0);
        guard.set_last_number(1234);
        guard.set_last_number(7);
        assert_eq!(guard.last_number(), 7);
        fs::write(folder.path().join("mutex"), b"\xff\xfe not a number").unwrap();
        assert_eq!(guard.last_number(), 0);
    }

    #[test]
    fn only_a_place_where_everybody_may_write_is_used_for_all() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        assert_eq!(usual(dir.path()), Path::new("/var/tmp/gx"));
        fs::set_permissions(dir.path(), Permissions::from_mode(0o1777)).unwrap();
        assert_eq!(usual(dir.path()), dir.path().join("gx"));
    }
}
