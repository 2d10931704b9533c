//! Whether the guard is asked, and what went by it.

use anyhow::Result;

use crate::git::repo::Repo;
use crate::mirror::checkup::finding::Found;
use crate::mirror::hook::alarm;
use crate::mirror::hook::install::{is_in, outdated};
use crate::mirror::hook::probe::{Fires, fires, hears};
use crate::mirror::keys;

pub(super) fn look(repo: &Repo) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for alarm in alarm::all(&repo.gx_dir())? {
        let told = format!("{} went to `{}` and the guard was not asked", alarm.reference, alarm.remote);
        found.push(Found::error(told, "nobody has looked at what everybody can read now", "gx guard audit"));
    }
    for alarm in alarm::unheard(repo)? {
        let told = format!(
            "{} was pushed to `{}`, and the guard has not let it pass",
            alarm.reference, alarm.remote
        );
        let why = "the hooks were switched off, and nobody has looked at what everybody can read now";
        found.push(Found::error(told, why, "gx guard audit"));
    }
    let folder = repo.hook_folder()?.path;
    let was_put_in = is_in(&folder, "pre-push") || is_in(&repo.common_dir().join("hooks"), "pre-push");
    if was_put_in {
        if let Fires::No(why) = fires(repo)? {
            let told = format!("the hook does not fire: {why}");
            found.push(Found::error(told, "a push leaves and nobody looks at it", "gx guard install"));
        } else if !is_in(&folder, "reference-transaction") {
            let why = "a push with `--no-verify` raises no alarm";
            found.push(Found::note("the guard's second hook is not there", why, "gx guard install"));
        } else if let Fires::No(why) = hears(repo)? {
            let told = format!("the guard's second hook does not work: {why}");
            found.push(Found::error(told, "a push with `--no-verify` raises no alarm", "gx guard install"));
        }
        for hook in outdated(&folder) {
            let told = format!("the hook {hook} is not as this gx would write it");
            let why = "another build of gx wrote it, or somebody has changed it";
            found.push(Found::warning(told, why, "gx guard install"));
        }
    } else if let Some(public) = public_remote(repo)? {
        let told = format!("the guard is not asked before a push to `{public}`");
        let why = "experiments, private files and secrets can go where everybody reads them";
        found.push(if keys::set(repo, keys::PUBLIC_URL).is_some() {
            Found::warning(told, why, "gx guard install")
        } else {
            Found::note(told, why, "gx guard install")
        });
    }
    Ok(found)
}

/// The first remote that nobody has declared private.
fn public_remote(repo: &Repo) -> Result<Option<String>> {
    for remote in repo.remotes()? {
        // One without an address is only a few settings.
        if repo.check_remote(&remote).is_ok() && alarm::is_public(repo, &remote)? {
            return Ok(Some(remote));
        }
    }
    Ok(None)
}
