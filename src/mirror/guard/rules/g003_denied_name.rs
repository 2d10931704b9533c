//! G003: a name of a branch or tag that says what nobody may read.

use anyhow::Result;

use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::{Finding, Spot};
use crate::mirror::guard::rule::{Look, Rule};
use crate::mirror::guard::update::Update;

/// The rule.
pub const RULE: Rule = Rule {
    id: "G003",
    name: "denied-name",
    about: "no branch or tag of a public place has a name that the policy denies",
    page: include_str!("../../../../docs/guard/G003.md"),
    look: Look::Update(look),
};

fn look(case: &Case<'_>, update: &Update) -> Result<()> {
    // A deletion sends the name too, to a place that has it already.
    let is_denied = case.policy.denied_names.is_match(update.target.as_bytes());
    if case.is_public() && update.new.is_some() && is_denied {
        let spot = Spot { target: Some(update.target.clone()), ..Spot::default() };
        let what = format!("the policy denies the name `{}`", update.target);
        let remedy = "push it under another name: `git push REMOTE BRANCH:refs/heads/OTHER`";
        case.add(Finding::blocked(RULE.id, what, spot, update.target.as_bytes()).remedy(remedy));
    }
    Ok(())
}
