//! Runs that have begun and are not done with.

use std::fs;

use anyhow::Result;

use crate::process::identity;
use crate::store::doctor::finding::{Finding, verb};
use crate::store::doctor::ground::Ground;
use crate::store::pending::{Pending, files};

pub(super) fn look<'a>(ground: &'a Ground<'a>) -> Result<Vec<Finding<'a>>> {
    let mut found = Vec::new();
    for path in files(&ground.repo.gx_dir().join("pending")) {
        let Ok(text) = fs::read(&path) else { continue };
        match serde_json::from_slice::<Pending>(&text) {
            Err(error) => {
                let told = format!("{} cannot be understood: {error}", path.display());
                let why =
                    "the run that it is about stays unfinished, and every command stumbles over the file";
                let command = format!("mv {} .", path.display());
                found.push(Finding::error(told, why).mend(command));
            }
            Ok(pending) if pending.machine != identity::machine_id() => {
                let told =
                    format!("a run on {} began on another machine and is not done", pending.snapshot.short());
                let why = "only that machine can tell whether it still trains";
                found.push(Finding::note(told, why).mend("gx recover   (there)"));
            }
            Ok(pending) => found.extend(forsaken(ground, &pending)?),
        }
    }
    let stranded = ground.store.stranded()?.len();
    if stranded > 0 {
        let told = format!(
            "{stranded} interrupted {} be put back into the queue",
            verb(stranded, "run can", "runs can")
        );
        let why = "a reboot or a kill has cut it short; it is kept for a week";
        found.push(Finding::note(told, why).mend("gx recover --requeue"));
    }
    Ok(found)
}

/// A run that nobody has in hand and that no trainer keeps; an agent's own run is in nobody's hand until it says so.
fn forsaken<'a>(ground: &'a Ground<'a>, pending: &Pending) -> Result<Option<Finding<'a>>> {
    let Some(held) = ground.store.take_pending(&pending.uuid)? else { return Ok(None) };
    if pending.external || held.read_trainer().is_some_and(|trainer| trainer.is_alive()) {
        return Ok(None);
    }
    let listed = ground.list()?.iter().find(|one| one.snapshot == pending.snapshot);
    let name = listed.map_or_else(|| "a run without a name".to_owned(), |one| one.id.to_string());
    let told = format!("{name} has begun, and nobody looks after it");
    let why = "its supervisor was killed; it has no end yet, or its branch and files are not settled";
    Ok(Some(Finding::warning(told, why).mend("gx recover")))
}
