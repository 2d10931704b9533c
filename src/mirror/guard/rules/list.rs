//! The list of the rules.

use crate::mirror::guard::rule::Rule;
use crate::mirror::guard::rules::{g000_unchecked, g001_ref, g010_private_path, g011_never_path};

/// All rules, by their ids.
pub const RULES: &[Rule] =
    &[g000_unchecked::RULE, g001_ref::RULE, g010_private_path::RULE, g011_never_path::RULE];
