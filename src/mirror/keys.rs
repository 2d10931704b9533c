//! The settings that say between which two repositories this clone stands, all in its own configuration.
//!
//! They say which branch may loosen the policy, so no configuration counts that is shared with other clones or comes in
//! by the environment.

use crate::git::repo::Repo;

/// The name of the private remote.
pub const PRIVATE_REMOTE: &str = "gx.private.remote";
/// The branch that is kept in step there, without `refs/heads/`.
pub const PRIVATE_BRANCH: &str = "gx.private.branch";
/// The name of the public remote.
pub const PUBLIC_REMOTE: &str = "gx.public.remote";
/// The branch that is kept in step there.
pub const PUBLIC_BRANCH: &str = "gx.public.branch";
/// Where the public repository really lies; the remote's own push address is disabled.
pub const PUBLIC_URL: &str = "gx.public.url";
/// Where people without the right to write there push to.
pub const FORK_URL: &str = "gx.public.fork";
/// Below this, under their own names, the values that settings had before `gx mirror init` gave them others.
pub const REPLACED: &str = "gx.mirror.replaced";

/// What the public remote is called where nobody has said otherwise.
pub const PUBLIC: &str = "public";

/// One of them, where this clone's own configuration says anything.
pub fn set(repo: &Repo, key: &str) -> Option<String> {
    repo.local_settings(key).ok()?.pop().filter(|value| !value.is_empty())
}

/// The private branch, without `refs/heads/`; `main` where nobody has said otherwise.
pub fn private_branch(repo: &Repo) -> String {
    let branch = set(repo, PRIVATE_BRANCH).unwrap_or_else(|| "main".to_owned());
    branch.strip_prefix("refs/heads/").map(str::to_owned).unwrap_or(branch)
}
