//! Doing what was worked out: settings first, then files.

use std::path::Path;

use anyhow::Result;

use crate::error::fault;
use crate::git::object::Entry;
use crate::git::repo::Repo;
use crate::mirror::guard::destination::is_same;
use crate::mirror::guard::known::learn_public;
use crate::mirror::hook::install::{Sharing, install};
use crate::mirror::policy::file::PATH;
use crate::mirror::setup::plan::{Change, Plan};
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::process::{fail, file};

/// Whether the policy file is committed, as `gx init` commits its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// On the private branch, where that is checked out: it alone.
    Make,
    /// It is left to the user.
    Leave,
}

impl Plan {
    /// Does it; running it again does what is left. The hooks call the program `gx`. Gives the commit that holds the
    /// policy file, where one was made.
    ///
    /// # Errors
    /// Something cannot be written, the private remote is pushed to the public place too, or the folder of hooks is one
    /// that other repositories share.
    pub fn apply(&self, repo: &Repo, gx: &Path, commit: Commit) -> Result<Option<ObjectId>> {
        let mut committed = None;
        for change in &self.changes {
            match change {
                Change::Setting { key, values, .. } => repo.set_settings(key, values)?,
                Change::Declare => self.declare(repo)?,
                Change::Policy { text } => {
                    file::write(&repo.work_dir().join(PATH), text.as_bytes())?;
                    if commit == Commit::Make && self.is_on_private_branch(repo) {
                        committed = commit_policy(repo, text)?;
                    }
                }
                Change::Hooks => drop(install(repo, gx, Sharing::Refused)?),
                Change::Ignore { file: path, text } => file::write(path, text.as_bytes())?,
            }
            fail::point("mirror-init");
        }
        Ok(committed)
    }

    /// Whether the private branch is checked out, so that what belongs on it can be committed.
    pub fn is_on_private_branch(&self, repo: &Repo) -> bool {
        repo.head().is_ok_and(|head| head.branch_name() == Some(self.private_branch.as_str()))
    }

    /// Learns what is public already, where the public repository can be asked and its branch is here; what a person
    /// should know of it. The next push looks at more where this fails.
    pub fn learn(&self, repo: &Repo) -> Option<String> {
        let tip = repo.advertised_tip(&self.public_url, &self.public_branch).ok().flatten()?;
        learn_public(repo, &self.names.public, &self.public_url, tip).ok().flatten()
    }

    fn declare(&self, repo: &Repo) -> Result<()> {
        let name = &self.names.private;
        let urls = repo.push_urls(name)?;
        if urls.iter().any(|url| is_same(repo, url, &self.public_url)) {
            return Err(fault(format!("`{name}` is pushed to the public repository too"))
                .hint(format!("see where it goes: `git remote get-url --push --all {name}`"))
                .into());
        }
        repo.set_settings(&format!("gx.remote.{name}.privateUrl"), &urls)
    }
}

fn commit_policy(repo: &Repo, text: &str) -> Result<Option<ObjectId>> {
    let entry = Entry { mode: 0o100_644, id: repo.write_blob(text.as_bytes())? };
    let message = "Say what is private in this repository\n";
    repo.commit_paths(&[(RepoPath::from(PATH), Some(entry))], message, "gx: mirror init")
}
