//! G004: a commit that only a private ref reaches, pushed under a public name.

use std::collections::HashSet;

use anyhow::Result;

use crate::git::raw::is_torn;
use crate::git::refs::Ref;
use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::{Finding, Spot};
use crate::mirror::guard::leaving::{Leaving, NewCommit};
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
    let outside: HashSet<ObjectId> =
        case.repo.commits_outside(&leaving.tips, &ORDINARY)?.into_iter().collect();
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

fn told(leaving: &Leaving, commit: &NewCommit, what: &str) -> Finding {
    let target = Some(leaving.target(commit.target).to_owned());
    let spot = Spot { target, commit: Some(commit.id), ..Spot::default() };
    let what = format!("the commit {} {what}", commit.id.short());
    Finding::blocked(RULE.id, what, spot, commit.id.to_string())
}

/// The commits that would leave and are records.
fn records(case: &Case<'_>, leaving: &Leaving) -> Result<HashSet<ObjectId>> {
    let is_below = |folders: &[&str], name: &str| folders.iter().any(|folder| name.starts_with(folder));
    let is_there = |name: &str| {
        let seen = name.strip_prefix("refs/gx/remotes/").and_then(|rest| rest.split_once('/'));
        seen.is_some_and(|(_, below)| is_below(&RECORDS_THERE, below))
    };
    let mut refs = case.repo.refs("refs/notes/")?;
    refs.extend(case.repo.refs("refs/gx/")?);
    refs.retain(|one| case.policy.is_denied_ref(&one.name));
    let own = refs.iter().filter(|one| is_below(&MARKS, &one.name)).map(|one| one.target);
    let mut records: HashSet<ObjectId> = own.collect();
    let histories = refs.iter().filter(|one| is_below(&RECORDS, &one.name) || is_there(&one.name));
    let histories: Vec<ObjectId> = histories.map(|one| one.target).collect();
    if histories.is_empty() {
        return Ok(records);
    }
    // What is behind the new commits need not be walked.
    let new: HashSet<ObjectId> = leaving.commits.iter().map(|commit| commit.id).collect();
    let behind = leaving.covered().into_iter().filter(|id| !new.contains(id));
    let hidden: Vec<ObjectId> = histories.into_iter().chain(behind).collect();
    let others: HashSet<ObjectId> = case.repo.commits_between(&leaving.tips, &hidden)?.into_iter().collect();
    records.extend(new.into_iter().filter(|id| !others.contains(id)));
    Ok(records)
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
