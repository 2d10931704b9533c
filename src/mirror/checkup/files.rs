//! Files that may lie in no repository, such as `.env`: tracked, about to be, or let in by an exception.

use std::fs;

use anyhow::Result;

use crate::git::repo::Repo;
use crate::mirror::checkup::finding::Found;
use crate::mirror::guard::remedies::quoted;
use crate::mirror::policy::terms::Policy;
use crate::model::path::RepoPath;

pub(super) fn look(repo: &Repo) -> Result<Vec<Found>> {
    if repo.is_bare() {
        return Ok(Vec::new());
    }
    let policy = Policy::of(repo, &[])?;
    let mut found = Vec::new();
    let tracked = repo.tracked_paths()?;
    for path in tracked.iter().filter(|path| policy.is_never(path.as_bytes())) {
        let why = "what is in it goes out with every push, and stays in the history: change the secret too";
        let command = format!("git rm --cached -- {}", quoted(path.as_path()));
        found.push(Found::error(format!("{} is tracked", path.c_quoted()), why, command));
    }
    for path in repo.untracked_paths()?.iter().filter(|path| policy.is_never(path.as_bytes())) {
        let why = "the next `git add` takes it along";
        let command = format!("echo {} >> .gitignore", quoted(path.as_path()));
        let told = format!("{} is neither tracked nor ignored", path.c_quoted());
        found.push(Found::warning(told, why, command));
    }
    let is_list =
        |path: &&RepoPath| path.as_bytes().rsplit(|byte| *byte == b'/').next() == Some(b".gitignore");
    for list in tracked.iter().filter(is_list) {
        // A list that was deleted lets nothing in.
        let text = fs::read(repo.work_dir().join(list.as_path())).unwrap_or_default();
        for line in String::from_utf8_lossy(&text).lines() {
            if lets_in(&policy, line) {
                let told = format!("{} has `{line}`", list.c_quoted());
                let why = "it lets a file in that may lie in no repository";
                found.push(Found::warning(told, why, format!("git blame -- {}", quoted(list.as_path()))));
            }
        }
    }
    Ok(found)
}

/// Whether a line of an ignore file is an exception for what may lie nowhere.
fn lets_in(policy: &Policy, line: &str) -> bool {
    let Some(pattern) = line.strip_prefix('!') else { return false };
    let pattern = pattern.trim_end().trim_start_matches('/');
    let meant = ["", ".x", "x"].map(|stands_for| pattern.replace("**/", "").replace('*', stands_for));
    meant.iter().any(|path| policy.is_never(path.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_for_a_secret_file_is_known_and_one_for_an_example_is_not() {
        let policy = Policy::join(None, &[]).unwrap();
        for line in ["!.env", "!/.env", "!**/.env", "!.env*", "!*.pem", "!config/id_rsa"] {
            assert!(lets_in(&policy, line), "{line}");
        }
        for line in [".env", "!.env.example", "!README.md", "# !.env", ""] {
            assert!(!lets_in(&policy, line), "{line}");
        }
    }
}
