//! The list of the rules.

use crate::mirror::guard::rule::Rule;
use crate::mirror::guard::rules::g010_private_path;

/// All rules, by their ids.
pub const RULES: &[Rule] = &[g010_private_path::RULE];
