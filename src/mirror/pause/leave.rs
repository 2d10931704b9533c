//! Leaving the work tree of a sync: what is in it and nowhere else is kept or laid aside, and the rest goes.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::git::repo::Repo;
use crate::mirror::pause::record::folder;
use crate::model::object::ObjectId;

/// What is left of a work tree in which somebody was to decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Its files as a tree, where they were not to be committed.
    pub files: Option<ObjectId>,
    /// Where lies since what no tree holds: ignored files, and repositories that somebody has made in it.
    pub aside: Option<PathBuf>,
}

impl Left {
    /// A sentence about what was laid aside.
    pub fn note(&self) -> Option<String> {
        self.aside.as_deref().map(note)
    }
}

/// That something was laid aside.
pub fn note(aside: &Path) -> String {
    format!("ignored files that lay in the work tree of the sync are in {} now", aside.display())
}

/// Removes the work tree of a sync, what no tree can hold laid aside before: where that is, if there was any.
///
/// # Errors
/// Something can neither be moved nor removed; the rest is still there then.
pub fn leave(repo: &Repo, dir: &Path) -> Result<Option<PathBuf>> {
    let aside = lay_aside(repo, dir)?;
    repo.leave_join(dir)?;
    Ok(aside)
}

fn lay_aside(repo: &Repo, dir: &Path) -> Result<Option<PathBuf>> {
    let Ok(place) = repo.open_worktree(dir) else {
        // Somebody has taken it out of git's hands, and nobody can say what of it is theirs.
        return match fs::read_dir(dir).map(|mut entries| entries.next().is_some()) {
            Ok(true) => {
                let aside = new_folder(repo)?;
                move_to(dir, &aside.join("tree"))?;
                Ok(Some(aside))
            }
            _ => Ok(None),
        };
    };
    let unheld = place.unheld()?;
    if unheld.is_empty() {
        return Ok(None);
    }
    let aside = new_folder(repo)?;
    for path in &unheld {
        move_to(&dir.join(path.as_path()), &aside.join(path.as_path()))?;
    }
    Ok(Some(aside))
}

/// A folder that nobody else uses, beside the work tree, so that what is moved there need not be copied.
fn new_folder(repo: &Repo) -> Result<PathBuf> {
    let all = folder(repo).join("aside");
    let failed = || format!("cannot make a folder in {}", all.display());
    fs::create_dir_all(&all).with_context(failed)?;
    for number in 1.. {
        let new = all.join(number.to_string());
        match fs::create_dir(&new) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => return made.with_context(failed).map(|()| new),
        }
    }
    Err(anyhow::anyhow!(failed()))
}

fn move_to(from: &Path, to: &Path) -> Result<()> {
    let parent = to.parent().unwrap_or(to);
    fs::create_dir_all(parent)
        .and_then(|()| fs::rename(from, to))
        .with_context(|| format!("cannot move {} to {}", from.display(), to.display()))
}
