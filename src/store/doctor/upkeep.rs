//! What has gathered: loose refs and objects, refs in sum, logs and results beyond their budgets.

use anyhow::Result;

use crate::config::units::show_size;
use crate::store::doctor::finding::Finding;
use crate::store::doctor::ground::Ground;

/// From so many refs on a `git push` is slow for everybody, who is told all of them each time.
const MANY: usize = 5000;

pub(super) fn look<'a>(ground: &'a Ground<'a>) -> Result<Vec<Finding<'a>>> {
    let (store, rules) = (ground.store, &ground.config.store);
    let mut found = Vec::new();
    let (refs, objects) = (ground.repo.loose_refs(), ground.repo.loose_objects());
    if refs > 2 * rules.upkeep_refs || objects > 2 * rules.upkeep_objects {
        let told = format!("{refs} refs of gx and about {objects} objects are files of their own");
        found.push(Finding::warning(told, "git and gx read many small files").mend("gx gc"));
    }
    if let Some(trouble) = store.last_upkeep().and_then(|last| last.trouble) {
        let told = format!("the last upkeep failed: {trouble}");
        found.push(Finding::warning(told, "refs and objects gather and make Git slow").mend("gx gc"));
    }
    let refs = ground.repo.ref_names("refs/experiments/")?.len();
    if refs > MANY {
        let told = format!("{refs} experiments have refs of their own");
        let why = "each `git push` of everybody is told all of them";
        found.push(Finding::warning(told, why).mend("gx archive"));
    }
    for share in store.plan_expiry(rules)?.shares {
        let count = share.names.len();
        let told =
            format!("{}: {count} could go ({}), {}", share.kind.word(), show_size(share.bytes), share.why);
        found.push(Finding::note(told, "they take room").mend("gx gc --dry-run"));
    }
    Ok(found)
}
