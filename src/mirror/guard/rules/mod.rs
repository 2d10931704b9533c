//! The rules, one a file; `list` is where a new one is added.

pub mod g000_unchecked;
pub mod g001_ref;
pub mod g002_deletion;
pub mod g003_denied_name;
pub mod g004_private_commit;
pub mod g005_no_commit;
pub mod g010_private_path;
pub mod g011_never_path;
pub mod g012_private_link;
pub mod g013_submodule_url;
pub mod g020_message;
pub mod g021_identity;
pub mod g022_hidden_header;
pub mod g023_secret_in_text;
pub mod g024_secret_in_ref_name;
pub mod g025_secret_in_file_name;
pub mod g030_private_copy;
pub mod g031_near_copy;
pub mod g032_secret_in_file;
pub mod g033_opaque;
pub mod g034_private_pointer;
pub mod list;
