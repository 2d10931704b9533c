//! The HEAD of a linked work tree, set without a look at what it was: a trainer may have left anything there.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::git::engine::formats::Storage;
use crate::git::engine::place::Place;
use crate::model::object::ObjectId;

/// For whoever knows no tables of refs; Git itself writes the same.
const STUB: &str = "ref: refs/heads/.invalid\n";

/// The name of a branch that nobody makes.
const UNBORN: &str = "refs/heads/gx-unborn";

impl Place {
    /// Detaches HEAD of the work tree with this git directory at a commit.
    pub(in crate::git) fn place_head(&self, git_dir: &Path, commit: ObjectId) -> Result<()> {
        let commit = commit.to_string();
        match self.formats.refs {
            Storage::Files => put(&git_dir.join("HEAD"), &format!("{commit}\n")),
            Storage::Reftable => self.place_tables(git_dir, &["update-ref", "--no-deref", "HEAD", &commit]),
        }
    }

    /// Puts HEAD of a new git directory on a branch that does not exist: without any, Git takes it for none.
    pub(in crate::git) fn place_unborn_head(&self, git_dir: &Path) -> Result<()> {
        match self.formats.refs {
            Storage::Files => put(&git_dir.join("HEAD"), &format!("ref: {UNBORN}\n")),
            Storage::Reftable => self.place_tables(git_dir, &["symbolic-ref", "HEAD", UNBORN]),
        }
    }

    /// Has the program write tables aside, and puts them in the place of those that are there in one step, so that
    /// nobody ever finds a work tree without HEAD.
    fn place_tables(&self, git_dir: &Path, words: &[&str]) -> Result<()> {
        let aside = git_dir.join("gx-head");
        remove(&aside)?;
        fs::create_dir_all(aside.join("reftable"))?;
        put(&aside.join("HEAD"), STUB)?;
        self.git_in(&aside).env("GIT_COMMON_DIR", &self.common_dir).args(words).run()?;
        let (new, tables) = (aside.join("reftable"), git_dir.join("reftable"));
        exchange(&new, &tables).with_context(|| format!("cannot write {}", tables.display()))?;
        put(&git_dir.join("HEAD"), STUB)?;
        remove(&aside)
    }
}

fn exchange(new: &Path, old: &Path) -> std::io::Result<()> {
    if !old.exists() {
        return fs::rename(new, old);
    }
    match renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(()),
        // Not every file system can: then there is a moment with neither.
        Err(_) => fs::remove_dir_all(old).and_then(|()| fs::rename(new, old)),
    }
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Writes a file as a whole or not at all.
fn put(path: &Path, text: &str) -> Result<()> {
    let new: PathBuf = path.with_extension("gx-new");
    fs::write(&new, text)
        .and_then(|()| fs::rename(&new, path))
        .with_context(|| format!("cannot write {}", path.display()))
}
