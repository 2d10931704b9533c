//! G004: a commit that only a private ref reaches, pushed under a public name.

use std::collections::HashSet;

use anyhow::Result;

use crate::git::raw::is_torn;
use crate::git::refs::Ref;
use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::{Finding, Spot};
use crate::mirror::guard::leaving::Leaving;
use crate::mirror::guard::rule::{Look, Rule};
use crate::model::object::ObjectId;

/// What gx keeps about publishing: the commits themselves stay here, but what they name was built to leave, or is public.
const PUBLISHING: [&str; 4] = [
    "refs/gx/mirror/plans/",
    "refs/gx/mirror/begun/",
    "refs/gx/mirror/published/",
    "refs/gx/mirror/accepted",
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
    let outside: HashSet<ObjectId> =
        case.repo.commits_outside(&leaving.tips, &ORDINARY)?.into_iter().collect();
    let strays = leaving.commits.iter().filter(|commit| outside.contains(&commit.id));
    let strays: Vec<_> = strays.collect();
    if strays.is_empty() {
        return Ok(Vec::new());
    }
    let (tips, own) = private_tips(case)?;
    let mut private: HashSet<ObjectId> = case.repo.commits_outside(&tips, &ORDINARY)?.into_iter().collect();
    private.extend(own);
    let found = strays.into_iter().filter(|commit| private.contains(&commit.id)).map(|commit| {
        let target = Some(leaving.target(commit.target).to_owned());
        let spot = Spot { target, commit: Some(commit.id), ..Spot::default() };
        let what = format!("only private refs reach the commit {}", commit.id.short());
        Finding::blocked(RULE.id, what, spot, commit.id.to_string())
            .remedy("publish an experiment by `gx sync-up EXPERIMENT`")
            .remedy(format!(
                "if the commit is meant to be public, give it a branch: `git branch NAME {}`",
                commit.id
            ))
    });
    Ok(found.collect())
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
