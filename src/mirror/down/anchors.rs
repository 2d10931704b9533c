//! Pairs of commits that are the same but for what is private: what is built on one goes on from the other.

use std::collections::HashMap;

use anyhow::Result;

use crate::git::repo::Repo;
use crate::mirror::configured::Mirror;
use crate::mirror::pairs::{Kind, Pair, Pairs};
use crate::mirror::strip::tree::Stripper;
use crate::model::object::ObjectId;

/// So many of the latest commits of either side are compared; what lands upstream was made not long ago.
const MOST: usize = 2000;

/// Records that a private commit is the public one with private files added, where that is so.
///
/// # Errors
/// A tree is missing, or the pair cannot be written.
pub(super) fn anchor(repo: &Repo, mirror: &Mirror, private: ObjectId, public: ObjectId) -> Result<bool> {
    if private == public {
        return Ok(true);
    }
    let stripped = Stripper::new(repo, &mirror.policy).strip(repo.tree_of(private)?)?;
    let is_same = stripped == Some(repo.tree_of(public)?);
    if is_same && Pairs::load(repo)?.public_of(private) != Some(public) {
        Pairs::add(repo, &[Pair { private, public, kind: Kind::Anchor }])?;
    }
    Ok(is_same)
}

/// Records which private commits up to `base` have landed upstream in some other form, as when several were squashed
/// into one: those after which the public files were what they are after a public commit that is new here.
///
/// # Errors
/// As of [`anchor`].
pub(super) fn landed(repo: &Repo, mirror: &Mirror, base: ObjectId, public: ObjectId) -> Result<()> {
    let last = |all: Vec<ObjectId>| all.into_iter().rev().take(MOST).rev().collect::<Vec<_>>();
    let mut there = HashMap::new();
    for commit in last(repo.commits_between(&[public], &[base])?) {
        there.insert(repo.tree_of(commit)?, commit);
    }
    if there.is_empty() {
        return Ok(());
    }
    let mut stripper = Stripper::new(repo, &mirror.policy);
    let mut found: HashMap<ObjectId, ObjectId> = HashMap::new();
    for private in last(repo.commits_between(&[base], &[public])?) {
        let stripped = stripper.strip(repo.tree_of(private)?)?;
        if let Some(public) = stripped.and_then(|tree| there.get(&tree)) {
            // The last one stands for those before it.
            found.insert(*public, private);
        }
    }
    let mut pairs: Vec<Pair> =
        found.into_iter().map(|(public, private)| Pair { private, public, kind: Kind::Anchor }).collect();
    pairs.sort_by_key(|pair| pair.public);
    if pairs.is_empty() { Ok(()) } else { Pairs::add(repo, &pairs) }
}
