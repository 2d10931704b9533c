//! What Git said of the work tree, for a process that asks again while nothing has been touched.
//!
//! Starting `git status` costs more than looking at the times of a few hundred files. Who records many experiments in
//! one process has edited nothing since the last one, or one file; only then is Git asked again. What Git names is
//! read anew each time: an answer that is used again says which files differ, not what is in them.

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;

use crate::git::repo::Repo;
use crate::git::stamp::Stamp;
use crate::model::object::ObjectId;

/// In a larger work tree Git, which uses several processors, is about as quick.
const MOST: usize = 5000;

/// What the last answer rested on.
#[derive(Debug, Default)]
pub(super) struct Glance {
    asked: Asked,
    last: Option<(Vec<Seen>, Vec<u8>)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Asked {
    #[default]
    Never,
    /// Most processes ask once, and need nothing for a second time.
    Once,
    Often,
    /// There is too much to look at.
    InVain,
}

/// A file or folder at one moment; nothing where there was none.
type Seen = (PathBuf, Option<Stamp>);

impl Glance {
    /// The answer of `ask`, or the last one where nothing that it depends on has changed since: HEAD, the index, any
    /// file or folder of the work tree, what is ignored. Of Git's settings outside the repository it is taken that they
    /// stay as they are.
    ///
    /// # Errors
    /// Those of `ask`.
    pub(super) fn again(
        &mut self,
        repo: &Repo,
        head: ObjectId,
        ask: impl FnOnce() -> Result<Vec<u8>>,
    ) -> Result<Vec<u8>> {
        match self.asked {
            Asked::Never => self.asked = Asked::Once,
            Asked::Once => self.asked = Asked::Often,
            Asked::Often | Asked::InVain => {}
        }
        if self.asked != Asked::Often {
            return ask();
        }
        let now = SystemTime::now();
        let seen = look(repo, head);
        if let (Some(seen), Some((known, answer))) = (&seen, &self.last)
            && seen == known
        {
            return Ok(answer.clone());
        }
        self.last = None;
        if seen.is_none() {
            self.asked = Asked::InVain;
        }
        let answer = ask()?;
        // Looked at before Git was asked: whatever was touched since shows the next time.
        let rests =
            |seen: &Vec<Seen>| seen.iter().all(|(_, stamp)| stamp.is_none_or(|stamp| stamp.rests(now)));
        self.last = seen.filter(rests).map(|seen| (seen, answer.clone()));
        Ok(answer)
    }
}

/// Everything that `git status` looks at; nothing where that is too much, or where a repository lies in the work tree,
/// whose own HEAD counts too.
fn look(repo: &Repo, head: ObjectId) -> Option<Vec<Seen>> {
    let mut seen = vec![(PathBuf::from(head.to_string()), None)];
    let of_git =
        [repo.git_dir().join("index"), repo.common_dir().join("info"), repo.common_dir().join("config")];
    for path in of_git.into_iter().chain([repo.common_dir().join("info/exclude")]) {
        let stamp = match fs::symlink_metadata(&path) {
            Ok(meta) => Some(Stamp::of(&meta)),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(_) => return None,
        };
        seen.push((path, stamp));
    }
    let top = repo.work_dir();
    seen.push((top.to_owned(), Some(Stamp::of(&fs::symlink_metadata(top).ok()?))));
    walk(top, true, &mut seen)?;
    Some(seen)
}

fn walk(folder: &Path, is_top: bool, seen: &mut Vec<Seen>) -> Option<()> {
    let begin = seen.len();
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder).ok()? {
        let entry = entry.ok()?;
        if entry.file_name() == ".git" {
            if is_top {
                continue;
            }
            return None;
        }
        let meta: Metadata = entry.metadata().ok()?;
        if meta.is_dir() {
            folders.push(entry.path());
        }
        seen.push((entry.path(), Some(Stamp::of(&meta))));
        if seen.len() > MOST {
            return None;
        }
    }
    // A folder lists its entries in no order.
    seen[begin..].sort_by(|one, other| one.0.cmp(&other.0));
    folders.sort();
    folders.iter().try_for_each(|folder| walk(folder, false, seen))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::{Duration, Instant};

    use super::*;

    /// Waits until nothing is younger than a tick.
    fn rest(repo: &Repo, head: ObjectId) {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(20) {
            let now = SystemTime::now();
            let seen = look(repo, head).unwrap();
            if seen.iter().all(|(_, stamp)| stamp.is_none_or(|stamp| stamp.rests(now))) {
                return;
            }
            std::thread::yield_now();
        }
        panic!("the files do not come to rest");
    }

    #[test]
    fn git_is_asked_again_only_after_something_was_touched() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("train.py"), "a = 1\n").unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        fs::write(folder.path().join("data/x"), "x").unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let mut head = repo.head().unwrap().commit;
        let (mut glance, asked) = (Glance::default(), Cell::new(0));
        let mut times = |head| {
            let before = asked.get();
            let ask = || {
                asked.set(asked.get() + 1);
                Ok(vec![asked.get()])
            };
            let answer = glance.again(&repo, head, ask).unwrap();
            assert_eq!(answer, [asked.get()], "an old answer");
            asked.get() - before
        };
        assert_eq!([times(head), times(head)], [1, 1], "the first is for those who ask once");
        rest(&repo, head);
        assert_eq!([times(head), times(head), times(head)], [1, 0, 0]);
        let touch: [(&str, &dyn Fn()); 6] = [
            ("edited, of the same size", &|| fs::write(folder.path().join("train.py"), "a = 2\n").unwrap()),
            ("new in a folder", &|| fs::write(folder.path().join("data/y"), "").unwrap()),
            ("deleted", &|| fs::remove_file(folder.path().join("data/y")).unwrap()),
            ("another mode", &|| {
                drop(repo.git().args(["update-index", "--chmod=+x", "train.py"]).run().unwrap())
            }),
            ("ignored", &|| fs::write(folder.path().join(".git/info/exclude"), "x\n").unwrap()),
            ("setting", &|| drop(repo.git().args(["config", "core.fileMode", "false"]).run().unwrap())),
        ];
        for (what, touch) in touch {
            touch();
            assert_eq!(times(head), 1, "{what}");
            assert_eq!(times(head), 1, "{what}: it could have been touched twice within a tick");
            rest(&repo, head);
            assert_eq!([times(head), times(head)], [1, 0], "{what}, at rest");
        }
        repo.git().args(["commit", "--quiet", "--allow-empty", "-m", "x"]).run().unwrap();
        head = repo.head().unwrap().commit;
        assert_eq!(times(head), 1, "another HEAD");
        fs::create_dir_all(folder.path().join("inner/.git")).unwrap();
        assert_eq!([times(head), times(head)], [1, 1], "a repository inside");
        assert_eq!(glance.asked, Asked::InVain);
    }
}
