//! The list of the rules.

use crate::mirror::guard::rule::Rule;
use crate::mirror::guard::rules::g000_unchecked;
use crate::mirror::guard::rules::g001_ref;
use crate::mirror::guard::rules::g002_deletion;
use crate::mirror::guard::rules::g003_denied_name;
use crate::mirror::guard::rules::g004_private_commit;
use crate::mirror::guard::rules::g005_no_commit;
use crate::mirror::guard::rules::g010_private_path;
use crate::mirror::guard::rules::g011_never_path;
use crate::mirror::guard::rules::g012_private_link;
use crate::mirror::guard::rules::g013_submodule_url;
use crate::mirror::guard::rules::g020_message;
use crate::mirror::guard::rules::g021_identity;
use crate::mirror::guard::rules::g022_hidden_header;
use crate::mirror::guard::rules::g023_secret_in_text;
use crate::mirror::guard::rules::g024_secret_in_ref_name;
use crate::mirror::guard::rules::g025_secret_in_file_name;
use crate::mirror::guard::rules::g030_private_copy;
use crate::mirror::guard::rules::g031_near_copy;
use crate::mirror::guard::rules::g032_secret_in_file;
use crate::mirror::guard::rules::g033_opaque;
use crate::mirror::guard::rules::g034_private_pointer;

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
