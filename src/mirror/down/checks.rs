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
    let changes = repo.changes(tree_or_none(repo, base)?, repo.tree_of(public)?)?;
    let (rules, others): (Vec<_>, Vec<_>) =
        changes.into_iter().partition(|change| is_rule(change.path.as_bytes()));
    let branch = &mirror.private.branch;
    if !rules.is_empty() {
        let rules: Vec<RepoPath> = rules.into_iter().map(|change| change.path).collect();
        return Err(refusal(format!(
            "upstream touches the policy of the private repository: {}",
            list(&rules)
        ))
        .hint("it must not be taken over: have upstream remove it")
        .into());
    }
    let added = others.into_iter().filter(|change| change.after.is_some()).map(|change| change.path);
    let private: Vec<RepoPath> = added.filter(|path| mirror.policy.is_private(path.as_bytes())).collect();
    match private.first() {
        Some(first) => {
            let told = format!("upstream has files where only private ones lie: {}", list(&private));
            Err(excepting(refusal(told), first, branch).hint("have upstream move it elsewhere").into())
        }
        None => Ok(()),
    }
}

/// Checks that no commit of upstream that would come has a file that may lie in no repository, not even one that a later
/// commit takes back: the private repository would not take it, and by then it would be joined.
///
/// # Errors
/// One has; nothing was joined.
pub fn nothing_forbidden(repo: &Repo, mirror: &Mirror, incoming: &[ObjectId]) -> Result<()> {
    for commit in incoming {
        let before = tree_or_none(repo, repo.parents(*commit)?.first().copied())?;
        let changes = repo.changes(before, repo.tree_of(*commit)?)?;
        let added = changes.into_iter().filter(|change| change.after.is_some()).map(|change| change.path);
        let never: Vec<RepoPath> = added.filter(|path| mirror.policy.is_never(path.as_bytes())).collect();
        if let Some(first) = never.first() {
            let told = format!(
                "upstream has files that may lie in no repository: {} in {}",
                list(&never),
                commit.short()
            );
            return Err(excepting(refusal(told), first, &mirror.private.branch)
                .hint(format!(
                    "where it holds a secret, tell upstream: {} shows it to everybody",
                    commit.short()
                ))
                .into());
        }
    }
    Ok(())
}

fn tree_or_none(repo: &Repo, commit: Option<ObjectId>) -> Result<ObjectId> {
    commit.map_or_else(|| repo.empty_tree(), |commit| repo.tree_of(commit))
}

fn refusal(message: String) -> Fault {
    fault(message).exit(Exit::Blocked)
}

fn excepting(fault: Fault, first: &RepoPath, branch: &str) -> Fault {
    fault.hint(format!(
        "if it is meant to be public: add \"{first}\" to `except` in .gx/policy.toml on `{branch}`, commit, `git push`, \
         and run `gx sync-down` again"
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
