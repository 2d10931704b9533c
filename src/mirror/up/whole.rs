//! A whole branch: commit by commit without what is private, or all of it in one commit.

use anyhow::Result;

use crate::error::fault;
use crate::mirror::strip::ground;
use crate::mirror::strip::headers::Headers;
use crate::mirror::strip::history::{self, Hear};
use crate::mirror::strip::tree::Stripper;
use crate::mirror::up::ground::Ground;
use crate::mirror::up::offer::{Built, Withheld};
use crate::mirror::up::pick::{Picking, wordless};
use crate::mirror::up::wanted::Wanted;
use crate::model::object::ObjectId;

/// So many commits of which nothing is left are named.
const NAMED: usize = 50;

/// Every commit of the branch that the public has not, without what is private.
///
/// # Errors
/// Upstream has what the branch lacks, or it cannot be stripped.
pub fn strip(ground: &Ground<'_>, wanted: &Wanted, hear: &mut Hear<'_>) -> Result<Built> {
    let tip = branch_tip(ground, wanted)?;
    let of = ground::Ground {
        repo: ground.repo,
        policy: &ground.mirror.policy,
        pairs: &ground.pairs,
        publics: ground.publics.clone(),
        provenance: ground.provenance.clone(),
    };
    let stripped = history::strip(&of, tip, hear)?;
    let emptied = stripped.emptied.iter().rev().take(NAMED);
    let mut withheld: Vec<Withheld> = emptied
        .map(|commit| Withheld { what: commit.short(), why: "it touches private paths only".to_owned() })
        .collect();
    if stripped.emptied.len() > NAMED {
        let more = format!("{} more commits", stripped.emptied.len() - NAMED);
        withheld.push(Withheld { what: more, why: "they touch private paths only".to_owned() });
    }
    let Some(public) = stripped.tip.filter(|_| !stripped.made.is_empty()) else {
        return Ok(Built { withheld, ..Built::default() });
    };
    if let Some(ahead) = ground.public
        && !ground.repo.is_ancestor(ahead, public)?
    {
        return Err(behind(ground));
    }
    let left = Stripper::new(ground.repo, &ground.mirror.policy).strip(ground.repo.tree_of(tip)?)?;
    let (left, there) = (left.map_or_else(|| ground.repo.empty_tree(), Ok)?, ground.repo.tree_of(public)?);
    if left != there {
        return Err(fault(
            "the stripped branch does not hold what the private one does, so nothing is planned",
        )
        .hint("take in what upstream has: `gx sync-down`, then plan again")
        .into());
    }
    Ok(Built {
        tip: Some(public),
        pairs: stripped.made.iter().map(|made| (made.private, made.public)).collect(),
        silent: stripped.made.iter().map(|made| made.is_silent).collect(),
        withheld,
    })
}

/// Everything of the branch that the public has not, in one commit.
///
/// # Errors
/// Upstream has what the branch lacks, or nothing is said to the public.
pub fn squash(ground: &Ground<'_>, wanted: &Wanted) -> Result<Built> {
    let tip = branch_tip(ground, wanted)?;
    if let Some(public) = ground.public {
        let anchored = ground.pairs.private_of(public);
        let has = |old: ObjectId| ground.repo.is_ancestor(old, tip);
        if !has(public)? && !anchored.map_or(Ok(false), has)? {
            return Err(behind(ground));
        }
    }
    let empty = ground.repo.empty_tree()?;
    let left = Stripper::new(ground.repo, &ground.mirror.policy).strip(ground.repo.tree_of(tip)?)?;
    let left = left.unwrap_or(empty);
    if left == ground.public.map_or(Ok(empty), |public| ground.repo.tree_of(public))? {
        return Ok(Built::default());
    }
    let picking = Picking::upon(ground, ground.public)?;
    let message = match &wanted.message {
        Some(message) => picking.given(message)?,
        None => sections(ground, &picking, tip)?,
    };
    let (_, bytes) = ground.repo.raw(tip)?;
    let new = picking.commit(&Headers::parse(&bytes)?, left, &message)?;
    Ok(Built { tip: Some(new), pairs: vec![(tip, new)], silent: vec![false], withheld: Vec::new() })
}

/// What the commits that the public has not say to it.
fn sections(ground: &Ground<'_>, picking: &Picking<'_>, tip: ObjectId) -> Result<Vec<u8>> {
    let latest = ground.public.and_then(|public| ground.pairs.private_of(public));
    let hidden: Vec<ObjectId> = ground.publics.iter().copied().chain(latest).collect();
    let mut said = Vec::new();
    for commit in ground.repo.commits_between(&[tip], &hidden)? {
        let message = ground.repo.message(commit)?;
        said.extend(picking.section(message.as_bytes())?);
    }
    if said.is_empty() { Err(wordless()) } else { Ok(said.join(&b'\n')) }
}

fn branch_tip(ground: &Ground<'_>, wanted: &Wanted) -> Result<ObjectId> {
    wanted.branch_tip.map_or_else(|| ground.mirror.private_tip(ground.repo), Ok)
}

fn behind(ground: &Ground<'_>) -> anyhow::Error {
    let side = &ground.mirror.public;
    fault(format!(
        "`{}` of `{}` has commits that the private branch has not taken in",
        side.branch, side.remote
    ))
    .hint("take them in first: `gx sync-down`")
    .into()
}
