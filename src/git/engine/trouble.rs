//! What is said where no repository can be opened.

use std::path::Path;

use crate::error::{Fault, fault};

/// There is none.
pub(super) fn not_a_repository(from: &Path) -> Fault {
    fault(format!("{} is in no Git repository", from.display()))
        .hint("make one: `git init && git add -A && git commit -m \"start\"`")
}

/// It is not the caller's.
pub(super) fn not_the_owner(from: &Path, words: &str) -> Fault {
    fault(format!("{} belongs to another user: {words}", from.display()))
        .hint(format!("if you trust it: `git config --global --add safe.directory {}`", from.display()))
}

/// It is bare, and only named ones are to be used (git-config(1), `safe.bareRepository`).
pub(super) fn not_named(from: &Path) -> Fault {
    fault(format!("{} is a bare repository, and `safe.bareRepository` is `explicit`", from.display()))
        .hint(format!("if you trust it, name it: `GIT_DIR={} gx …`", from.display()))
}
