//! G031: a text that is in good part an excerpt of private ones.

use crate::mirror::guard::finding::{Finding, Spot};
use crate::mirror::guard::rule::{Look, Rule};

/// The rule.
pub const RULE: Rule = Rule {
    id: "G031",
    name: "near-copy",
    about: "no text leaves of which a good part stood in private files",
    page: include_str!("../../../../docs/guard/G031.md"),
    look: Look::Walk,
};

/// The finding about a blob or a message of which so many of so many lines are private.
pub fn found(private: usize, all: usize, spot: Spot) -> Finding {
    let what = format!("{private} of {all} lines that say something stood in private files");
    let key = spot.object.or(spot.commit).map(|id| id.to_string()).unwrap_or_default();
    Finding::blocked(RULE.id, what, spot, key).remedy("take the lines out, then `git commit --amend`")
}
