//! G001: a ref that may not stand on a public place, or that was named here by one that may not leave.

use anyhow::Result;

use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::{Finding, Spot};
use crate::mirror::guard::rule::{Look, Rule};
use crate::mirror::guard::update::Update;

/// The rule.
pub const RULE: Rule = Rule {
    id: "G001",
    name: "private-ref",
    about: "experiments, notes, stashes and whatever else the policy names stay off public places",
    page: include_str!("../../../../docs/guard/G001.md"),
    look: Look::Update(look),
};

fn look(case: &Case<'_>, update: &Update) -> Result<()> {
    if !case.is_public() || update.new.is_none() {
        return Ok(());
    }
    let target = &update.target;
    let spot = || Spot { target: Some(target.clone()), object: update.new, ..Spot::default() };
    if !case.policy.is_public_ref(target) {
        let what = format!("the policy allows no `{target}` on a public place");
        let remedy = "push what is public by its name: `git push REMOTE BRANCH`";
        case.add(Finding::blocked(RULE.id, what, spot(), target.as_bytes()).remedy(remedy));
    }
    if let Some(source) = private_source(case, &update.source)? {
        let what = format!("`{source}` does not leave this repository under any name");
        let remedy = "publish an experiment by `gx sync-up EXPERIMENT`";
        case.add(Finding::blocked(RULE.id, what, spot(), source.as_bytes()).remedy(remedy));
    }
    Ok(())
}

/// The full name of the private ref that an expression starts from, such as `stash@{1}` or `experiments/exp-4~2`.
fn private_source(case: &Case<'_>, source: &str) -> Result<Option<String>> {
    let name = &source[..source.find(['@', '^', '~', ':', ' ']).unwrap_or(source.len())];
    if name.is_empty() {
        return Ok(None);
    }
    // In the order in which Git looks for it (gitrevisions(7)); the first that is there is meant.
    let names = ["", "refs/", "refs/tags/", "refs/heads/"].map(|prefix| format!("{prefix}{name}"));
    let names = names.map(|full| (case.policy.is_denied_ref(&full), full));
    if !names.iter().any(|(is_denied, _)| *is_denied) {
        // Then it does not matter which is there, and of many branches each would be looked up.
        return Ok(None);
    }
    for (at, (is_denied, full)) in names.into_iter().enumerate() {
        if !full.starts_with("refs/") {
            continue;
        }
        if is_denied && at == 0 {
            return Ok(Some(full));
        }
        // What cannot be the name of a ref is none.
        if matches!(case.repo.read_ref(&full), Ok(Some(_))) {
            return Ok(is_denied.then_some(full));
        }
    }
    Ok(None)
}
