//! The two repositories that this clone stands between, as `gx mirror init` has written them down.

use anyhow::Result;

use crate::error::{Exit, Fault, fault};
use crate::git::repo::Repo;
use crate::mirror::guard::destination::is_same;
use crate::mirror::keys;
use crate::mirror::policy::terms::Policy;
use crate::model::object::ObjectId;

/// One of the two repositories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// The name of its remote.
    pub remote: String,
    /// Where it lies: of the public one, where a push really goes.
    pub url: String,
    /// The branch that is kept in step, without `refs/heads/`.
    pub branch: String,
}

impl Side {
    /// The branch, in full, as it is called over there and, of the private one, here.
    pub fn head(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }

    /// Where the branch is remembered here as it was over there.
    pub fn tracking(&self) -> String {
        format!("refs/remotes/{}/{}", self.remote, self.branch)
    }

    /// The one thing that is fetched from there: the branch, whatever has become of it.
    pub fn refspec(&self) -> String {
        format!("+{}:{}", self.head(), self.tracking())
    }
}

/// The private repository, its public mirror, and what may go between them.
#[derive(Clone, Debug)]
pub struct Mirror {
    /// Where everything is.
    pub private: Side,
    /// Where what is public is.
    pub public: Side,
    /// The address of a fork, for people without the right to write to the public repository.
    pub fork: Option<String>,
    /// What the private branch says. What loosens counts as it was last seen on the private remote; what forbids, as it
    /// is here too.
    pub policy: Policy,
}

impl Mirror {
    /// Reads it; nothing where no mirror was set up.
    ///
    /// # Errors
    /// It is set up in parts or as one repository twice, or the policy cannot be read.
    pub fn of(repo: &Repo) -> Result<Option<Self>> {
        let set = |key: &str| keys::set(repo, key);
        let (Some(private), Some(url)) = (set(keys::PRIVATE_REMOTE), set(keys::PUBLIC_URL)) else {
            return Ok(None);
        };
        let branch = keys::private_branch(repo);
        let private_url = repo.setting(&format!("remote.{private}.url")).filter(|url| !url.is_empty());
        let private_url = private_url.ok_or_else(|| broken(&format!("remote `{private}`")))?;
        if is_same(repo, &private_url, &url) {
            return Err(fault(format!("the private remote `{private}` is the public repository"))
                .hint("say which is which: `gx mirror init --public URL --private URL`")
                .exit(Exit::Blocked)
                .into());
        }
        let private = Side { url: private_url, branch, remote: private };
        let here = repo.read_ref(&private.head())?;
        let policy = Policy::of(repo, here.as_slice())?;
        let public = Side {
            remote: set(keys::PUBLIC_REMOTE).unwrap_or_else(|| keys::PUBLIC.to_owned()),
            branch: set(keys::PUBLIC_BRANCH).unwrap_or_else(|| policy.public_branch().to_owned()),
            url,
        };
        Ok(Some(Self { private, public, fork: set(keys::FORK_URL), policy }))
    }

    /// The same, where a command needs one.
    ///
    /// # Errors
    /// As [`Self::of`], and where there is none.
    pub fn needed(repo: &Repo) -> Result<Self> {
        Self::of(repo)?.ok_or_else(|| {
            fault("no mirror is set up in this repository")
                .hint("set it up: `gx mirror init --public URL --private URL`")
                .into()
        })
    }

    /// The tip of the private branch: this clone's own, else as it was last seen on the private remote.
    ///
    /// # Errors
    /// Neither is there.
    pub fn private_tip(&self, repo: &Repo) -> Result<ObjectId> {
        let found = match repo.read_ref(&self.private.head())? {
            Some(found) => Some(found),
            None => repo.read_ref(&self.private.tracking())?,
        };
        found.ok_or_else(|| {
            let (remote, branch) = (&self.private.remote, &self.private.branch);
            fault(format!("there is no branch `{branch}` here, nor is one known of `{remote}`"))
                .hint(format!("fetch it: `git fetch {remote} {branch}`"))
                .into()
        })
    }

    /// The tip of the public branch as it was last seen; nothing where it never was.
    ///
    /// # Errors
    /// The ref cannot be read.
    pub fn public_tip(&self, repo: &Repo) -> Result<Option<ObjectId>> {
        repo.read_ref(&self.public.tracking())
    }
}

fn broken(what: &str) -> Fault {
    fault(format!("the mirror of this repository is set up in parts: {what} is missing"))
        .hint("set it up again: `gx mirror init --public URL --private URL`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::tell;

    #[test]
    fn a_clone_without_settings_has_no_mirror_and_one_with_them_has_both_sides() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        assert!(Mirror::of(&repo).unwrap().is_none());
        let told = tell(&Mirror::needed(&repo).map(|_| ()).unwrap_err());
        assert_eq!(told.hints, ["set it up: `gx mirror init --public URL --private URL`"]);
        let set = |key: &str, value: &str| repo.set_settings(key, &[value.to_owned()]).unwrap();
        set(keys::PRIVATE_REMOTE, "origin");
        set(keys::PUBLIC_URL, "https://git.example/open.git");
        assert!(
            tell(&Mirror::of(&repo).map(|_| ()).unwrap_err()).message.contains("remote `origin` is missing")
        );
        set("remote.origin.url", "https://git.example/closed.git");
        let mirror = Mirror::of(&repo).unwrap().unwrap();
        assert_eq!(mirror.public.tracking(), "refs/remotes/public/main");
        assert_eq!(mirror.private.refspec(), "+refs/heads/main:refs/remotes/origin/main");
        assert_eq!((mirror.public.url.as_str(), mirror.fork), ("https://git.example/open.git", None));
    }
}
