//! What differs between two trees, as owned data.

use anyhow::Result;
use git2::{Delta, DiffFile, DiffOptions};
use serde::{Deserialize, Serialize};

use crate::git::object::{Entry, id_of, oid};
use crate::git::repo::Repo;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

/// One path that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub path: RepoPath,
    /// What the old tree holds there.
    pub before: Option<Entry>,
    /// What the new tree holds there.
    pub after: Option<Entry>,
}

/// How much differs, in files and lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diffstat {
    /// Files.
    pub files: usize,
    /// Lines added.
    pub insertions: usize,
    /// Lines removed.
    pub deletions: usize,
}

/// How a diff is shown by [`Repo::show_diff`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Line by line.
    Patch,
    /// A line per file.
    Stat,
}

impl Repo {
    /// The paths that differ between two trees; a rename is a removal and an addition.
    pub fn changes(&self, old: ObjectId, new: ObjectId) -> Result<Vec<Change>> {
        if old == new {
            return Ok(Vec::new());
        }
        let diff = self.tree_diff(old, new, &[])?;
        let side = |file: DiffFile<'_>, absent: bool| {
            (!absent).then(|| Entry { mode: u32::from(file.mode()), id: id_of(file.id()) })
        };
        Ok(diff
            .deltas()
            .filter_map(|delta| {
                let path = delta.new_file().path_bytes().or_else(|| delta.old_file().path_bytes())?;
                Some(Change {
                    path: RepoPath::new(path),
                    before: side(delta.old_file(), delta.status() == Delta::Added),
                    after: side(delta.new_file(), delta.status() == Delta::Deleted),
                })
            })
            .collect())
    }

    /// How much differs between two trees, at some paths or, without them, at all.
    pub fn diffstat(&self, old: ObjectId, new: ObjectId, only: Option<&[RepoPath]>) -> Result<Diffstat> {
        if old == new || only.is_some_and(<[_]>::is_empty) {
            return Ok(Diffstat::default());
        }
        let stats = self.tree_diff(old, new, only.unwrap_or_default())?.stats()?;
        Ok(Diffstat {
            files: stats.files_changed(),
            insertions: stats.insertions(),
            deletions: stats.deletions(),
        })
    }

    fn tree_diff(&self, old: ObjectId, new: ObjectId, only: &[RepoPath]) -> Result<git2::Diff<'_>> {
        let (old, new) = (self.inner.find_tree(oid(old)?)?, self.inner.find_tree(oid(new)?)?);
        let mut options = DiffOptions::new();
        options.include_typechange(true).ignore_submodules(false).disable_pathspec_match(true);
        for path in only {
            options.pathspec(path.as_bytes());
        }
        Ok(self.inner.diff_tree_to_tree(Some(&old), Some(&new), Some(&mut options))?)
    }

    /// Shows the difference with the user's own colours and diff settings, straight to stdout or through a pager.
    pub fn show_diff(
        &self,
        old: ObjectId,
        new: ObjectId,
        detail: Detail,
        pager: Option<String>,
    ) -> Result<()> {
        let program = match pager {
            Some(pager) => self.git().env("GIT_PAGER", pager),
            None => self.git().arg("--no-pager"),
        };
        let mut program = program.arg("diff");
        if detail == Detail::Stat {
            program = program.arg("--stat");
        }
        program.args([old.to_string(), new.to_string()]).inherit_output().run()?;
        Ok(())
    }

    /// The difference as text, without colours.
    pub fn diff_text(&self, old: ObjectId, new: ObjectId) -> Result<Vec<u8>> {
        let ids = [old.to_string(), new.to_string()];
        self.git().args(["diff", "--no-color", "--no-ext-diff", "--binary"]).args(ids).run()
    }
}
