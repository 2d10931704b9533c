//! G030: a file that ever lay at a private path, now at another.

use crate::mirror::guard::finding::{Finding, Spot};
use crate::mirror::guard::rule::{Look, Rule};
use crate::model::object::ObjectId;

/// The rule.
pub const RULE: Rule = Rule {
    id: "G030",
    name: "private-copy",
    about: "no file leaves under another name that ever lay at a private path",
    page: include_str!("../../../../docs/guard/G030.md"),
    look: Look::Walk,
};

/// The finding about a blob.
pub fn found(id: ObjectId, spot: Spot) -> Finding {
    let what = "the same file lay at a private path";
    Finding::blocked(RULE.id, what, spot, id.to_string())
        .remedy("git log --all --find-object=".to_owned() + &id.to_string())
}
