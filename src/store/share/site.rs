//! What this clone is called on a remote, and the claim that says so there.

use anyhow::Result;

use crate::clock::Timestamp;
use crate::error::{Fault, fault, misuse};
use crate::git::object::NewCommit;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;
use crate::model::site::Site;
use crate::process::identity;
use crate::store::share::tracking::Tracking;

/// The trailer of a claim that holds the uuid of its clone.
const TRAILER: &str = "Gx-Clone: ";

/// So many variations of the default name are tried.
const VARIATIONS: usize = 1000;

/// Who has a site on a remote, as far as that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nobody.
    Free,
    /// This clone.
    Own(ObjectId),
    /// Another clone.
    Foreign(ObjectId),
}

/// The name of this clone, and what is known of it on a remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Here {
    /// The name.
    pub site: Site,
    /// Who has it there.
    pub claim: Claim,
}

/// The configured name of this clone.
///
/// # Errors
/// `gx.site` is no name of a site.
pub fn configured(repo: &Repo) -> Result<Option<Site>> {
    let Some(name) = repo.setting("gx.site") else { return Ok(None) };
    Ok(Some(name.parse().map_err(|why| misuse(format!("git config gx.site: `{name}` is none: {why}")))?))
}

/// The random name of this clone, which nobody chooses; made when it is first asked for.
///
/// # Errors
/// The configuration cannot be written.
pub fn clone_id(repo: &Repo) -> Result<String> {
    if let Some(id) = repo.setting("gx.clone").filter(|id| !id.is_empty()) {
        return Ok(id);
    }
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| fault(format!("the system has no random numbers: {error}")))?;
    let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    repo.set_setting("gx.clone", &id)?;
    Ok(id)
}

/// The name that this clone has, or is to get, on a remote.
///
/// A name that somebody configured stays what it is; without one it is the machine's, or a variation that nobody has.
///
/// # Errors
/// The configured name is another clone's there.
pub fn here(repo: &Repo, remote: &str, tracking: &Tracking) -> Result<Here> {
    if let Some(site) = configured(repo)? {
        let claim = claim(repo, tracking, &site)?;
        return match claim {
            Claim::Foreign(_) => Err(clash(remote, &site).into()),
            claim => Ok(Here { site, claim }),
        };
    }
    let first = of_host(&identity::host());
    for number in 1..=VARIATIONS {
        let name = if number == 1 { first.to_string() } else { format!("{first}-{number}") };
        let Ok(site) = name.parse::<Site>() else { continue };
        let claim = claim(repo, tracking, &site)?;
        let is_used = || {
            Ok::<_, anyhow::Error>(!repo.ref_names(&format!("{}{site}/", tracking.experiments()))?.is_empty())
        };
        if matches!(claim, Claim::Own(_)) || claim == Claim::Free && !is_used()? {
            return Ok(Here { site, claim });
        }
    }
    Err(fault(format!("`{first}` and {VARIATIONS} variations of it are taken on `{remote}`"))
        .hint("choose a name for this clone: `gx init --site NAME`")
        .into())
}

/// Who has a site.
///
/// # Errors
/// The claim cannot be read.
pub fn claim(repo: &Repo, tracking: &Tracking, site: &Site) -> Result<Claim> {
    let Some(commit) = repo.read_ref(&tracking.claim(site))? else { return Ok(Claim::Free) };
    let message = repo.message(commit)?;
    let owner = message.lines().find_map(|line| line.strip_prefix(TRAILER)).unwrap_or_default();
    let own = repo.setting("gx.clone").filter(|id| !id.is_empty());
    Ok(if own.as_deref() == Some(owner) { Claim::Own(commit) } else { Claim::Foreign(commit) })
}

/// Writes the commit that claims a site for this clone; nothing is claimed until it is on the remote.
///
/// # Errors
/// The repository cannot be written.
pub fn write_claim(repo: &Repo, site: &Site, before: Option<ObjectId>) -> Result<ObjectId> {
    let message = format!("gx: site {site}\n\n{TRAILER}{}\n", clone_id(repo)?);
    let tree = repo.empty_tree()?;
    // On top of the one before, so that the history of a site can be read.
    let parents: Vec<ObjectId> = before.into_iter().collect();
    repo.write_commit(&NewCommit { tree, parents: &parents, message: &message, at: Timestamp::now() })
}

/// Another clone has the name.
pub fn clash(remote: &str, site: &Site) -> Fault {
    fault(format!("`{site}` is the name of another clone on `{remote}`"))
        .hint("call this one something else: `gx init --site NAME`")
        .hint(format!(
            "or, if that clone is gone and this one takes its place: `gx init --site {site} --adopt`"
        ))
}

/// The name of a machine as a site: `node7.cluster` is `node7`.
fn of_host(host: &str) -> Site {
    let first = host.split('.').next().unwrap_or_default();
    let plain: String =
        first.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    // Room for a number behind it.
    let short: String = plain.trim_matches('-').chars().take(Site::LONGEST - 5).collect();
    let named = short.trim_matches('-').parse().or_else(|_| format!("site-{short}").parse());
    named.unwrap_or_else(|_| "site".parse().expect("`site` is one"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_gives_a_site() {
        for (host, site) in [
            ("node7.cluster.example", "node7"),
            ("my_box", "my-box"),
            ("-x-", "x"),
            ("", "site"),
            ("…", "site"),
            ("exp-3", "site-exp-3"),
        ] {
            assert_eq!(of_host(host).as_str(), site, "{host}");
        }
        assert!(of_host(&"a".repeat(200)).as_str().len() < Site::LONGEST);
    }
}
