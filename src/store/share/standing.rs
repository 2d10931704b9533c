//! `gx remote`: how this clone stands to a remote, from what is known without asking it.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::git::transfer::Wire;
use crate::model::object::ObjectId;
use crate::model::site::Site;
use crate::store::experiments::Store;
use crate::store::share::exchange::{Exchange, How};
use crate::store::share::plan::Wanted;
use crate::store::share::site::configured;
use crate::store::share::trust::Declared;

/// How this clone stands to a remote.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// Where it is fetched from.
    pub url: String,
    /// Where a push goes.
    pub push_urls: Vec<String>,
    /// Whether all of those were declared private.
    pub is_private: bool,
    /// This clone's name on it, where it has one.
    pub site: Option<Site>,
    /// When it was last fetched from.
    pub pulled: Option<String>,
    /// When it was last pushed to.
    pub pushed: Option<String>,
    /// How many experiments it has.
    pub there: usize,
    /// How many finished ones are only here.
    pub ahead: usize,
    /// How many are only there.
    pub behind: usize,
    /// How many records it lacks lines of.
    pub records_ahead: usize,
    /// How many records lack lines here.
    pub records_behind: usize,
}

/// How this clone stands to a remote.
///
/// # Errors
/// There is no such remote, or the repository cannot be read.
pub fn standing(store: &Store<'_>, remote: &str) -> Result<Standing> {
    let repo = store.repo;
    let exchange = Exchange::look(store, remote, Wire::new(false, None));
    let push_urls = repo.push_urls(remote)?;
    let known = Standing {
        url: repo.fetch_url(remote)?,
        is_private: Declared::new(repo).covers(remote, &push_urls)?,
        push_urls,
        site: configured(repo)?,
        pulled: exchange.memory.pulled.clone(),
        pushed: exchange.memory.pushed.clone(),
        ..Standing::default()
    };
    let tracked = exchange.tracked()?;
    if exchange.is_unknown() && tracked.is_empty() {
        return Ok(known);
    }
    let published: BTreeSet<ObjectId> = tracked.values().copied().collect();
    let (pulled, gap) =
        (exchange.plan_pull(Default::default())?, exchange.record_gap(&published, How::Look)?);
    // A name that another clone has taken is told by the push that needs it.
    let ahead = exchange.plan(&Wanted::default(), How::Look).map_or(0, |plan| plan.new.len());
    Ok(Standing {
        there: tracked.len(),
        ahead,
        behind: pulled.new.len() + pulled.missing,
        records_ahead: gap.theirs.len(),
        records_behind: gap.ours.len(),
        ..known
    })
}

/// The remote that a command means that names none: what `gx.remote` says, else the only one that was declared
/// private, else `origin`.
///
/// # Errors
/// The configuration cannot be read.
pub fn usual(store: &Store<'_>) -> Result<String> {
    if let Some(name) = store.repo.setting("gx.remote") {
        return Ok(name);
    }
    let names = store.repo.configured_remotes()?;
    if names == ["origin"] {
        // Whatever was declared, there is no other.
        return Ok("origin".to_owned());
    }
    let declared = Declared::new(store.repo);
    let mut private = Vec::new();
    for name in names {
        if !declared.urls(&name)?.is_empty() {
            private.push(name);
        }
    }
    Ok(match &private[..] {
        [only] => only.clone(),
        _ => "origin".to_owned(),
    })
}
