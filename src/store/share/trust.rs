//! The first question to every upload: has anybody declared the place private that it goes to?

use std::cell::RefCell;

use anyhow::Result;

use crate::error::{Exit, fault};
use crate::git::repo::Repo;
use crate::model::upload::{Upload, UploadCheck, shown};

/// The places that somebody has declared private, in the configuration of this clone.
pub struct Declared<'a> {
    repo: &'a Repo,
    /// What was read of the remote that was asked about last: one command asks about each of its steps.
    seen: RefCell<Option<(String, Vec<String>)>>,
}

impl<'a> Declared<'a> {
    /// Those of this clone.
    pub fn new(repo: &'a Repo) -> Self {
        Self { repo, seen: RefCell::new(None) }
    }

    /// The addresses that were declared private for a remote.
    ///
    /// # Errors
    /// The configuration cannot be read.
    pub fn urls(&self, remote: &str) -> Result<Vec<String>> {
        if let Some((_, urls)) = self.seen.borrow().as_ref().filter(|(name, _)| name == remote) {
            return Ok(urls.clone());
        }
        let urls = self.repo.local_settings(&key(remote))?;
        self.seen.replace(Some((remote.to_owned(), urls.clone())));
        Ok(urls)
    }

    /// Declares these addresses of a remote private, which somebody has seen; any other is asked about again.
    ///
    /// # Errors
    /// The configuration cannot be written.
    pub fn declare(&self, remote: &str, urls: &[String]) -> Result<()> {
        self.seen.take();
        self.repo.set_settings(&key(remote), urls)
    }

    /// Takes the declaration back.
    ///
    /// # Errors
    /// The configuration cannot be written.
    pub fn forget(&self, remote: &str) -> Result<()> {
        self.seen.take();
        self.repo.set_settings(&key(remote), &[])
    }

    /// Whether every one of these addresses was declared.
    ///
    /// # Errors
    /// The configuration cannot be read.
    pub fn covers(&self, remote: &str, urls: &[String]) -> Result<bool> {
        let declared = self.urls(remote)?;
        Ok(!urls.is_empty() && urls.iter().all(|url| declared.contains(url)))
    }
}

impl UploadCheck for Declared<'_> {
    fn check(&self, upload: &Upload) -> Result<()> {
        if self.covers(&upload.remote, &upload.urls)? {
            return Ok(());
        }
        let (remote, urls) =
            (&upload.remote, upload.urls.iter().map(|url| shown(url)).collect::<Vec<_>>().join(" and "));
        let was = !self.urls(remote)?.is_empty();
        let told = match was {
            true => fault(format!("`{remote}` goes to {urls} now, which nobody has declared private")),
            false => fault(format!(
                "nobody has declared `{remote}` ({urls}) private, and snapshots hold your code"
            )),
        };
        Err(told.hint(format!("if it is: `gx remote trust {remote} --private`")).exit(Exit::Blocked).into())
    }
}

fn key(remote: &str) -> String {
    format!("gx.remote.{remote}.privateUrl")
}
