//! What Git itself says of its objects.

use anyhow::Result;

use crate::store::doctor::finding::Finding;
use crate::store::doctor::ground::{Depth, Ground};

/// So many of its sentences are told.
const FEW: usize = 3;

pub(super) fn look<'a>(ground: &'a Ground<'a>) -> Result<Vec<Finding<'a>>> {
    let sentences = ground.repo.fsck(ground.depth == Depth::Contents)?;
    if sentences.is_empty() {
        return Ok(Vec::new());
    }
    let more = sentences.len().saturating_sub(FEW);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let told = format!("git fsck: {}{more}", sentences[..sentences.len().min(FEW)].join("; "));
    let why = "code or records that rest on such an object cannot be read";
    let command =
        "git fsck --full, then fetch the object from another clone: git fetch --refetch --no-filter";
    Ok(vec![Finding::error(told, why).mend(command)])
}
