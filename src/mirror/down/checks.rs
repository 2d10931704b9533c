//! What upstream may not do: take back what it had, put files where only private ones lie, touch the policy.

use anyhow::Result;

use crate::error::{Exit, Fault, fault};
use crate::git::repo::Repo;
use crate::mirror::configured::Mirror;
use crate::mirror::down::ground::Rewrite;
use crate::mirror::down::sight::Sight;
use crate::mirror::policy::spelling::of_path;
use crate::model::object::ObjectId;
use crate::model::path::{RepoPath, list};

/// Checks that the public branch still has what it had.
///
/// # Errors
/// It has not: upstream was rewritten.
pub fn not_rewritten(repo: &Repo, mirror: &Mirror, sight: &Sight, rewrite: Rewrite) -> Result<()> {
    let Some(before) = sight.before else { return Ok(()) };
    if rewrite == Rewrite::Accept || repo.is_ancestor(before, sight.public)? {
        return Ok(());
    }
    let (branch, before, now) = (&mirror.public.branch, before.short(), sight.public.short());
    Err(fault(format!("upstream was rewritten: `{branch}` was at {before}, and {now} does not come from it"))
        .hint(format!("see what it no longer has: `git log --oneline {now}..{before}`"))
        .hint("if that is meant, take it as it is now: `gx sync-down --accept-rewrite`")
        .into())
}

/// Checks that nothing of what upstream has brought since `base` lies where only private files do.
///
/// # Errors
/// Something does; nothing was joined.
pub fn nothing_private(repo: &Repo, mirror: &Mirror, base: Option<ObjectId>, public: ObjectId) -> Result<()> {
    let before = match base {
        Some(base) => repo.tree_of(base)?,
        None => repo.empty_tree()?,
    };
    let changes = repo.changes(before, repo.tree_of(public)?)?;
    let policy = &mirror.policy;
    let (mut rules, mut private, mut never) = (Vec::new(), Vec::new(), Vec::new());
    for change in changes {
        let path = change.path.as_bytes();
        if is_rule(path) {
            rules.push(change.path);
        } else if change.after.is_some() && policy.is_private(path) {
            private.push(change.path);
        } else if change.after.is_some() && policy.is_never(path) {
            never.push(change.path);
        }
    }
    let branch = &mirror.private.branch;
    if !rules.is_empty() {
        return Err(refusal(format!(
            "upstream touches the policy of the private repository: {}",
            list(&rules)
        ))
        .hint("it must not be taken over: have upstream remove it")
        .into());
    }
    if let Some(first) = private.first() {
        return Err(excepting(
            refusal(format!("upstream has files where only private ones lie: {}", list(&private))),
            first,
            branch,
        )
        .into());
    }
    if let Some(first) = never.first() {
        return Err(excepting(
            refusal(format!("upstream has files that may lie in no repository: {}", list(&never))),
            first,
            branch,
        )
        .into());
    }
    Ok(())
}

fn refusal(message: String) -> Fault {
    fault(message).exit(Exit::Blocked)
}

fn excepting(fault: Fault, first: &RepoPath, branch: &str) -> Fault {
    fault
        .hint("have upstream move it elsewhere")
        .hint(format!(
            "or, if it is meant to be public: add \"{first}\" to `except` in .gx/policy.toml on `{branch}`, commit, \
             `git push`, and run `gx sync-down` again"
        ))
}

/// Whether it lies in the folder of the rules, in any spelling that some file system takes for it.
fn is_rule(path: &[u8]) -> bool {
    of_path(path).split(|byte| *byte == b'/').next() == Some(b".gx")
}

#[cfg(test)]
mod tests {
    use super::is_rule;

    #[test]
    fn every_spelling_of_the_folder_of_rules_is_known() {
        for path in
            [".gx/policy.toml", ".GX/rules.toml", ".gx", ".gx./x", ".g\u{200c}x/policy.toml", ".gx /x"]
        {
            assert!(is_rule(path.as_bytes()), "{path:?}");
        }
        for path in ["gx.toml", ".gxx/policy.toml", "src/.gx/policy.toml", ".g/x"] {
            assert!(!is_rule(path.as_bytes()), "{path:?}");
        }
    }
}
