//! Work trees that agents edit in, one each: linked to the repository, on a detached HEAD, with a tag of their own.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::error::fault;
use crate::git::engine::refs::HeadRef;
use crate::git::engine::settings::is_true;
use crate::git::repo::Repo;
use crate::git::sweep;
use crate::model::object::ObjectId;
use crate::model::path::{RepoPath, list};
use crate::process::command::Program;

/// A work tree of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// As [`Repo::worktree_name`] gives it.
    pub name: String,
    /// Its top.
    pub dir: PathBuf,
    /// The commit that HEAD is at; nothing before the first commit of a branch.
    pub head: Option<ObjectId>,
    /// The branch that HEAD is on, without `refs/heads/`.
    pub branch: Option<String>,
    /// The tag that is set for this work tree alone.
    pub tag: Option<String>,
    /// Whether its folder is not there any more.
    pub is_gone: bool,
    /// Whether it is a checkout of gx's own.
    pub is_checkout: bool,
    git_dir: PathBuf,
}

impl Repo {
    /// Makes a work tree at `dir`, HEAD detached at `commit`, whose runs are of `tag`.
    ///
    /// # Errors
    /// The folder is there and not empty, or cannot be made; then nothing was made.
    pub fn add_worktree(&self, dir: &Path, commit: ObjectId, tag: &str) -> Result<Self> {
        let dir = std::path::absolute(dir)?;
        self.let_worktrees_have_settings()?;
        let add = self.git().args(["worktree", "add", "--quiet", "--detach"]);
        add.arg(&dir).arg(commit.to_string()).run()?;
        let tagged = self.open_worktree(&dir).and_then(|repo| {
            repo.git().args(["config", "--worktree", "gx.tag", tag]).run()?;
            // Opened anew, since a repository reads its settings once.
            self.open_worktree(&dir)
        });
        if tagged.is_err() {
            // The first trouble is the one to tell.
            let _ = self.forget(&dir);
        }
        tagged.with_context(|| format!("cannot set up {}", dir.display()))
    }

    /// Every work tree, the main one first, then by name.
    pub fn worktrees(&self) -> Result<Vec<Linked>> {
        let mut found = Vec::new();
        if let Some(dir) = self.work_dir_of("main") {
            found.push(self.describe("main".to_owned(), dir, self.common_dir().to_path_buf())?);
        }
        let folder = self.common_dir().join("worktrees");
        let mut names: Vec<_> = match fs::read_dir(&folder) {
            Ok(entries) => entries.flatten().map(|entry| entry.file_name()).collect(),
            Err(_) => Vec::new(),
        };
        names.sort();
        for name in names {
            let git_dir = folder.join(&name);
            // One that is just being made or removed has no place.
            let Some(dir) = self.dir_of(&git_dir) else { continue };
            found.push(self.describe(format!("linked-{}", name.to_string_lossy()), dir, git_dir)?);
        }
        Ok(found)
    }

    /// Removes a linked work tree with what Git ignores in it; links are removed, never followed.
    ///
    /// Whether somebody runs in it is for the caller to ask.
    ///
    /// # Errors
    /// Something in it is nowhere else: changes, untracked files, commits; or it is locked, or the main one.
    pub fn remove_worktree(&self, dir: &Path) -> Result<()> {
        let wanted = dir.canonicalize().or_else(|_| std::path::absolute(dir))?;
        let found = self.worktrees()?.into_iter().find(|linked| linked.dir == wanted);
        let Some(linked) = found.filter(|linked| linked.name != "main" && !linked.is_checkout) else {
            return Err(fault(format!("{} is no linked work tree that can be removed", dir.display()))
                .hint("list them: `git worktree list`")
                .into());
        };
        let shown = linked.dir.display();
        if linked.git_dir.join("locked").exists() {
            return Err(fault(format!("{shown} is locked"))
                .hint(format!("unlock it: `git worktree unlock {shown}`"))
                .into());
        }
        if !linked.is_gone {
            self.check_expendable(&linked)?;
        }
        self.forget(&linked.dir)
    }

    /// Removes a work tree that was made a moment ago and that nobody has used, whatever is in it.
    pub fn take_back_worktree(&self, dir: &Path) -> Result<()> {
        self.forget(&std::path::absolute(dir)?)
    }

    /// The paths of this work tree that are not as in HEAD, untracked ones that are not ignored too.
    pub fn edited(&self) -> Result<Vec<RepoPath>> {
        let status = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all"];
        // Who only looks must not keep others from their index.
        let program = self.git().env("GIT_OPTIONAL_LOCKS", "0").args(status);
        let told = program.arg("--ignore-submodules=none").run()?;
        let lines = told.split(|byte| *byte == 0).filter_map(|line| line.get(3..));
        Ok(lines.map(RepoPath::new).collect())
    }

    fn check_expendable(&self, linked: &Linked) -> Result<()> {
        let (repo, shown) = (self.open_worktree(&linked.dir)?, linked.dir.display());
        let paths = repo.edited()?;
        if !paths.is_empty() {
            return Err(fault(format!("{shown} has changes that are nowhere else: {}", list(&paths)))
                .hint(format!("keep them: `git -C {shown} stash --include-untracked`"))
                .hint(format!("or give them up: `git worktree remove --force {shown}`"))
                .into());
        }
        let (Some(head), None) = (linked.head, &linked.branch) else { return Ok(()) };
        let holder = self.git().args(["for-each-ref", "--count=1", "--contains", &head.to_string()]).run()?;
        if holder.is_empty() {
            return Err(fault(format!("{shown} is at commit {}, which no branch has", head.short()))
                .hint(format!("keep it: `git branch NAME {}`", head.short()))
                .into());
        }
        Ok(())
    }

    fn describe(&self, name: String, dir: PathBuf, git_dir: PathBuf) -> Result<Linked> {
        let head = self.refs.head_of(&git_dir).unwrap_or(HeadRef { branch: None, target: None });
        Ok(Linked {
            name,
            head: head.target,
            branch: head.branch.map(|name| name.strip_prefix("refs/heads/").unwrap_or(&name).to_owned()),
            tag: self.settings.in_file(&git_dir.join("config.worktree"), "gx.tag"),
            is_gone: fs::symlink_metadata(dir.join(".git")).is_err(),
            is_checkout: git_dir.join("gx-lock").exists(),
            dir,
            git_dir,
        })
    }

    /// Removes the folder, whatever is in it, and what Git knows of it.
    fn forget(&self, dir: &Path) -> Result<()> {
        sweep::remove(dir)?;
        self.shared_git().args(["worktree", "remove", "--force"]).arg(dir).run()?;
        Ok(())
    }

    /// The `git` program in no work tree, as that of this repository may be the one that goes.
    fn shared_git(&self) -> Program {
        self.git().env("GIT_DIR", self.common_dir()).env_remove("GIT_WORK_TREE").dir(self.common_dir())
    }

    /// Lets each work tree have settings of its own, as git-worktree(1) says under "configuration file".
    fn let_worktrees_have_settings(&self) -> Result<()> {
        let shared = self.common_dir().join("config");
        let setting = |name: &str| self.settings.in_file(&shared, name);
        if setting("extensions.worktreeConfig").is_some_and(|value| is_true(&value)) {
            return Ok(());
        }
        // These two are about the main work tree; so far Git did not apply them to the others.
        let moved: Vec<(&str, String)> = [("core.bare", Some("true")), ("core.worktree", None)]
            .into_iter()
            .filter_map(|(key, only)| {
                let value = setting(key)?;
                only.is_none_or(|only| only == value).then_some((key, value))
            })
            .collect();
        let write = |file: &Path, arguments: &[&str]| {
            self.shared_git().args(["config", "--file"]).arg(file).args(arguments).run()
        };
        for (key, value) in &moved {
            write(&self.common_dir().join("config.worktree"), &[key, value])?;
        }
        write(&shared, &["extensions.worktreeConfig", "true"])?;
        for (key, _) in &moved {
            write(&shared, &["--unset", key])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
