//! What a plain `git push` means here: which remote, which refspecs, which addresses.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::error::fault;
use crate::git::engine::settings::is_true;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;

impl Repo {
    /// The remote of a `git push` that names none (git-push(1), `push.default` and `remote.pushDefault`).
    ///
    /// # Errors
    /// The configuration cannot be read.
    pub fn push_remote(&self) -> Result<String> {
        let branch = self.head().ok().and_then(|head| head.branch_name().map(str::to_owned));
        let of_branch = |key: &str| self.setting(&format!("branch.{}.{key}", branch.as_deref()?));
        let named = of_branch("pushRemote").or_else(|| self.setting("remote.pushDefault"));
        if let Some(named) = named.or_else(|| of_branch("remote")) {
            return Ok(named);
        }
        let remotes = self.remotes()?;
        Ok(match &remotes[..] {
            [only] => only.clone(),
            _ => "origin".to_owned(),
        })
    }

    /// What follows the remote in a `git push` that names nothing.
    ///
    /// # Errors
    /// Git would refuse it.
    pub fn push_arguments(&self, remote: &str) -> Result<Vec<String>> {
        if self.setting(&format!("remote.{remote}.mirror")).is_some_and(|value| is_true(&value)) {
            return Ok(vec!["--mirror".to_owned()]);
        }
        let told = self.git().args(["config", "--get-all", &format!("remote.{remote}.push")]).output()?;
        let configured: Vec<String> =
            String::from_utf8_lossy(&told.stdout).lines().map(str::to_owned).collect();
        if !configured.is_empty() {
            return Ok(configured);
        }
        let way = self.setting("push.default").unwrap_or_else(|| "simple".to_owned());
        if way == "matching" {
            return Ok(vec![":".to_owned()]);
        }
        let branch = self.head()?.branch_name().map(str::to_owned);
        let Some(branch) = branch.filter(|_| way != "nothing") else {
            return Err(fault("a plain `git push` would push nothing here")
                .hint("name it: `gx guard check REMOTE BRANCH`")
                .into());
        };
        let merge = self.setting(&format!("branch.{branch}.merge"));
        let upstream = self.setting(&format!("branch.{branch}.remote"));
        Ok(match (way.as_str(), merge) {
            ("upstream" | "tracking", Some(merge)) if upstream.as_deref() == Some(remote) => {
                vec![format!("refs/heads/{branch}:{merge}")]
            }
            _ => vec![format!("refs/heads/{branch}")],
        })
    }

    /// The address that a push to a typed address goes to: `url.*.insteadOf` and `url.*.pushInsteadOf`, as Git resolves
    /// them. (`git remote get-url` knows only remotes of the repository's own configuration.)
    ///
    /// # Errors
    /// The configuration cannot be read.
    pub fn push_url_of(&self, url: &str) -> Result<String> {
        let rules = self.settings.all("url.")?;
        let other = rewritten(&rules, ".pushinsteadof", url).or_else(|| rewritten(&rules, ".insteadof", url));
        Ok(other.unwrap_or_else(|| url.to_owned()))
    }

    /// Each remote of the configuration with every address that it is fetched from or pushed to, as Git resolves them;
    /// starts no program.
    ///
    /// # Errors
    /// The configuration cannot be read.
    pub fn addresses(&self) -> Result<Vec<(String, Vec<String>)>> {
        let (entries, rules) = (self.settings.all("remote.")?, self.settings.all("url.")?);
        let mut remotes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (entry, url) in &entries {
            let Some((name, key)) = entry.strip_prefix("remote.").and_then(|rest| rest.rsplit_once('.'))
            else {
                continue;
            };
            let keys: &[&str] = match key {
                "url" => &[".pushinsteadof", ".insteadof"],
                "pushurl" => &[".insteadof"],
                _ => continue,
            };
            let addresses = remotes.entry(name).or_default();
            addresses
                .extend(keys.iter().map(|key| rewritten(&rules, key, url).unwrap_or_else(|| url.clone())));
        }
        Ok(remotes.into_iter().map(|(name, addresses)| (name.to_owned(), addresses)).collect())
    }

    /// The branches that this clone knows of a remote, by their names there.
    ///
    /// # Errors
    /// The refs cannot be read.
    pub fn known_branches(&self, remote: &str) -> Result<Vec<(String, ObjectId)>> {
        let prefix = format!("refs/remotes/{remote}/");
        let refs = self.refs(&prefix)?.into_iter();
        let named = refs.map(|one| (one.name[prefix.len()..].to_owned(), one.target));
        Ok(named
            .filter(|(name, _)| name != "HEAD")
            .map(|(name, id)| (format!("refs/heads/{name}"), id))
            .collect())
    }
}

/// An address after the longest `url.<base>.<key>` that it begins with (git-config(1)).
fn rewritten(rules: &[(String, String)], key: &str, url: &str) -> Option<String> {
    let bases = rules.iter().filter_map(|(name, from)| {
        let at = name.len().checked_sub(key.len()).filter(|at| name.is_char_boundary(*at))?;
        let base = name[..at].strip_prefix("url.")?;
        (name[at..].eq_ignore_ascii_case(key) && url.starts_with(from.as_str())).then_some((base, from))
    });
    let (base, from) = bases.max_by_key(|(_, from)| from.len())?;
    Some(format!("{base}{}", &url[from.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_remotes_are_those_that_git_resolves() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        for (key, values) in [
            ("remote.plain.url", &["https://git.example/x"][..]),
            ("remote.two.url", &["a:x", "/srv/y.git"]),
            ("remote.other.way.url", &["a:z"]),
            ("remote.other.way.pushurl", &["a:w", "b:w"]),
            ("remote.other.way.fetch", &["+refs/heads/*:refs/remotes/x/*"]),
            ("url.ssh://git.example/.insteadOf", &["a:"]),
            ("url.ssh://push.example/.pushInsteadOf", &["a:x", "b:"]),
        ] {
            repo.set_settings(key, &values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>())
                .unwrap();
        }
        let told = repo.addresses().unwrap();
        let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["other.way", "plain", "two"]);
        for (name, addresses) in &told {
            let mut resolved = repo.push_urls(name).unwrap();
            resolved.push(repo.fetch_url(name).unwrap());
            assert!(resolved.iter().all(|url| addresses.contains(url)), "{name}: {addresses:?} {resolved:?}");
        }
        assert!(!told[0].1.contains(&"ssh://push.example/w".to_owned()), "{told:?}");
    }

    #[test]
    fn the_longest_rule_rewrites_an_address_and_no_other_key_does() {
        let rules = [
            ("url.ssh://a/.insteadOf", "a:"),
            ("url.ssh://b/.insteadof", "a:b/"),
            ("url.c.pushInsteadOf", "a:"),
        ];
        let rules = rules.map(|(name, from)| (name.to_owned(), from.to_owned()));
        assert_eq!(rewritten(&rules, ".insteadof", "a:b/c").as_deref(), Some("ssh://b/c"));
        assert_eq!(rewritten(&rules, ".insteadof", "a:x").as_deref(), Some("ssh://a/x"));
        assert_eq!(rewritten(&rules, ".pushinsteadof", "a:x").as_deref(), Some("cx"));
        assert_eq!(rewritten(&rules, ".insteadof", "x:a:"), None);
    }
}
