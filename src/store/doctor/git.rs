//! The `git` program.

use anyhow::Result;

use crate::error::tell;
use crate::git::command::check_version;
use crate::store::doctor::finding::Finding;
use crate::store::doctor::ground::Ground;

pub(super) fn look<'a>(ground: &'a Ground<'a>) -> Result<Vec<Finding<'a>>> {
    let Err(error) = check_version(ground.repo.work_dir()) else { return Ok(Vec::new()) };
    let told = tell(&error);
    let finding = Finding::error(told.message, "gx has it make snapshots, pack, and delete refs safely");
    Ok(vec![told.hints.into_iter().fold(finding, Finding::mend)])
}
