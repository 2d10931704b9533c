//! The rules, one a file; `list` is where a new one is added.

pub mod g000_unchecked;
pub mod g001_ref;
pub mod g010_private_path;
pub mod g011_never_path;
pub mod g023_secret_in_text;
pub mod g024_secret_in_ref_name;
pub mod g025_secret_in_file_name;
pub mod g032_secret_in_file;
pub mod g033_opaque;
pub mod list;
