//! G002: a branch or tag of a public place that would be deleted.

use anyhow::Result;

use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::{Finding, Spot};
use crate::mirror::guard::rule::{Look, Rule};
use crate::mirror::guard::update::Update;

/// The rule.
pub const RULE: Rule = Rule {
    id: "G002",
    name: "deletion",
    about: "nothing is deleted on a public place that the policy does not name",
    page: include_str!("../../../../docs/guard/G002.md"),
    look: Look::Update(look),
};

fn look(case: &Case<'_>, update: &Update) -> Result<()> {
    let target = &update.target;
    if case.is_public() && update.new.is_none() && !case.policy.may_delete(target) {
        let spot = Spot { target: Some(target.clone()), object: update.old, ..Spot::default() };
        let what = format!("the push would delete `{target}` on a public place");
        let remedy =
            "push without `--mirror`, `--prune` and `:REF`, or allow it under `refs.public.allow_delete`";
        case.add(Finding::blocked(RULE.id, what, spot, target.as_bytes()).remedy(remedy));
    }
    Ok(())
}
