//! Learning what is public already, right after it was seen at the public address.

use std::time::Duration;

use anyhow::Result;

use crate::error::Exit;
use crate::git::repo::Repo;
use crate::mirror::guard::check::baseline;
use crate::mirror::guard::destination::{Class, Destination, is_same};
use crate::mirror::guard::limits::Limits;
use crate::mirror::policy::terms::Policy;
use crate::model::object::ObjectId;

/// How long learning what is public may take; what was not learned is looked at when something is pushed.
const BUDGET: Duration = Duration::from_secs(20);

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
