//! Learning what is public already, right after it was seen at the public address.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::Result;

use crate::error::Exit;
use crate::git::repo::Repo;
use crate::mirror::guard::check::baseline;
use crate::mirror::guard::destination::{Class, Destination, is_same};
use crate::mirror::guard::limits::Limits;
use crate::mirror::policy::terms::Policy;
use crate::model::object::ObjectId;
use crate::model::upload::shown;

/// How long learning what is public may take; what was not learned is looked at when something is pushed.
const BUDGET: Duration = Duration::from_secs(20);

/// More tips than this are not learned of one place: each is looked for among the refs of it at every push.
const MOST: usize = 256;

/// How a place is asked what it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// Shortly, and nobody is there who could give a password.
    Glance,
    /// As long as it takes, with a person who may be asked.
    Wait {
        /// Whether one is there.
        may_ask: bool,
    },
}

/// What was learned of one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learned {
    /// The address, without a password in it.
    pub place: String,
    /// How many of its branches and tags are out, by its own word, and known here.
    pub known: usize,
    /// How many it has that are not here.
    pub unknown: usize,
    /// How many paths are out that may not leave by the policy of now.
    pub findings: usize,
    /// Whether it is taken down; not where their history cannot be seen whole from here.
    pub is_kept: bool,
}

/// Asks every address of a remote, or an address, which branches and tags it has, and takes down that these are out:
/// what everybody has is no secret any more, and to stop the next push because of it helps nobody.
///
/// What the remote-tracking refs say is not enough, since a purge leaves them stale; what is out and should not be is
/// for [`crate::mirror::guard::scan::published`] to tell.
///
/// # Errors
/// The place cannot be reached, or the repository or its policy cannot be read; nothing is known then.
pub fn learn(repo: &Repo, remote: &str, asking: Asking) -> Result<Vec<Learned>> {
    let places = Destination::all(repo, remote)?;
    places.iter().map(|place| learn_of(repo, place, asking)).collect()
}

fn learn_of(repo: &Repo, place: &Destination, asking: Asking) -> Result<Learned> {
    let told = match asking {
        Asking::Glance => repo.glanced(&place.url)?,
        Asking::Wait { may_ask } => repo.all_advertised(&place.url, may_ask)?,
    };
    let is_ordinary = |name: &str| name.starts_with("refs/heads/") || name.starts_with("refs/tags/");
    let told: Vec<ObjectId> =
        told.into_iter().filter(|(name, _)| is_ordinary(name)).map(|(_, id)| id).collect();
    let here: Vec<ObjectId> = told.iter().copied().filter(|id| repo.has_object(*id)).collect();
    let (known, unknown) = (here.len(), told.len() - here.len());
    let tips = uppermost(repo, here.iter().filter_map(|id| repo.revision(&format!("{id}^{{commit}}"))));
    let policy = Policy::of(repo, &tips)?;
    let report = baseline(repo, place, &tips, &policy, &Limits::within(BUDGET))?;
    let is_kept = !tips.is_empty() && report.exit() != Exit::Unchecked;
    if is_kept {
        report.frontier.write()?;
    }
    let findings = report.findings.len() + report.uncounted;
    Ok(Learned { place: shown(&place.url), known, unknown, findings, is_kept })
}

/// Those commits that are behind no other of them, so few that asking for each is quick.
fn uppermost(repo: &Repo, commits: impl Iterator<Item = ObjectId>) -> Vec<ObjectId> {
    let all: Vec<ObjectId> = commits.collect();
    // In a clone that does not reach far enough back they cannot be listed, and hide each other only for that.
    let descent = repo.descent_between(&all, &[]).unwrap_or_default();
    let behind: HashSet<ObjectId> = descent.into_iter().flat_map(|(_, parents)| parents).collect();
    let mut seen = HashSet::new();
    all.into_iter().filter(|id| !behind.contains(id) && seen.insert(*id)).take(MOST).collect()
}

/// Takes down that a branch was just seen at the public address, so that the first push there need not look into what
/// everybody has. Gives what a person should know, if anything.
///
/// # Errors
/// The repository or its policy cannot be read; nothing is known then, and everything is looked at.
pub fn learn_public(repo: &Repo, name: &str, seen_at: &str, tip: ObjectId) -> Result<Option<String>> {
    let url = repo.push_url_of(seen_at)?;
    let place = Destination::of(repo, name, &url)?;
    if place.class == Class::Private || !is_same(repo, seen_at, &url) || !repo.has_object(tip) {
        return Ok(None);
    }
    let policy = Policy::of(repo, &[tip])?;
    let report = baseline(repo, &place, &[tip], &policy, &Limits::within(BUDGET))?;
    report.remember()?;
    Ok((report.exit() == Exit::Blocked).then(|| {
        "what is public holds what the policy calls private: see it with `gx guard scan --published`"
            .to_owned()
    }))
}
