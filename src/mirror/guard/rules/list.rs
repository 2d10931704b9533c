//! The list of the rules.

use crate::mirror::guard::rule::Rule;
use crate::mirror::guard::rules::{
    g000_unchecked, g001_ref, g010_private_path, g011_never_path, g023_secret_in_text,
    g024_secret_in_ref_name, g025_secret_in_file_name, g032_secret_in_file, g033_opaque,
};

/// All rules, by their ids.
pub const RULES: &[Rule] = &[
    g000_unchecked::RULE,
    g001_ref::RULE,
    g010_private_path::RULE,
    g011_never_path::RULE,
    g023_secret_in_text::RULE,
    g024_secret_in_ref_name::RULE,
    g025_secret_in_file_name::RULE,
    g032_secret_in_file::RULE,
    g033_opaque::RULE,
];
