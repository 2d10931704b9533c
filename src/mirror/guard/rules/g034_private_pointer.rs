//! G034: an LFS pointer to an object that a private path names.

use crate::mirror::guard::finding::{Finding, Spot};
use crate::mirror::guard::rule::{Look, Rule};

/// The rule.
pub const RULE: Rule = Rule {
    id: "G034",
    name: "private-pointer",
    about: "no LFS pointer leaves that names an object of a private path: the upload would bring the object too",
    page: include_str!("../../../../docs/guard/G034.md"),
    look: Look::Walk,
};

/// The finding about a pointer to this object.
pub fn found(oid: &str, spot: Spot) -> Finding {
    let what = format!("an LFS pointer to {}, which a private path names", &oid[..oid.len().min(12)]);
    Finding::blocked(RULE.id, what, spot, oid)
        .remedy("git lfs ls-files --all --long | grep ".to_owned() + oid)
}
