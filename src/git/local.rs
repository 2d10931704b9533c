//! What a repository's own configuration says and no other file, which alone may say what is private.

use std::cell::RefCell;
use std::fs;
use std::rc::Rc;
use std::time::SystemTime;

use anyhow::Result;

use crate::git::engine::place::Place;
use crate::git::stamp::Stamp;

/// Names, as Git normalizes them, with their values, lowest precedence first.
type Entries = Rc<Vec<(String, String)>>;

/// The entries, read when they are first asked for and when the file is another one: an upload asks many times.
#[derive(Debug, Default)]
pub(super) struct Local {
    read: RefCell<Option<(Stamp, Entries)>>,
}

impl Local {
    /// All of them, those of files that it includes not; none where Git cannot read it.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn entries(&self, place: &Place) -> Result<Entries> {
        let stamp = fs::metadata(place.common_dir.join("config")).map(|meta| Stamp::of(&meta)).ok();
        if let Some((_, entries)) = self.read.borrow().as_ref().filter(|(known, _)| Some(*known) == stamp) {
            return Ok(Rc::clone(entries));
        }
        let now = SystemTime::now();
        let told = place.git().args(["config", "--local", "--null", "--list"]).output()?;
        let text = String::from_utf8_lossy(&told.stdout).into_owned();
        let entry = |entry: &str| {
            let (name, value) = entry.split_once('\n')?;
            Some((name.to_owned(), value.to_owned()))
        };
        let entries: Entries = Rc::new(text.split('\0').filter_map(entry).collect());
        // What says who is private may not be a tick behind an editor that writes in place.
        let known = stamp.filter(|stamp| stamp.rests(now)).map(|stamp| (stamp, Rc::clone(&entries)));
        self.read.replace(known);
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::{Duration, Instant};

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
        let file = repo.common_dir().join("config");
        let began = Instant::now();
        while !Stamp::of(&fs::metadata(&file).unwrap()).rests(SystemTime::now()) {
            assert!(began.elapsed() < Duration::from_secs(20), "the file does not come to rest");
            thread::yield_now();
        }
        assert!(Rc::ptr_eq(&entries(), &entries()), "it is read again and again");
        repo.git().args(["config", "--local", "gx.test", "two"]).run().unwrap();
        assert_eq!(told(), ["two"], "another program has set it");
        // As an editor that writes in place, of the same length.
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replace("two", "six")).unwrap();
        assert_eq!(told(), ["six"], "an editor has written over it");
        fs::remove_file(&file).unwrap();
        fs::write(&file, text).unwrap();
        assert_eq!(told(), ["two"], "another file has taken its place");
    }
}
