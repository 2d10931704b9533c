//! The list of the rules.

use crate::mirror::guard::rule::Rule;
use crate::mirror::guard::rules::{
    g000_unchecked, g001_ref, g002_deletion, g003_denied_name, g004_private_commit, g005_no_commit,
    g010_private_path, g011_never_path, g012_private_link, g013_submodule_url, g020_message, g021_identity,
    g022_hidden_header, g023_secret_in_text, g024_secret_in_ref_name, g025_secret_in_file_name,
    g030_private_copy, g031_near_copy, g032_secret_in_file, g033_opaque, g034_private_pointer,
};

/// All rules, by their ids.
pub const RULES: &[Rule] = &[
    g000_unchecked::RULE,
    g001_ref::RULE,
    g002_deletion::RULE,
    g003_denied_name::RULE,
    g004_private_commit::RULE,
    g005_no_commit::RULE,
    g010_private_path::RULE,
    g011_never_path::RULE,
    g012_private_link::RULE,
    g013_submodule_url::RULE,
    g020_message::RULE,
    g021_identity::RULE,
    g022_hidden_header::RULE,
    g023_secret_in_text::RULE,
    g024_secret_in_ref_name::RULE,
    g025_secret_in_file_name::RULE,
    g030_private_copy::RULE,
    g031_near_copy::RULE,
    g032_secret_in_file::RULE,
    g033_opaque::RULE,
    g034_private_pointer::RULE,
];
