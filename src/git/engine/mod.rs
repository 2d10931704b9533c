//! The two engines under the room, libgit2 and the `git` program, behind traits; the rest of it is written on these.

mod files;
pub(super) mod formats;
mod heads;
mod libgit2;
pub(super) mod loose;
pub(super) mod objects;
pub(super) mod open;
mod packed;
mod packed_lock;
pub(super) mod place;
mod program;
pub(super) mod refs;
pub(super) mod repack;
pub(super) mod settings;
mod trouble;
pub(super) mod version;
