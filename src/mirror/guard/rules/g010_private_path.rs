//! G010: a path that is private by the policy.

use anyhow::Result;

use crate::mirror::guard::case::Case;
use crate::mirror::guard::destination::Class;
use crate::mirror::guard::finding::{Finding, Severity, Spot};
use crate::mirror::guard::rule::{Look, Rule, Seen};

/// The rule.
pub const RULE: Rule = Rule {
    id: "G010",
    name: "private-path",
    about: "a path that the policy calls private stays off public places",
    page: include_str!("../../../../docs/guard/G010.md"),
    look: Look::Entry(look),
};

fn look(case: &Case<'_>, seen: &Seen<'_>) -> Result<()> {
    if case.destination.class == Class::Private || !case.policy.is_private(seen.path.as_bytes()) {
        return Ok(());
    }
    case.add(Finding {
        rule: RULE.id,
        severity: Severity::Blocked,
        what: "a private path".to_owned(),
        spot: Spot {
            target: Some(seen.target.to_owned()),
            commit: Some(seen.commit),
            object: Some(seen.item.id),
            path: Some(seen.path.clone()),
            line: None,
        },
        excerpt: None,
        key: seen.path.as_bytes().to_vec(),
        remedies: Vec::new(),
    });
    Ok(())
}
