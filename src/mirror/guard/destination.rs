//! Where an upload goes: not by the name of the remote, which lies, but by its address.

use anyhow::Result;

use crate::git::repo::Repo;
use crate::mirror::guard::address;

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
    /// The one spelling of the address; the address itself where it is of no form that has one.
    pub canonical: String,
    /// Who can read it.
    pub class: Class,
}

impl Destination {
    /// Classes an address that Git has resolved, such as the second argument of a pre-push hook.
    ///
    /// # Errors
    /// The configuration cannot be read.
    pub fn of(repo: &Repo, name: &str, url: &str) -> Result<Self> {
        let here = canonical(repo, url);
        let is_declared = |here: &String| -> Result<bool> {
            Ok(repo.private_urls()?.iter().any(|private| canonical(repo, private).as_ref() == Some(here)))
        };
        let is_private = here.as_ref().map(is_declared).transpose()?.unwrap_or_default();
        let class = if is_private { Class::Private } else { Class::Public };
        let canonical = here.unwrap_or_else(|| url.to_owned());
        Ok(Self { name: name.to_owned(), url: url.to_owned(), canonical, class })
    }

    /// Every address that a push to `remote` goes to: the name of a remote, or an address as it is typed.
    ///
    /// # Errors
    /// The configuration cannot be read.
    pub fn all(repo: &Repo, remote: &str) -> Result<Vec<Self>> {
        let is_known = repo.remotes()?.iter().any(|known| known == remote);
        let urls = if is_known { repo.push_urls(remote)? } else { vec![repo.push_url_of(remote)?] };
        urls.iter().map(|url| Self::of(repo, remote, url)).collect()
    }
}

/// Whether two addresses are the same place for sure: spelled alike, or of one canonical form. Two of which no form is
/// known are not the same for that.
pub fn is_same(repo: &Repo, one: &str, other: &str) -> bool {
    one == other || canonical(repo, one).is_some_and(|one| Some(one) == canonical(repo, other))
}

/// The one spelling of an address in a repository, from whose top git takes relative paths.
pub fn canonical(repo: &Repo, url: &str) -> Option<String> {
    address::canonical(url, repo.work_dir())
}
