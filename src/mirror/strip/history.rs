//! A whole branch without what is private: commits made again, parents first, as if it had never been there.
//!
//! A pure function of the commits, the policy and the pairs: again gives the same ids. What is public, or has a public
//! counterpart, stands for itself.

use std::collections::{HashMap, HashSet};

use anyhow::Result;

use crate::error::fault;
use crate::mirror::strip::ground::Ground;
use crate::mirror::strip::memory::{Counterpart, Memory};
use crate::mirror::strip::rewrite::Rewrite;
use crate::model::object::ObjectId;

/// So many of the latest pairs are told to git as places where it need not look further.
const HINTS: usize = 256;

/// A public commit that was made of a private one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// Of which it was made.
    pub private: ObjectId,
    /// It.
    pub public: ObjectId,
    /// Whether paths were left out of it.
    pub is_partial: bool,
    /// Whether its message was left out, as it may speak of these.
    pub is_silent: bool,
}

/// What came of stripping a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stripped {
    /// The public tip; nothing where nothing is left.
    pub tip: Option<ObjectId>,
    /// What was made on the way to it, parents first.
    pub made: Vec<Made>,
    /// Commits of which nothing is left.
    pub emptied: Vec<ObjectId>,
}

/// Hears how many commits are done, of how many.
pub type Hear<'a> = dyn FnMut(usize, usize) + 'a;

/// Strips everything that `tip` has, down to what is public.
///
/// # Errors
/// A commit is missing or damaged, the history is cut off (shallow), or what is made cannot be written.
pub fn strip(ground: &Ground<'_>, tip: ObjectId, hear: &mut Hear<'_>) -> Result<Stripped> {
    let provenance = ground.provenance.as_deref();
    let mut memory = Memory::load(ground.repo, ground.policy, ground.pairs, provenance);
    let mut rewrite = Rewrite::new(ground, &memory.known)?;
    let order = order(ground, &rewrite, &memory, tip)?;
    let waiting: Vec<ObjectId> = order.into_iter().filter(|commit| !rewrite.is_known(*commit)).collect();
    ground.repo.raw_each(&waiting, &mut |number, _, bytes| {
        if number % 64 == 0 {
            hear(number, waiting.len());
        }
        rewrite.take(waiting[number], bytes)
    })?;
    let fates = rewrite.finish()?;
    hear(waiting.len(), waiting.len());
    let fate = |commit: &ObjectId| fates.get(commit).copied();
    let end = fate(&tip)
        .or_else(|| ground.pairs.public_of(tip).map(Counterpart::whole))
        .unwrap_or_else(|| Counterpart::whole(tip));
    let news = waiting.iter().filter_map(|commit| Some((*commit, fate(commit)?)));
    memory.known.extend(news);
    if !memory.tips.contains(&tip) && fates.contains_key(&tip) {
        memory.tips.push(tip);
    }
    if !waiting.is_empty() {
        memory.save()?;
    }
    let emptied = memory.known.iter().filter(|(_, counterpart)| counterpart.is_emptied);
    let emptied = emptied.map(|(commit, _)| *commit).collect();
    Ok(Stripped { tip: end.public, made: reached(ground, end.public, &memory)?, emptied })
}

/// The commits to look at, parents first.
fn order(
    ground: &Ground<'_>,
    rewrite: &Rewrite<'_>,
    memory: &Memory,
    tip: ObjectId,
) -> Result<Vec<ObjectId>> {
    let latest = ground.pairs.list().iter().rev().take(HINTS);
    let latest = latest.map(|pair| pair.private).filter(|private| rewrite.is_known(*private));
    let hints: Vec<ObjectId> = latest.chain(memory.tips.iter().copied()).collect();
    let hidden = [ground.publics.as_slice(), hints.as_slice()].concat();
    let mut family = ground.repo.descent_between(&[tip], &hidden)?;
    let met: HashSet<ObjectId> = family.iter().map(|(commit, _)| *commit).collect();
    let parents = family.iter().flat_map(|(_, parents)| parents).copied();
    let is_open = |commit: &ObjectId| !met.contains(commit) && !rewrite.is_known(*commit);
    // What is hidden by a hint is behind something known, but need not be known itself.
    let beyond: HashSet<ObjectId> = parents.chain([tip]).filter(is_open).collect();
    if !hints.is_empty() && !beyond.is_empty() {
        let beyond: Vec<ObjectId> = beyond.into_iter().collect();
        let mut older = ground.repo.descent_between(&beyond, &ground.publics)?;
        older.append(&mut family);
        family = older;
    }
    let edges = ground.repo.shallow_edges();
    if family.iter().any(|(commit, _)| edges.contains(commit)) {
        return Err(fault("the history is cut off here (a shallow clone), so it cannot be stripped")
            .hint("fetch all of it: `git fetch --unshallow`")
            .into());
    }
    Ok(family.into_iter().map(|(commit, _)| commit).collect())
}

/// What was made for what the tip stands on and nobody else has, for earlier plans too.
fn reached(ground: &Ground<'_>, tip: Option<ObjectId>, memory: &Memory) -> Result<Vec<Made>> {
    let Some(tip) = tip else { return Ok(Vec::new()) };
    let published = ground.pairs.list().iter().rev().take(HINTS).map(|pair| pair.public);
    let hidden: Vec<ObjectId> = ground.publics.iter().copied().chain(published).collect();
    let needed = ground.repo.commits_between(&[tip], &hidden)?;
    let mut all = HashMap::new();
    for (private, Counterpart { public, is_emptied, is_partial, is_silent }) in &memory.known {
        let Some(public) = public.filter(|_| !is_emptied) else { continue };
        let made = Made { private: *private, public, is_partial: *is_partial, is_silent: *is_silent };
        all.insert(public, made);
    }
    Ok(needed.into_iter().filter_map(|public| all.remove(&public)).collect())
}

#[cfg(test)]
mod tests;
