//! Whether a record is about the commit that it is a note of.

use anyhow::Result;

use crate::store::doctor::finding::Finding;
use crate::store::doctor::ground::Ground;

pub(super) fn look<'a>(ground: &'a Ground<'a>) -> Result<Vec<Finding<'a>>> {
    let facts = ground.facts()?;
    let mut found = Vec::new();
    for stored in ground.list()? {
        let Some(fact) = facts.get(&stored.snapshot) else { continue };
        if let Some(other) = fact.snapshot.filter(|other| *other != stored.snapshot) {
            let told =
                format!("the record of {} is about {}, its ref is {}", stored.id, other, stored.snapshot);
            let why = "the code that is shown is not the code that was measured";
            let command = format!("git update-ref {} {other} {}", stored.id.reference(), stored.snapshot);
            found.push(Finding::error(told, why).mend(command));
            continue;
        }
        let Some(uuid) = &fact.uuid else { continue };
        let message = match ground.repo.message(stored.snapshot) {
            Ok(message) => message,
            Err(error) => {
                let told = format!("the commit of {} cannot be read: {error:#}", stored.id);
                found.push(Finding::error(told, "its code is lost here").mend("gx pull"));
                continue;
            }
        };
        let trailer = message.lines().rev().find_map(|line| line.strip_prefix("Gx-Uuid: "));
        if trailer != Some(uuid.as_str()) {
            let told = format!(
                "the record of {} is of {uuid}, its commit of {}",
                stored.id,
                trailer.unwrap_or("none")
            );
            let why = "somebody has copied a note to another commit, or rewritten history";
            let command = format!("git notes --ref=experiments show {}", stored.snapshot);
            found.push(Finding::error(told, why).mend(command));
        }
    }
    Ok(found)
}
