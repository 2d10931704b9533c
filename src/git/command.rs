//! Calling the `git` program, for what no engine does or libgit2 does not do safely.

pub use crate::git::engine::version::check_version;
use crate::git::repo::Repo;
use crate::process::command::Program;

impl Repo {
    /// The `git` program in this work tree, deaf to hooks.
    pub(super) fn git(&self) -> Program {
        self.place.git()
    }

    /// As [`Self::git`], with every object it writes on disk before it returns.
    pub(super) fn durable_git(&self) -> Program {
        self.place.durable_git()
    }
}
