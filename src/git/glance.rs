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

use crate::git::engine::place::Place;
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
        place: &Place,
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
        let seen = look(place, head);
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
fn look(place: &Place, head: ObjectId) -> Option<Vec<Seen>> {
    let mut seen = vec![(PathBuf::from(head.to_string()), None)];
    let of_all = |name: &str| place.common_dir.join(name);
    let own = ["index", "config.worktree", "info/sparse-checkout"].map(|name| place.git_dir.join(name));
    let shared = ["config", "info", "info/exclude", "info/attributes"].map(of_all);
    for path in own.into_iter().chain(shared) {
        let stamp = match fs::symlink_metadata(&path) {
            Ok(meta) => Some(Stamp::of(&meta)),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(_) => return None,
        };
        seen.push((path, stamp));
    }
    let top = place.work_dir.as_deref()?;
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
mod tests;
