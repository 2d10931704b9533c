//! The rules, one a file; `list` is where a new one is added.

pub mod g000_unchecked;
pub mod g001_ref;
pub mod g010_private_path;
pub mod g011_never_path;
pub mod list;
