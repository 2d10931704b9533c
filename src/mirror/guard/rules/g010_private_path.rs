//! G010: a path that is private by the policy.

use anyhow::Result;

use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::Finding;
use crate::mirror::guard::remedies::drop_path;
use crate::mirror::guard::rule::{Look, Rule, Seen};

/// The rule.
pub const RULE: Rule = Rule {
    id: "G010",
    name: "private-path",
    about: "a path that the policy calls private stays off public places",
    page: include_str!("../../../../docs/guard/G010.md"),
    look: Look::Path(look),
};

fn look(case: &Case<'_>, seen: &Seen<'_>) -> Result<()> {
    if case.is_public() && seen.standing.is_private && !seen.item.is_folder() {
        let found = Finding::blocked(RULE.id, "a private path", seen.spot(), seen.path.as_bytes());
        case.add(drop_path(seen, found));
    }
    Ok(())
}
