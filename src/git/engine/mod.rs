//! The two engines under the room, libgit2 and the `git` program, behind traits; the rest of it is written on these.

mod files;
pub(in crate::git) mod formats;
mod libgit2;
pub(in crate::git) mod objects;
pub(in crate::git) mod open;
mod packed;
pub(in crate::git) mod place;
mod program;
pub(in crate::git) mod refs;
pub(in crate::git) mod settings;
mod trouble;
pub(in crate::git) mod version;
