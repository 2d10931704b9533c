//! Locks of refs that a killed transaction has left behind: told from those of living ones, and removed.
//!
//! A transaction of the `git` program holds a file for each of its refs, and whoever is killed with it leaves them all;
//! every later one would wait for each in turn, and fail. So each holds a flock meanwhile, gx and its `git` alike, which
//! the kernel drops with the last of them: where nobody has it, what lies there is rubbish.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};

use crate::git::refs::{STALE, STALE_TABLES};
use crate::git::repo::Repo;

/// The pause between two looks at locks that are young.
const PAUSE: Duration = Duration::from_millis(50);

impl Repo {
    /// The flock that a transaction shares with others, and passes on to its `git`.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(super) fn transaction_flock(&self) -> Result<File> {
        let file = self.flock_file()?;
        // Whoever has it alone has it for a moment.
        file.lock_shared().with_context(|| format!("cannot lock {}", self.flock_path().display()))?;
        Ok(file)
    }

    /// Removes the locks of some refs that were left behind; says whether there was one.
    ///
    /// # Errors
    /// One cannot be removed.
    pub(super) fn remove_left_locks<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Result<bool> {
        self.remove_left(names.into_iter().map(|name| self.place.lock_of(name)))
    }

    /// The same for all refs below a prefix, waiting until it shows of young ones whether they were.
    ///
    /// # Errors
    /// As there.
    pub(super) fn outwait_left_locks_below(&self, prefix: &str) -> Result<bool> {
        let (began, mut waited) = (Instant::now(), false);
        loop {
            let mut locks = Vec::new();
            if self.has_ref_files() {
                collect(&self.common_dir().join(prefix), &mut locks);
            }
            let is_none = locks.is_empty();
            if self.remove_left(locks)? {
                return Ok(true);
            }
            if is_none || began.elapsed() > STALE + STALE {
                // They were somebody's who is done now, or still is not.
                return Ok(is_none && waited);
            }
            thread::sleep(PAUSE);
            waited = true;
        }
    }

    fn remove_left(&self, locks: impl IntoIterator<Item = PathBuf>) -> Result<bool> {
        // What somebody writes by himself is locked for milliseconds, and a packing of all refs for a little longer.
        let stale = if self.has_ref_files() { STALE } else { STALE_TABLES };
        let now = SystemTime::now();
        let is_old = |path: &PathBuf| {
            let modified = fs::symlink_metadata(path).and_then(|meta| meta.modified()).ok();
            modified.and_then(|at| now.duration_since(at).ok()).is_some_and(|age| age > stale)
        };
        let mut old = locks.into_iter().filter(is_old).peekable();
        if old.peek().is_none() {
            return Ok(false);
        }
        // Nobody else removes any meanwhile, or it could be the lock that another has just taken.
        let alone = self.flock_file()?;
        if alone.try_lock().is_err() {
            return Ok(false);
        }
        // The first was looked at before the others were shut out: it may have gone since, and be somebody's new one.
        for path in old.filter(is_old) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove the stale {}", path.display()));
                }
                _ => {}
            }
        }
        // Whoever else has removed it: it stands in nobody's way any more.
        Ok(true)
    }

    fn flock_path(&self) -> PathBuf {
        self.gx_dir().join("transactions.lock")
    }

    fn flock_file(&self) -> Result<File> {
        let path = self.flock_path();
        let open = || {
            fs::create_dir_all(self.gx_dir())?;
            File::options().create(true).append(true).open(&path)
        };
        open().with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Adds the locks in a folder, of whatever age; what cannot be read has none.
pub fn collect(folder: &Path, locks: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(&path, locks);
        } else if path.extension().is_some_and(|extension| extension == "lock") {
            locks.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::refs::{Ref, Swap};

    #[test]
    fn locks_that_a_killed_transaction_left_go_where_no_other_is_at_work_and_it_is_done_anew() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let target = repo.head().unwrap().commit;
        let refs = ["refs/gx/a/1", "refs/gx/a/2"].map(|name| Ref { name: name.to_owned(), target });
        let names = || refs.iter().map(|one| one.name.as_str());
        let leave = |age: Duration| {
            for lock in names().map(|name| repo.place.lock_of(name)) {
                fs::create_dir_all(lock.parent().unwrap()).unwrap();
                File::create(&lock).unwrap().set_modified(SystemTime::now() - age).unwrap();
            }
        };
        leave(Duration::ZERO);
        assert!(
            !repo.remove_left_locks(names()).unwrap(),
            "a lock may be somebody's who takes it by himself"
        );
        leave(STALE_TABLES * 2);
        let at_work = repo.transaction_flock().unwrap();
        assert!(!repo.remove_left_locks(names()).unwrap(), "another transaction goes on");
        drop(at_work);
        assert_eq!(repo.create_refs(&refs).unwrap(), Swap::Done);
        assert!(!names().any(|name| repo.place.lock_of(name).exists()));
        assert!(!repo.outwait_left_locks_below("refs/gx/").unwrap(), "there is none to wait for");
        leave(Duration::ZERO);
        assert_eq!(repo.outwait_left_locks_below("refs/gx/").unwrap(), repo.has_ref_files());
    }

    #[test]
    fn a_look_at_very_many_refs_is_not_taken_for_a_wait_for_a_lock() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let many = repo.common_dir().join("refs/gx/many");
        fs::create_dir_all(&many).unwrap();
        let takes_long = || {
            let began = Instant::now();
            collect(&many, &mut Vec::new());
            began.elapsed() > PAUSE
        };
        let mut number = 0;
        while !takes_long() {
            (0..5000).for_each(|more| drop(File::create(many.join((number + more).to_string())).unwrap()));
            number += 5000;
        }
        assert!(
            !repo.outwait_left_locks_below("refs/gx/many/").unwrap(),
            "what failed would be done for ever"
        );
    }
}
