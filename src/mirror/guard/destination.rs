//! Where an upload goes: not by the name of the remote, which lies, but by its address.

use anyhow::Result;

use crate::git::repo::Repo;

/// Who can read what lies there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Somebody has declared it private, in the local configuration.
    Private,
    /// Anything else: what is unknown is public.
    Public,
}

/// One address that is pushed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The remote's name, or the address where there is none.
    pub name: String,
    /// The address, as Git resolved it.
    pub url: String,
    /// Who can read it.
    pub class: Class,
}

impl Destination {
    /// Classes an address that Git has resolved.
    ///
    /// # Errors
    /// The configuration cannot be read.
    pub fn of(repo: &Repo, name: &str, url: &str) -> Result<Self> {
        let declared = repo.private_urls()?;
        let here = canonical(url);
        let is_private = declared.iter().any(|private| canonical(private) == here);
        let class = if is_private { Class::Private } else { Class::Public };
        Ok(Self { name: name.to_owned(), url: url.to_owned(), class })
    }
}

/// The one spelling of an address: no user, no default port, no `.git`, the host in lower case.
pub fn canonical(url: &str) -> String {
    url.trim_end_matches('/').trim_end_matches(".git").to_owned()
}
