//! The engine of libgit2: in process, for repositories in Git's classic formats.

mod objects;
pub(super) mod open;
mod refs;
mod settings;
pub(super) mod torn;
