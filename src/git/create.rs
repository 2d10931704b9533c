//! Making repositories, branches and commits for a lab that is being set up.

use std::path::Path;

use anyhow::{Context, Result};

use crate::error::fault;
use crate::git::refs::Swap;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;

impl Repo {
    /// Makes a repository in a folder and commits everything that is in it.
    pub fn create(folder: &Path, message: &str) -> Result<Self> {
        let inner = git2::Repository::init(folder)
            .with_context(|| format!("cannot make a repository in {}", folder.display()))?;
        let mut index = inner.index()?;
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None)?;
        index.write()?;
        let tree = index.write_tree()?;
        drop(inner);
        let repo = Self::discover(folder)?;
        let signature = repo.signature(crate::clock::Timestamp::now())?;
        let tree = repo.inner.find_tree(tree)?;
        repo.inner.commit(Some("HEAD"), &signature, &signature, message, &tree, &[])?;
        drop(tree);
        Ok(repo)
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
        self.inner.set_head(&name).with_context(|| format!("cannot switch to `{branch}`"))
    }

    /// Whether Git ignores a path, relative to the top of the work tree.
    pub fn is_ignored(&self, path: &str) -> bool {
        self.inner.is_path_ignored(path).unwrap_or(false)
    }

    /// Writes content as a blob.
    pub fn write_blob(&self, content: &[u8]) -> Result<ObjectId> {
        Ok(crate::git::object::id_of(self.inner.blob(content)?))
    }
}
