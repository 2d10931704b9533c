//! What a repository's own configuration says and no other file, which alone may say what is private.

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::rc::Rc;

use anyhow::Result;

use crate::git::engine::place::Place;

/// Names, as Git normalizes them, with their values, lowest precedence first.
type Entries = Rc<Vec<(String, String)>>;

/// What tells the file from another: Git never changes it in place.
type Mark = Option<(u64, u64, i64, i64)>;

/// The entries, read when they are first asked for and when the file is another one: an upload asks many times.
#[derive(Debug, Default)]
pub(super) struct Local {
    read: RefCell<Option<(Mark, Entries)>>,
}

impl Local {
    /// All of them, those of files that it includes not; none where Git cannot read it.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn entries(&self, place: &Place) -> Result<Entries> {
        let meta = fs::metadata(place.common_dir.join("config")).ok();
        let mark = meta.map(|meta| (meta.ino(), meta.size(), meta.mtime(), meta.mtime_nsec()));
        if let Some((_, entries)) = self.read.borrow().as_ref().filter(|(known, _)| *known == mark) {
            return Ok(Rc::clone(entries));
        }
        let told = place.git().args(["config", "--local", "--null", "--list"]).output()?;
        let text = String::from_utf8_lossy(&told.stdout).into_owned();
        let entry = |entry: &str| {
            let (name, value) = entry.split_once('\n')?;
            Some((name.to_owned(), value.to_owned()))
        };
        let entries: Entries = Rc::new(text.split('\0').filter_map(entry).collect());
        self.read.replace(Some((mark, Rc::clone(&entries))));
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::repo::Repo;

    #[test]
    fn the_file_is_read_once_and_a_change_of_it_is_seen_whoever_makes_it() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let told = || repo.local_settings("gx.test").unwrap();
        let set = |value: &str| repo.set_settings("gx.test", &[value.to_owned()]).unwrap();
        assert_eq!(told(), Vec::<String>::new());
        set("one");
        assert_eq!(told(), ["one"]);
        let entries = || repo.local.entries(&repo.place).unwrap();
        assert!(Rc::ptr_eq(&entries(), &entries()), "it is read again and again");
        repo.git().args(["config", "--local", "gx.test", "two"]).run().unwrap();
        assert_eq!(told(), ["two"], "another program has set it");
        // As an editor that writes in place: of the same length, at a time that the file system tells from the last.
        let file = repo.common_dir().join("config");
        let text = fs::read_to_string(&file).unwrap();
        let stamp = || fs::metadata(&file).map(|meta| (meta.mtime(), meta.mtime_nsec())).unwrap();
        let before = stamp();
        while stamp() == before {
            fs::write(&file, text.replace("two", "six")).unwrap();
        }
        assert_eq!(told(), ["six"], "an editor has written over it");
        fs::remove_file(&file).unwrap();
        fs::write(&file, text).unwrap();
        assert_eq!(told(), ["two"], "another file has taken its place");
    }
}
