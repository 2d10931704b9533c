//! The engine of the `git` program: for every format that the installed git knows.

mod asked;
pub(super) mod find;
pub(super) mod objects;
pub(super) mod refs;
pub(super) mod settings;
mod written;
