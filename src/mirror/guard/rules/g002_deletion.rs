//! G002: a branch or tag of a public place that would be deleted.

use anyhow::Result;

use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::{Finding, Spot};
use crate::mirror::guard::rule::{Look, Rule};
use crate::mirror::guard::update::Update;
use crate::mirror::policy::write::deciding;

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
        let allow = format!(
            "if it is done and yours, write `allow_delete = [{target:?}]` under `[refs.public]` into {}",
            deciding(case.repo)
        );
        let found = Finding::blocked(RULE.id, what, spot, target.as_bytes());
        case.add(found.remedy("push without `--mirror`, `--prune` and `:REF`").remedy(allow));
    }
    Ok(())
}
