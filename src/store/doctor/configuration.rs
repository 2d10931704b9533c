//! Git's settings that endanger experiments, publish them by accident, or make Git's own answers crowded.

use anyhow::Result;

use crate::config::defaults;
use crate::config::nearest::nearest;
use crate::git::quiet::missing_exclusions;
use crate::store::doctor::finding::Finding;
use crate::store::doctor::ground::Ground;

/// Refs that are gx's.
const OWN: [&str; 4] = ["refs/experiments/", "refs/gx/", "refs/artifacts/", "refs/notes/"];

/// Tables of `gx.*` that hold no keys of the configuration but are gx's too.
const KNOWN: [&str; 6] = ["site", "remote", "remotes", "private", "public", "guard"];

pub(super) fn look<'a>(ground: &'a Ground<'a>) -> Result<Vec<Finding<'a>>> {
    let settings = ground.repo.all_settings()?;
    let mut found = Vec::new();
    for (name, value) in &settings {
        found.extend(of_remote(&settings, name, value));
        found.extend(misspelt(name));
    }
    let missing = missing_exclusions(&settings);
    if !missing.is_empty() {
        let told = format!("`log.excludeDecoration` lacks {}", missing.join(", "));
        let why = "with many experiments `git log --decorate` names refs of gx beside the commits";
        found.push(Finding::note(told, why).fix(move || {
            ground.repo.quieten()?;
            Ok("added to this repository's configuration".to_owned())
        }));
    }
    if ground.repo.common_dir().join("shallow").exists() {
        let told = "this is a shallow clone";
        let why = "the base of an old experiment may not be here; then its diff cannot be shown";
        found.push(Finding::note(told, why).mend("git fetch --unshallow"));
    }
    Ok(found)
}

fn of_remote<'a>(settings: &[(String, String)], name: &str, value: &str) -> Option<Finding<'a>> {
    let (remote, key) = name.strip_prefix("remote.")?.rsplit_once('.')?;
    let unset = format!("git config --unset-all {name} '{}'", value.replace(['+', '*', '.'], "."));
    match key {
        "fetch" => {
            let (force, spec) = (value.starts_with('+'), value.trim_start_matches('+'));
            let to = spec.split_once(':')?.1;
            // Where gx itself fetches to, and everything below a name of the remote's own, is nobody's.
            let is_own = OWN.iter().any(|own| covers(to, own)) && !to.starts_with("refs/gx/remotes/");
            if !is_own {
                return None;
            }
            let prunes = [format!("remote.{remote}.prune"), "fetch.prune".to_owned()];
            let is_pruned = settings.iter().any(|(name, value)| prunes.contains(name) && value == "true");
            let told = format!("`git fetch {remote}` writes to {to} (`{name} = {value}`)");
            Some(if is_pruned {
                let why = "it prunes too: a fetch deletes every experiment that the remote does not have";
                Finding::error(told, why).mend(unset)
            } else if force {
                let why = "it overwrites: a fetch takes the remote's records in place of yours";
                Finding::error(told, why).mend(unset)
            } else {
                let why = "`git fetch --prune` would delete every experiment that the remote does not have";
                Finding::warning(told, why).mend(unset)
            })
        }
        "mirror" if value == "true" => {
            let told = format!("`git push {remote}` mirrors every ref (`{name} = true`)");
            let why = "it publishes all experiments, and deletes there what is not here";
            Some(Finding::warning(told, why).mend(format!("git config --unset {name}")))
        }
        "push" => {
            let from = value.trim_start_matches('+').split(':').next().unwrap_or_default();
            let is_own = OWN.iter().any(|own| covers(from, own));
            let why = "an ordinary `git push` publishes experiments; `gx push` sends what you name";
            let told = format!("`git push {remote}` sends {from} (`{name} = {value}`)");
            is_own.then(|| Finding::warning(told, why).mend(unset))
        }
        _ => None,
    }
}

/// Whether a side of a refspec takes in refs below `own`.
fn covers(side: &str, own: &str) -> bool {
    match side.split_once('*') {
        Some((before, _)) => {
            before.starts_with(own) || own.starts_with(before) && before.starts_with("refs/")
        }
        None => side.starts_with(own),
    }
}

/// An entry such as `gx.polcy.min-delta` is passed over by Git and by gx.
fn misspelt<'a>(name: &str) -> Option<Finding<'a>> {
    let (table, key) = name.strip_prefix("gx.")?.split_once('.')?;
    let tables = defaults::tables();
    if tables.contains(&table) || KNOWN.contains(&table) {
        return None;
    }
    let near = nearest(table, tables.into_iter())?;
    let told = format!("`{name}` means nothing; did you mean `gx.{near}.{key}`?");
    Some(Finding::warning(told, "the setting has no effect").mend(format!("git config --unset {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refspec_takes_in_what_its_star_can_stand_for() {
        for side in ["refs/experiments/*", "refs/*", "refs/notes/experiments", "refs/experiments/lab-b/*"] {
            assert!(OWN.iter().any(|own| covers(side, own)), "{side}");
        }
        for side in ["refs/remotes/origin/*", "refs/heads/*", "*", "HEAD", "refs/tags/v1"] {
            assert!(!OWN.iter().any(|own| covers(side, own)), "{side}");
        }
    }
}
