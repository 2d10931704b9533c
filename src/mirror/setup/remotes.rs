//! Which remotes stand for the two repositories: those that a clone has already, else new ones.

use anyhow::Result;

use crate::error::{Fault, misuse};
use crate::git::repo::Repo;
use crate::mirror::guard::destination::is_same;
use crate::mirror::keys::PUBLIC;
use crate::model::upload::shown;

/// The names of the two remotes, and which of them must be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// Of the private repository.
    pub private: String,
    /// Whether there is none yet.
    pub is_private_new: bool,
    /// Of the public one.
    pub public: String,
    /// Whether there is none yet.
    pub is_public_new: bool,
}

/// Finds them by where they point, whatever they are called.
///
/// # Errors
/// Both addresses are the same place, a name that is needed points elsewhere, or the public place was declared private.
pub fn names(repo: &Repo, public: &str, private: &str) -> Result<Names> {
    if is_same(repo, public, private) {
        return Err(misuse(format!("the public and the private repository are the same: {}", shown(public)))
            .hint("make an empty private repository first, and give its address: `--private URL`")
            .into());
    }
    if repo.private_urls()?.iter().any(|declared| is_same(repo, declared, public)) {
        return Err(misuse(format!("{} was declared private here", shown(public)))
            .hint("see which remote says so: `gx remote`, and take it back: `gx remote trust NAME --forget`")
            .into());
    }
    let mut known = Vec::new();
    for name in repo.remotes()? {
        // One without an address is what a killed setup has left, or nothing that matters here.
        let url = repo.setting(&format!("remote.{name}.url")).filter(|url| !url.is_empty());
        known.extend(url.map(|url| (name, url)));
    }
    let at = |wanted: &str| {
        let found = known.iter().find(|(_, url)| is_same(repo, url, wanted));
        found.map(|(name, _)| name.clone())
    };
    let url_of = |name: &str| known.iter().find(|(known, _)| known == name).map(|(_, url)| url.as_str());
    let (found_private, found_public) = (at(private), at(public));
    let private_name = match &found_private {
        Some(name) => name.clone(),
        None if url_of("origin").is_none() => "origin".to_owned(),
        None => "private".to_owned(),
    };
    let public_name = found_public.clone().unwrap_or_else(|| PUBLIC.to_owned());
    for (name, found, wanted) in
        [(&private_name, &found_private, private), (&public_name, &found_public, public)]
    {
        if let (None, Some(url)) = (found, url_of(name)) {
            return Err(taken(name, url, wanted).into());
        }
    }
    Ok(Names {
        is_private_new: found_private.is_none(),
        is_public_new: found_public.is_none(),
        private: private_name,
        public: public_name,
    })
}

/// Whether every address that a remote is pushed to was declared private.
///
/// # Errors
/// There is no such remote.
pub fn is_declared(repo: &Repo, remote: &str) -> Result<bool> {
    let declared = repo.local_settings(&format!("gx.remote.{remote}.privateUrl"))?;
    Ok(repo.push_urls(remote)?.iter().all(|url| declared.contains(url)))
}

fn taken(name: &str, url: &str, wanted: &str) -> Fault {
    misuse(format!("the remote `{name}` is {}, not {}", shown(url), shown(wanted)))
        .hint(format!("give it another name: `git remote rename {name} OTHER`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repo(remotes: &[(&str, &str)]) -> (tempfile::TempDir, Repo) {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        for (name, url) in remotes {
            repo.set_settings(&format!("remote.{name}.url"), &[(*url).to_owned()]).unwrap();
        }
        (folder, repo)
    }

    const OPEN: &str = "https://git.example/open";
    const CLOSED: &str = "git@git.example:closed";

    #[test]
    fn remotes_are_found_by_where_they_point_and_named_where_there_are_none() {
        for (remotes, private, public) in [
            (&[][..], "origin", "public"),
            (&[("origin", OPEN)][..], "private", "origin"),
            (&[("origin", CLOSED)][..], "origin", "public"),
            (&[("origin", "https://git.example/open.git/")][..], "private", "origin"),
            (&[("origin", "/elsewhere")][..], "private", "public"),
            (&[("a", CLOSED), ("b", OPEN)][..], "a", "b"),
        ] {
            let (_folder, repo) = repo(remotes);
            let found = names(&repo, OPEN, CLOSED).unwrap();
            assert_eq!((found.private.as_str(), found.public.as_str()), (private, public), "{remotes:?}");
        }
    }

    #[test]
    fn the_same_place_twice_a_taken_name_and_a_public_place_declared_private_are_refused() {
        let (_folder, repo) = repo(&[("public", "/elsewhere")]);
        let told = |public: &str, private: &str| names(&repo, public, private).unwrap_err().to_string();
        assert!(told(OPEN, "https://git.example/open.git").contains("are the same"));
        assert!(told(OPEN, CLOSED).contains("the remote `public` is /elsewhere"));
        repo.set_settings("gx.remote.x.privateUrl", &[OPEN.to_owned()]).unwrap();
        assert!(told(OPEN, CLOSED).contains("was declared private"));
    }
}
