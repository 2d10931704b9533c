//! Calling the `git` program, for what libgit2 does not do or does not do safely.

use std::path::Path;

use anyhow::{Result, anyhow};

use crate::error::fault;
use crate::git::repo::Repo;
use crate::process::command::Program;

/// The oldest `git` that has everything gx asks for (`core.fsync` groups, batched syncing, `git merge-tree --write-tree`).
pub const OLDEST: (u32, u32) = (2, 38);

impl Repo {
    /// The `git` program in this work tree, deaf to hooks.
    pub(super) fn git(&self) -> Program {
        let mut program = Program::new("git")
            .arg("--literal-pathspecs")
            .args([
                "-c",
                "core.hooksPath=/dev/null",
                "-c",
                "core.quotePath=false",
                "-c",
                "advice.graftFileDeprecated=false",
            ])
            .env("GIT_DIR", self.git_dir())
            .env("GIT_WORK_TREE", self.work_dir())
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .dir(self.work_dir());
        for name in ["GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE", "GIT_PREFIX"] {
            program = program.env_remove(name);
        }
        program
    }

    /// As [`Self::git`], with every object it writes on disk before it returns.
    pub(super) fn durable_git(&self) -> Program {
        self.git().args(["-c", "core.fsync=committed,loose-object,reference", "-c", "core.fsyncMethod=batch"])
    }
}

/// Checks that `git` is there and new enough.
///
/// # Errors
/// No `git`, or one older than [`OLDEST`].
pub fn check_version(dir: &Path) -> Result<()> {
    let told = String::from_utf8(Program::new("git").arg("version").dir(dir).run()?)?;
    let number = told.split_whitespace().nth(2).unwrap_or_default();
    let mut parts = number.split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= OLDEST => Ok(()),
        (Some(Ok(_)), Some(Ok(_))) => Err(fault(format!("git {number} is too old"))
            .hint(format!("install git {}.{} or newer", OLDEST.0, OLDEST.1))
            .into()),
        _ => Err(anyhow!("cannot read the version of git from `{}`", told.trim())),
    }
}
