//! The rules, one a file; `list` is where a new one is added.

pub mod g010_private_path;
pub mod list;
