//! G000: what could not be looked at does not leave.

use crate::mirror::guard::case::UNCHECKED;
use crate::mirror::guard::rule::{Look, Rule};

/// The rule.
pub const RULE: Rule = Rule {
    id: UNCHECKED,
    name: "unchecked",
    about: "what could not be looked at does not leave",
    page: include_str!("../../../../docs/guard/G000.md"),
    look: Look::Walk,
};
