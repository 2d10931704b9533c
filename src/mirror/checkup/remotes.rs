//! Where a plain `git push` goes, in a clone that has a private and a public remote.

use anyhow::Result;

use crate::git::repo::Repo;
use crate::mirror::checkup::finding::Found;
use crate::mirror::guard::destination::is_same;
use crate::mirror::keys;

const WHY: &str = "a plain `git push` there goes where everybody reads it";

pub(super) fn look(repo: &Repo) -> Result<Vec<Found>> {
    let configured = |key: &str| keys::set(repo, key);
    let Some(private) = configured(keys::PRIVATE_REMOTE) else { return Ok(Vec::new()) };
    let public = configured(keys::PUBLIC_REMOTE).unwrap_or_else(|| keys::PUBLIC.to_owned());
    let mut found = Vec::new();
    let default = repo.setting("remote.pushDefault").filter(|name| !name.is_empty());
    let settings = repo.all_settings()?;
    if default.as_deref() != Some(private.as_str()) {
        let told = match &default {
            Some(other) => format!("`remote.pushDefault` is `{other}` and not `{private}`"),
            None => format!("`remote.pushDefault` is not set to `{private}`"),
        };
        let command = format!("git config remote.pushDefault {private}");
        found.push(Found::warning(told, "a plain `git push` goes where the branch came from", command));
    }
    for (name, value) in &settings {
        let Some((branch, key)) = name.strip_prefix("branch.").and_then(|rest| rest.rsplit_once('.')) else {
            continue;
        };
        if *value != public {
            continue;
        }
        let told = format!("the branch `{branch}` tracks `{public}`");
        match key {
            "pushremote" => {
                found.push(Found::warning(
                    told,
                    WHY,
                    format!("git config --unset branch.{branch}.pushRemote"),
                ));
            }
            "remote" if default.is_none() => {
                let command = format!("git branch --set-upstream-to={private}/{branch} {branch}");
                found.push(Found::warning(told, WHY, command));
            }
            _ => {}
        }
    }
    if let Some(real) = configured(keys::PUBLIC_URL)
        && repo.check_remote(&public).is_ok()
        && repo.push_urls(&public)?.iter().any(|url| is_same(repo, url, &real))
    {
        let told = format!("`git push {public}` is not switched off");
        let command = format!("git config remote.{public}.pushurl disabled");
        found.push(Found::warning(told, "`gx sync-up` is the way there, and it shows a plan first", command));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_no_known_form_are_not_the_same_for_that() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let set = |key: &str, value: &str| repo.set_settings(key, &[value.to_owned()]).unwrap();
        set("gx.private.remote", "origin");
        set("remote.pushDefault", "origin");
        set("remote.public.url", "s3://bucket/open");
        set("gx.public.url", "s3://bucket/open");
        set("remote.public.pushurl", "DISABLED-publish-with-gx-sync-up");
        assert_eq!(look(&repo).unwrap().len(), 0);
        set("remote.public.pushurl", "s3://bucket/open");
        assert_eq!(look(&repo).unwrap().len(), 1);
    }
}
