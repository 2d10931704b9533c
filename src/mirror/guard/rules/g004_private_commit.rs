//! G004: a commit that only a private ref reaches, pushed under a public name.

use std::collections::HashSet;

use anyhow::Result;

use crate::git::raw::is_torn;
use crate::git::refs::Ref;
use crate::git::repo::Repo;
use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::{Finding, Spot};
use crate::mirror::guard::leaving::{Leaving, NewCommit};
use crate::mirror::guard::private::grow::trees;
use crate::mirror::guard::rule::{Look, Rule};
use crate::model::object::ObjectId;

/// What gx keeps about publishing: the commits themselves stay here, but what they name was built to leave, or is public.
const PUBLISHING: [&str; 4] = [
    "refs/gx/mirror/plans/",
    "refs/gx/mirror/begun/",
    "refs/gx/mirror/published/",
    "refs/gx/mirror/accepted",
];

/// Histories of records, of which no branch makes anything else.
const RECORDS: [&str; 3] = ["refs/notes/", "refs/gx/sites/", "refs/gx/mirror/pairs"];

/// The same of a remote, as it was last seen: below `refs/gx/remotes/<remote>/`.
const RECORDS_THERE: [&str; 3] = ["notes/", "sites/", "mirror/pairs"];

/// Records whose own commits no branch makes anything else, though what is behind them is somebody's work.
const MARKS: [&str; 5] = [
    "refs/gx/archive/",
    "refs/gx/marks/",
    "refs/gx/mirror/plans/",
    "refs/gx/mirror/begun/",
    "refs/gx/mirror/published/",
];

/// What stands under these is somebody's branch or tag, here or elsewhere.
const ORDINARY: [&str; 3] = ["refs/heads/", "refs/tags/", "refs/remotes/"];

/// Of more refs than this is not asked one by one what they are here.
const FEW: usize = 16;

/// The rule.
pub const RULE: Rule = Rule {
    id: "G004",
    name: "private-commit",
    about: "a commit that only experiments, notes, stashes and the like reach stays here",
    page: include_str!("../../../../docs/guard/G004.md"),
    look: Look::Whole(look),
};

fn look(case: &Case<'_>, leaving: &Leaving) -> Result<()> {
    if !case.is_public() || leaving.commits.is_empty() {
        return Ok(());
    }
    match private_only(case, leaving) {
        Ok(found) => found.into_iter().for_each(|finding| case.add(finding)),
        Err(error) if is_torn(&error) => {
            let what = format!("what private refs reach cannot be listed: {error:#}");
            case.unchecked(what, Spot::default(), &["git fsck"]);
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

fn private_only(case: &Case<'_>, leaving: &Leaving) -> Result<Vec<Finding>> {
    let records = records(case, leaving)?;
    let outside = outside(case, leaving)?;
    let is_stray = |commit: &&NewCommit| outside.contains(&commit.id) && !records.contains(&commit.id);
    let strays: Vec<&NewCommit> = leaving.commits.iter().filter(is_stray).collect();
    let kept = leaving.commits.iter().filter(|commit| records.contains(&commit.id));
    let mut found: Vec<Finding> = kept
        .map(|commit| {
            told(leaving, commit, "is a record that stays private, whatever branch it is on")
                .remedy("take the branch back: `git branch -f BRANCH COMMIT`, or delete it")
                .remedy("what a note says can be committed as a file: `git notes show`")
        })
        .collect();
    if strays.is_empty() {
        return Ok(found);
    }
    let (tips, own) = private_tips(case)?;
    let mut private: HashSet<ObjectId> = case.repo.commits_outside(&tips, &ORDINARY)?.into_iter().collect();
    private.extend(own);
    found.extend(strays.into_iter().filter(|commit| private.contains(&commit.id)).map(|commit| {
        let id = commit.id;
        told(leaving, commit, "is reached by private refs only")
            .remedy("publish an experiment by `gx sync-up EXPERIMENT`")
            .remedy(format!("if an experiment is meant to be public as it is: `git branch NAME {id}`"))
    }));
    Ok(found)
}

/// The commits behind the tips that no ordinary ref reaches.
fn outside(case: &Case<'_>, leaving: &Leaving) -> Result<HashSet<ObjectId>> {
    // Mostly what is pushed are branches by their own names: then there is none, and nothing is walked.
    let is_own = |tip: &ObjectId| {
        let names =
            leaving.targets.iter().filter(|name| ORDINARY.iter().any(|folder| name.starts_with(folder)));
        names.into_iter().any(|name| case.repo.read_ref(name).is_ok_and(|target| target == Some(*tip)))
    };
    if leaving.targets.len() <= FEW && leaving.tips.iter().all(is_own) {
        return Ok(HashSet::new());
    }
    Ok(case.repo.commits_outside(&leaving.tips, &ORDINARY)?.into_iter().collect())
}

fn told(leaving: &Leaving, commit: &NewCommit, what: &str) -> Finding {
    let target = Some(leaving.target(commit.target).to_owned());
    let spot = Spot { target, commit: Some(commit.id), ..Spot::default() };
    let what = format!("the commit {} {what}", commit.id.short());
    Finding::blocked(RULE.id, what, spot, commit.id.to_string())
}

/// The commits that would leave and are records.
fn records(case: &Case<'_>, leaving: &Leaving) -> Result<HashSet<ObjectId>> {
    let is_below = |folders: &[&str], name: &str| folders.iter().any(|folder| name.starts_with(folder));
    let is_there = |name: &str| seen_there(name).is_some_and(|below| is_below(&RECORDS_THERE, below));
    let is_of_notes = |name: &str| {
        name.starts_with("refs/notes/") || seen_there(name).is_some_and(|below| below.starts_with("notes/"))
    };
    let mut refs = case.repo.refs("refs/notes/")?;
    refs.extend(case.repo.refs("refs/gx/")?);
    refs.retain(|one| case.policy.is_denied_ref(&one.name));
    let own = refs.iter().filter(|one| is_below(&MARKS, &one.name)).map(|one| one.target);
    let mut records: HashSet<ObjectId> = own.collect();
    let mut histories: Vec<Ref> = refs;
    histories.retain(|one| is_below(&RECORDS, &one.name) || is_there(&one.name));
    let (notes, others): (Vec<Ref>, Vec<Ref>) = histories.into_iter().partition(|one| is_of_notes(&one.name));
    records.extend(behind(case, leaving, &others)?);
    let mut of_notes = behind(case, leaving, &notes)?;
    if !of_notes.is_empty() {
        // Such a ref may stand on somebody's work, which is told by what it holds.
        let stray = outside(case, leaving)?;
        let on_branches: Vec<ObjectId> = of_notes.iter().filter(|id| !stray.contains(id)).copied().collect();
        for (commit, tree) in trees(case.repo, &on_branches)? {
            if !holds_notes(case.repo, tree, 0)? {
                of_notes.remove(&commit);
            }
        }
    }
    records.extend(of_notes);
    Ok(records)
}

/// What a ref is called at the remote where it was last seen.
fn seen_there(name: &str) -> Option<&str> {
    name.strip_prefix("refs/gx/remotes/")?.split_once('/').map(|(_, below)| below)
}

/// The commits that would leave and are behind these refs.
fn behind(case: &Case<'_>, leaving: &Leaving, histories: &[Ref]) -> Result<HashSet<ObjectId>> {
    if histories.is_empty() {
        return Ok(HashSet::new());
    }
    // What is behind the new commits need not be walked.
    let mut new: HashSet<ObjectId> = leaving.commits.iter().map(|commit| commit.id).collect();
    let before = leaving.covered().into_iter().filter(|id| !new.contains(id));
    let hidden: Vec<ObjectId> = histories.iter().map(|one| one.target).chain(before).collect();
    for other in case.repo.commits_between(&leaving.tips, &hidden)? {
        new.remove(&other);
    }
    Ok(new)
}

/// Whether a tree has a note in it: a file whose path is an id, at whatever places slashes stand in it (git-notes(1)).
fn holds_notes(repo: &Repo, tree: ObjectId, digits: usize) -> Result<bool> {
    for item in repo.tree_items(tree)? {
        let is_hex = item.name.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let length = digits + item.name.len();
        let is_note = match item.is_folder() {
            true => is_hex && item.name.len() == 2 && length < 64 && holds_notes(repo, item.id, length)?,
            false => is_hex && matches!(length, 40 | 64),
        };
        if is_note {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What the refs name that the policy keeps off public places, and every stash; and what alone of theirs is private.
fn private_tips(case: &Case<'_>) -> Result<(Vec<ObjectId>, Vec<ObjectId>)> {
    let is_below = |folders: &[&str], name: &str| folders.iter().any(|folder| name.starts_with(folder));
    let mut refs = case.repo.refs("refs/")?;
    refs.retain(|one| !is_below(&ORDINARY, &one.name) && case.policy.is_denied_ref(&one.name));
    let (own, all): (Vec<Ref>, Vec<Ref>) = refs.into_iter().partition(|one| is_below(&PUBLISHING, &one.name));
    let mut tips: Vec<ObjectId> = all.into_iter().map(|one| one.target).collect();
    tips.extend(case.repo.reflog("refs/stash").into_iter().filter(|id| case.repo.has_object(*id)));
    Ok((tips, own.into_iter().map(|one| one.target).collect()))
}
