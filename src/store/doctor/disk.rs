//! Room for what the next runs write.

use anyhow::{Context, Result};

use crate::config::units::show_size;
use crate::store::doctor::finding::Finding;
use crate::store::doctor::ground::Ground;

/// With less than this the next run may not come to its end, in bytes.
const LITTLE: u64 = 1 << 30;

/// With less than this hardly anything can be written.
const NONE: u64 = 64 << 20;

const WHY: &str = "a run that cannot write its record is interrupted; nothing that was recorded is lost";

pub(super) fn look<'a>(ground: &'a Ground<'a>) -> Result<Vec<Finding<'a>>> {
    let room =
        rustix::fs::statvfs(ground.repo.common_dir()).context("cannot ask for the room on the disk")?;
    let free = room.f_bavail.saturating_mul(room.f_frsize);
    let found = format!("{} are free for {}", show_size(free), ground.repo.common_dir().display());
    Ok(match free {
        0..NONE => vec![Finding::error(found, WHY).mend("gx gc --dry-run")],
        NONE..LITTLE => vec![Finding::warning(found, WHY).mend("gx gc --dry-run")],
        _ => Vec::new(),
    })
}
