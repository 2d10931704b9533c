//! Where the hooks of a repository lie, as Git itself finds them, and how a ref moved last.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::git::engine::place::without_slash;
use crate::git::repo::Repo;
use crate::model::path::RepoPath;

/// How the second line of every hook begins that is gx's own.
pub const MARK: &str = "# gx guard";

/// Who else runs the hooks of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// This repository alone: the folder lies in its git directory.
    Own,
    /// Whoever has this work tree: what lies in the folder may be tracked.
    WorkTree,
    /// Every repository whose `core.hooksPath` says so.
    Shared,
}

/// A folder of hooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookFolder {
    /// Where it is; it need not exist.
    pub path: PathBuf,
    /// Who runs what lies there.
    pub reach: Reach,
}

impl Repo {
    /// The folder that Git runs hooks from: `core.hooksPath`, wherever that is set, else the repository's own.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn hook_folder(&self) -> Result<HookFolder> {
        let asked = ["rev-parse", "--path-format=absolute", "--git-path", "hooks"];
        let told = self.place.git_as_configured().args(asked).run()?;
        let text = String::from_utf8(told).context("the folder of the hooks has a name that is no text")?;
        let path = without_slash(Path::new(text.trim_end_matches('\n')));
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let is_in = |folder: &Path| real(&path).starts_with(real(folder)) || path.starts_with(folder);
        let reach = if is_in(self.common_dir()) {
            Reach::Own
        } else if !self.is_bare() && is_in(self.work_dir()) {
            Reach::WorkTree
        } else {
            Reach::Shared
        };
        Ok(HookFolder { path, reach })
    }

    /// Every path of the index.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn tracked_paths(&self) -> Result<Vec<RepoPath>> {
        self.listed(&["--cached"])
    }

    /// Every path of the work tree that is neither tracked nor ignored.
    ///
    /// # Errors
    /// The work tree cannot be read.
    pub fn untracked_paths(&self) -> Result<Vec<RepoPath>> {
        self.listed(&["--others", "--exclude-standard"])
    }

    fn listed(&self, which: &[&str]) -> Result<Vec<RepoPath>> {
        let told = self.git().args(["ls-files", "-z"]).args(which).run()?;
        let names = told.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        Ok(names.map(RepoPath::new).collect())
    }

    /// What the reflog says of the last move of a ref, such as `update by push`; nothing where none is kept.
    pub fn last_move(&self, name: &str) -> Option<String> {
        if self.has_ref_files() {
            // Bytes: names of people in it may be in any encoding.
            let log = fs::read(self.common_dir().join("logs").join(name)).ok()?;
            let last = log.trim_ascii_end().rsplit(|byte| *byte == b'\n').next()?;
            return Some(String::from_utf8_lossy(last).split_once('\t')?.1.to_owned());
        }
        let told = self.git().args(["reflog", "show", "-1", "--format=%gs", name]).run().ok()?;
        Some(String::from_utf8_lossy(&told).trim().to_owned()).filter(|said| !said.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_move_of_a_ref_is_read_though_a_name_in_the_reflog_is_no_utf_8() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        if !repo.has_ref_files() {
            // Git alone writes what it keeps in tables.
            repo.git()
                .args(["update-ref", "-m", "fetch", "--create-reflog", "refs/x", "HEAD"])
                .run()
                .unwrap();
            assert_eq!(repo.last_move("refs/x").as_deref(), Some("fetch"));
            return;
        }
        let logs = repo.common_dir().join("logs/refs/remotes/public");
        fs::create_dir_all(&logs).unwrap();
        let line = b"0 1 J\xfcrgen <j@lab.example> 1 +0000\tfetch\n0 1 J\xfcrgen <j@lab.example> 2 +0000\tupdate by push\n";
        fs::write(logs.join("main"), line).unwrap();
        assert_eq!(repo.last_move("refs/remotes/public/main").as_deref(), Some("update by push"));
        assert_eq!(repo.last_move("refs/remotes/public/other"), None);
    }
}
