//! The notes that hold the records: whole, and every line one that gx understands.

use anyhow::Result;

use crate::git::notes::Notes;
use crate::store::doctor::finding::{Finding, few, verb};
use crate::store::doctor::ground::{Fact, Ground};
use crate::store::experiments::RECORDS;
use crate::store::logs::LOGS;

/// Whether every note of a ref can be read; a ref that cannot be read at all is torn too.
fn is_whole(ground: &Ground<'_>, name: &str) -> bool {
    if name == RECORDS {
        // Reading them is what takes the time, and what they say is asked for anyway.
        return ground.facts().is_ok();
    }
    Notes::open(ground.repo, name).and_then(|notes| notes.is_whole()).unwrap_or(false)
}

pub(super) fn look<'a>(ground: &'a Ground<'a>) -> Result<Vec<Finding<'a>>> {
    let mut found = Vec::new();
    for name in [RECORDS, LOGS] {
        if !is_whole(ground, name) {
            let why = "records or logs cannot be read; the journal of this clone holds what it wrote itself";
            found.push(Finding::error(format!("`{name}` is torn"), why).fix(|| {
                ground.store.repair()?;
                ground.store.replay()?;
                Ok("took it back to its newest whole state, and added what the journal holds".to_owned())
            }));
        }
    }
    if !found.is_empty() {
        return Ok(found);
    }
    let facts = ground.facts()?;
    let named = |is_so: &dyn Fn(&Fact) -> bool| {
        let mut names: Vec<String> = facts
            .iter()
            .filter(|(_, fact)| is_so(fact))
            .map(|(commit, fact)| fact.id.as_ref().map_or_else(|| commit.short(), ToString::to_string))
            .collect();
        names.sort();
        names
    };
    let bad = named(&|fact| fact.bad_lines > 0);
    if !bad.is_empty() {
        let has = verb(bad.len(), "has", "have");
        let why = "lists pass such a line over, so whatever it was to say is not shown";
        let command = format!("git notes --ref=experiments edit refs/experiments/{}", bad[0]);
        let told = format!("{} {has} lines that are no JSON object with `at`", few(&bad));
        found.push(Finding::warning(told, why).mend(command));
    }
    let newer = named(&|fact| fact.newer);
    if !newer.is_empty() {
        let told = format!("{} {} of a newer version", few(&newer), verb(newer.len(), "is", "are"));
        let why = "this gx shows what it understands of them and refuses to add to them";
        found.push(Finding::note(told, why).mend("install the gx that wrote them, or a newer one"));
    }
    Ok(found)
}
