//! Making repositories, branches and commits for a lab that is being set up.

use std::path::Path;

use anyhow::{Context, Result};

use crate::clock::Timestamp;
use crate::error::fault;
use crate::git::object::NewCommit;
use crate::git::refs::Swap;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;
use crate::process::command::Program;

impl Repo {
    /// Makes a repository in a folder and commits everything that is in it.
    pub fn create(folder: &Path, message: &str) -> Result<Self> {
        let git = |arguments: &[&str]| Program::new("git").args(arguments).dir(folder);
        let made = outside(git(&["init", "--quiet"])).run();
        made.with_context(|| format!("cannot make a repository in {}", folder.display()))?;
        let repo = Self::discover(folder)?;
        repo.git().args(["add", "--all"]).run()?;
        let tree = String::from_utf8(repo.git().arg("write-tree").run()?)?.trim().parse()?;
        let new = NewCommit { tree, parents: &[], message, at: Timestamp::now() };
        let commit = repo.write_commit(&new)?;
        let head = repo.refs.head()?.branch.context("a new repository is on a branch")?;
        match repo.swap_ref(&head, commit, None, "commit (initial)")? {
            Swap::Done => Ok(repo),
            Swap::Lost => {
                Err(fault(format!("somebody else is making a repository in {}", folder.display())).into())
            }
        }
    }

    /// Whether a branch exists.
    pub fn has_branch(&self, branch: &str) -> Result<bool> {
        Ok(self.read_ref(&format!("refs/heads/{branch}"))?.is_some())
    }

    /// Makes a branch at HEAD's commit and puts HEAD on it; index and work tree stay as they are.
    ///
    /// # Errors
    /// The branch exists.
    pub fn start_branch(&self, branch: &str, at: ObjectId) -> Result<()> {
        let name = format!("refs/heads/{branch}");
        if self.swap_ref(&name, at, None, "gx: start a session")? == Swap::Lost {
            return Err(fault(format!("branch `{branch}` exists already"))
                .hint(format!("go on with it: `git switch {branch}`"))
                .into());
        }
        self.sync_ref(&name)?;
        self.refs.set_head(&name).with_context(|| format!("cannot switch to `{branch}`"))
    }

    /// Whether Git ignores a path, relative to the top of the work tree.
    pub fn is_ignored(&self, path: &str) -> bool {
        self.settings.is_ignored(path)
    }
}

/// The program where no repository is to be found but the one in its folder.
fn outside(mut program: Program) -> Program {
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"] {
        program = program.env_remove(name);
    }
    program
}
