//! Protected paths: hashed into every record, so that a changed evaluator cannot pass for progress.

use std::fs;

use anyhow::{Context, Result};

use crate::config::globs::Globs;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::model::record::{Fields, Record};

/// The hashes of the protected paths: from the snapshot, or from the work tree where a path is ignored.
pub(super) fn hashes(repo: &Repo, tree: ObjectId, patterns: &[String]) -> Result<Fields> {
    let mut hashes = Fields::new();
    for pattern in patterns {
        let path = RepoPath::from(pattern.as_str());
        if let Some(entry) = repo.entry(tree, &path)? {
            hashes.insert(pattern.clone(), entry.id.to_string().into());
        } else if repo.work_dir().join(pattern).is_file() {
            let content =
                fs::read(repo.work_dir().join(pattern)).with_context(|| format!("cannot read {pattern}"))?;
            hashes.insert(pattern.clone(), repo.hash_blob(&content)?.to_string().into());
        } else {
            let globs = Globs::new(std::slice::from_ref(pattern))?;
            for (path, entry) in repo.files(tree)? {
                if globs.matches(path.as_bytes()) {
                    hashes.insert(path.to_string(), entry.id.to_string().into());
                }
            }
        }
    }
    Ok(hashes)
}

/// The protected paths that differ between the tag's baseline and this run, missing and new ones too.
pub(super) fn broken(baseline: &Record, now: &Fields) -> Vec<String> {
    let then = of(baseline.fields());
    let mut paths: Vec<String> = then.keys().chain(now.keys()).cloned().collect();
    paths.sort();
    paths.dedup();
    paths.retain(|path| then.get(path) != now.get(path));
    paths
}

/// The hashes that a record holds.
pub(super) fn of(record: &Fields) -> Fields {
    record.get("protected").and_then(|sealed| sealed.as_object()).cloned().unwrap_or_default()
}
