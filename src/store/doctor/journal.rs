//! The journal and the notes: what one holds, the other must hold.

use std::collections::HashMap;

use anyhow::Result;

use crate::git::notes::Notes;
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::store::doctor::finding::{Finding, few, verb};
use crate::store::doctor::ground::Ground;
use crate::store::experiments::RECORDS;
use crate::store::flush::missing;

pub(super) fn look<'a>(ground: &'a Ground<'a>) -> Result<Vec<Finding<'a>>> {
    let store = ground.store;
    let mut found = Vec::new();
    let waiting: usize = store.journal.waiting()?.iter().map(|batch| batch.entries.len()).sum();
    if waiting > 0 {
        let told = format!("{waiting} {} for the notes", verb(waiting, "line waits", "lines wait"));
        // That a `gx feed` is at work is the most frequent reason.
        let why =
            "other clones do not see it until it is in the notes, where any command that lists brings it";
        found.push(Finding::note(told, why).fix(|| {
            store.flush()?;
            Ok("added to the notes".to_owned())
        }));
    }
    let lost = missing(&Notes::open(ground.repo, RECORDS)?, &store.journal.applied()?)?;
    if !lost.is_empty() {
        let listed = ground.list()?;
        let ids: HashMap<ObjectId, &ExperimentId> =
            listed.iter().map(|stored| (stored.snapshot, &stored.id)).collect();
        let name = |commit: &ObjectId| ids.get(commit).map_or_else(|| commit.short(), ToString::to_string);
        let names: Vec<String> = lost.keys().map(name).collect();
        let lack = verb(names.len(), "lacks", "lack");
        let told = format!("{} {lack} lines that gx wrote: somebody has rewound the notes", few(&names));
        let why = "outcomes or remarks are missing from lists, and would be from every other clone";
        found.push(Finding::error(told, why).fix(|| {
            store.replay()?;
            Ok("put back from the journal".to_owned())
        }));
    }
    Ok(found)
}
