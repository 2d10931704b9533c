//! Whether a record is about the commit that it is a note of.

use anyhow::Result;

use crate::store::doctor::finding::Finding;
use crate::store::doctor::ground::{AT_ONCE, Ground};
use crate::store::experiments::Stored;

pub(super) fn look<'a>(ground: &'a Ground<'a>) -> Result<Vec<Finding<'a>>> {
    let mut found = Vec::new();
    for share in ground.list()?.chunks(AT_ONCE) {
        let commits: Vec<_> = share.iter().map(|stored| Some(stored.snapshot)).collect();
        let trailers = ground.repo.map_blobs(&commits, &|_, commit| trailer(commit));
        // One that cannot be read ends it for all: then each alone.
        let trailers: Vec<Result<_>> = match trailers {
            Ok(trailers) => trailers.into_iter().map(Ok).collect(),
            Err(_) => {
                share.iter().map(|one| Ok(trailer(ground.repo.message(one.snapshot)?.as_bytes()))).collect()
            }
        };
        ground.repo.rest();
        for (stored, trailer) in share.iter().zip(trailers) {
            found.extend(compare(ground, stored, trailer)?);
        }
    }
    Ok(found)
}

/// The random name that a commit says it is of.
fn trailer(commit: &[u8]) -> Option<Box<str>> {
    let line = commit.split(|byte| *byte == b'\n').rev().find_map(|line| line.strip_prefix(b"Gx-Uuid: "));
    line.map(|name| String::from_utf8_lossy(name).into())
}

fn compare<'a>(
    ground: &Ground<'a>,
    stored: &Stored,
    trailer: Result<Option<Box<str>>>,
) -> Result<Option<Finding<'a>>> {
    let Some(fact) = ground.facts()?.get(&stored.snapshot) else { return Ok(None) };
    if let Some(other) = &fact.elsewhere {
        let told = format!("the record of {} is about {}, its ref is {}", stored.id, other, stored.snapshot);
        let why = "the code that is shown is not the code that was measured";
        let command = format!("git update-ref {} {other} {}", stored.id.reference(), stored.snapshot);
        return Ok(Some(Finding::error(told, why).mend(command)));
    }
    let Some(uuid) = &fact.uuid else { return Ok(None) };
    let trailer = match trailer {
        Ok(trailer) => trailer,
        Err(error) => {
            let told = format!("the commit of {} cannot be read: {error:#}", stored.id);
            return Ok(Some(Finding::error(told, "its code is lost here").mend("gx pull")));
        }
    };
    if trailer.as_ref() == Some(uuid) {
        return Ok(None);
    }
    let trailer = trailer.as_deref().unwrap_or("none");
    let told = format!("the record of {} is of {uuid}, its commit of {trailer}", stored.id);
    let why = "somebody has copied a note to another commit, or rewritten history";
    let command = format!("git notes --ref=experiments show {}", stored.snapshot);
    Ok(Some(Finding::error(told, why).mend(command)))
}
