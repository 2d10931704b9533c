//! What the workflows of the public repository name: secrets, environments, runners of one's own.

use std::collections::BTreeSet;

use anyhow::Result;
use regex::bytes::Regex;

use crate::git::repo::Repo;
use crate::mirror::checkup::finding::Found;
use crate::mirror::hook::alarm::is_public;
use crate::model::object::ObjectId;

/// The branches that are looked at, the first that is there.
const TIPS: [&str; 3] = ["HEAD", "main", "master"];

/// What everybody's workflows have.
const ORDINARY: [&str; 1] = ["GITHUB_TOKEN"];

pub(super) fn look(repo: &Repo) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for remote in repo.remotes()? {
        let tip = |branch: &&str| repo.revision(&format!("refs/remotes/{remote}/{branch}"));
        let Some(tip) = TIPS.iter().find_map(tip) else { continue };
        if !is_public(repo, &remote)? {
            continue;
        }
        for (name, text) in workflows(repo, tip)? {
            let named = named(&text)?;
            if !named.is_empty() {
                let told = format!("{remote}: .github/workflows/{name} names {}", list(&named));
                let why = "everybody reads there what exists, and a change of the workflow may reach it";
                let command = format!("git show refs/remotes/{remote}/HEAD:.github/workflows/{name}");
                found.push(Found::note(told, why, command));
            }
        }
    }
    Ok(found)
}

/// The workflow files of a commit.
fn workflows(repo: &Repo, tip: ObjectId) -> Result<Vec<(String, Vec<u8>)>> {
    let mut tree = repo.tree_of(tip)?;
    for folder in [b".github".as_slice(), b"workflows"] {
        let items = repo.tree_items(tree)?;
        let Some(below) = items.iter().find(|item| item.name == folder && item.is_folder()) else {
            return Ok(Vec::new());
        };
        tree = below.id;
    }
    let is_workflow = |name: &[u8]| name.ends_with(b".yml") || name.ends_with(b".yaml");
    let mut found = Vec::new();
    for item in repo.tree_items(tree)?.into_iter().filter(|item| !item.is_folder() && is_workflow(&item.name))
    {
        found.push((String::from_utf8_lossy(&item.name).into_owned(), repo.raw(item.id)?.1));
    }
    Ok(found)
}

/// What a workflow names that is not everybody's.
fn named(text: &[u8]) -> Result<BTreeSet<String>> {
    let mut named = BTreeSet::new();
    for (pattern, word) in [
        (r"\bsecrets\s*(?:\.\s*|\[\s*['\x22])([A-Za-z_][A-Za-z0-9_]*)", "the secret"),
        (
            r"(?m)^[ \t-]*environment:[ \t]*(?:\r?\n[ \t]+name:[ \t]*)?['\x22]?([A-Za-z0-9_./-]+)",
            "the environment",
        ),
        (r"(?m)^[ \t-]*runs-on:.*?\b(self-hosted)\b", "a runner that is"),
    ] {
        for found in Regex::new(pattern)?.captures_iter(text) {
            let name = String::from_utf8_lossy(&found[1]).into_owned();
            if !ORDINARY.contains(&name.as_str()) {
                named.insert(format!("{word} {name}"));
            }
        }
    }
    Ok(named)
}

fn list(named: &BTreeSet<String>) -> String {
    named.iter().cloned().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_environments_and_runners_are_named() {
        let text = b"jobs:\n  x:\n    runs-on: [self-hosted, gpu]\n    environment:\n      name: prod\n    env:\n\
            \x20     A: ${{ secrets.NPM_TOKEN }}${{ secrets.GITHUB_TOKEN }}\n      B: ${{ secrets['KEY_2'] }}\n";
        let told = list(&named(text).unwrap());
        assert_eq!(
            told,
            "a runner that is self-hosted, the environment prod, the secret KEY_2, the secret NPM_TOKEN"
        );
        assert!(named(b"runs-on: ubuntu-latest\nenv: { T: x }\n").unwrap().is_empty());
    }
}
