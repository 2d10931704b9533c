//! Which versions of the `git` program gx can work with.

use std::path::Path;

use anyhow::{Result, anyhow};

use crate::error::fault;
use crate::process::command::Program;

/// The oldest `git` that has everything gx asks for (`core.fsync` groups, batched syncing, `git merge-tree --write-tree`).
const OLDEST: (u32, u32) = (2, 38);

/// Checks that `git` is there and new enough.
///
/// # Errors
/// No `git`, or one older than that.
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
