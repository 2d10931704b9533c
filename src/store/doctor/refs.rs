//! Refs and records: an experiment without its record, a record without its experiment.

use std::collections::{HashMap, HashSet};

use anyhow::Result;

use crate::git::refs::Ref;
use crate::model::object::ObjectId;
use crate::store::doctor::finding::{Finding, few, verb};
use crate::store::doctor::ground::{Fact, Ground};

pub(super) fn look<'a>(ground: &'a Ground<'a>) -> Result<Vec<Finding<'a>>> {
    let listed: HashMap<_, _> = ground.list()?.iter().map(|one| (&one.id, one.snapshot)).collect();
    let mut held: HashSet<ObjectId> = listed.values().copied().collect();
    held.extend(ground.store.trashed()?.into_iter().map(|one| one.snapshot));
    let own: HashSet<ObjectId> = ground
        .store
        .journal
        .everything()?
        .iter()
        .flat_map(|batch| &batch.entries)
        .map(|one| one.snapshot)
        .collect();
    let mut found = without_record(ground, &own)?;
    let mut gone = 0;
    // What was thrown away and then given up by `gx gc` has a record and nothing else: that is as it should be.
    for (commit, fact) in
        ground.facts()?.iter().filter(|(commit, fact)| !held.contains(commit) && !fact.trashed)
    {
        if !ground.repo.has_object(*commit) {
            gone += 1;
        } else if let Some(id) = &fact.id {
            match listed.get(id) {
                Some(now) => found.push(moved(*commit, fact, *now)),
                None => found.push(lost(ground, *commit, fact, own.contains(commit))),
            }
        }
    }
    if gone > 0 {
        let told = format!("{gone} {} of commits that are not here", verb(gone, "record is", "records are"));
        let why = "their notes came from another clone without their refs; lists do not show them";
        found.push(Finding::note(told, why).mend("gx pull"));
    }
    Ok(found)
}

/// Those of which the journal has lines are none of them: these wait, or that they are missing is its own check's to tell.
fn without_record<'a>(ground: &'a Ground<'a>, own: &HashSet<ObjectId>) -> Result<Vec<Finding<'a>>> {
    let (facts, open) = (ground.facts()?, ground.store.open_snapshots());
    let bare = ground.list()?.iter().filter(|one| {
        let is_known = facts.get(&one.snapshot).is_some_and(|fact| fact.uuid.is_some() || fact.id.is_some());
        !is_known && !open.contains(&one.snapshot) && !own.contains(&one.snapshot)
    });
    let bare: Vec<_> = bare.map(|one| one.id.clone()).collect();
    if bare.is_empty() {
        return Ok(Vec::new());
    }
    let told = format!("{} {} no record", few(&bare), verb(bare.len(), "has", "have"));
    let why = "nobody knows what was tried and what came of it";
    let command = "gx pull   (another clone may have it; else throw it away: `git update-ref -d REF`)";
    Ok(vec![Finding::warning(told, why).mend(command)])
}

/// The ref of the id leads to another commit now.
fn moved<'a>(commit: ObjectId, fact: &Fact, now: ObjectId) -> Finding<'a> {
    let id = fact.id.as_ref().map(ToString::to_string).unwrap_or_default();
    let told = format!("`{id}` of the record on {} is another commit here, {}", commit.short(), now.short());
    let why = "it is another clone's, or somebody has moved the ref";
    Finding::note(told, why).mend(format!("git log -1 --notes=experiments {commit}"))
}

/// Nothing names the commit any more.
fn lost<'a>(ground: &'a Ground<'a>, commit: ObjectId, fact: &Fact, is_own: bool) -> Finding<'a> {
    let id = fact.id.as_ref().map(ToString::to_string).unwrap_or_default();
    let told = format!("`{id}` has a record and its commit {}, but no ref", commit.short());
    let why = "a fetch that prunes, or another tool, has deleted it; `git gc` will delete the commit too";
    let name = format!("refs/experiments/{id}");
    if !is_own {
        // The record does not say of which clone it is: under a name of this clone it would be shared as its own.
        return Finding::error(told, why)
            .mend(format!("gx pull   (else keep its commit: `git branch kept {commit}`)"));
    }
    let finding = Finding::error(told, why).mend(format!("git update-ref {name} {commit} ''"));
    finding.fix(move || {
        ground.repo.make_refs(&[Ref { name: name.clone(), target: commit }])?;
        Ok(format!("made {name} again"))
    })
}
