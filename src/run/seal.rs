//! Protected paths: hashed into every record, so that a changed evaluator cannot pass for progress.

use std::fs;

use anyhow::{Context, Result};

use crate::config::globs::Globs;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;
use crate::model::record::{Fields, Record};

/// The hashes of the protected paths: of every file of the snapshot that a pattern names, and of a path of the
/// work tree that Git ignores.
pub(super) fn hashes(repo: &Repo, tree: ObjectId, patterns: &[String]) -> Result<Fields> {
    let mut hashes = Fields::new();
    if patterns.is_empty() {
        return Ok(hashes);
    }
    let globs = Globs::new(patterns)?;
    for (path, entry) in repo.files(tree)? {
        if globs.matches(path.as_bytes()) {
            hashes.insert(path.to_string(), entry.id.to_string().into());
        }
    }
    for pattern in patterns.iter().filter(|pattern| repo.is_ignored(pattern)) {
        let place = repo.work_dir().join(pattern);
        if !hashes.contains_key(pattern) && place.is_file() {
            let content = fs::read(place).with_context(|| format!("cannot read {pattern}"))?;
            hashes.insert(pattern.clone(), repo.hash_blob(&content)?.to_string().into());
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
