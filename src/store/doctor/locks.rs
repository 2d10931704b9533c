//! Lock files of Git whose owner was killed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};

use crate::git::left_locks::collect;
use crate::store::doctor::finding::Finding;
use crate::store::doctor::ground::Ground;

/// Nothing holds a lock that long: packing the refs of a huge repository takes seconds.
const STALE: Duration = Duration::from_secs(3600);

/// Refs that nobody but gx writes.
const OWN: [&str; 4] = ["refs/experiments", "refs/gx", "refs/artifacts", "refs/notes"];

pub(super) fn look<'a>(ground: &'a Ground<'a>) -> Result<Vec<Finding<'a>>> {
    let common = ground.repo.common_dir();
    let mut locks = Vec::new();
    collect(&common.join("refs"), &mut locks);
    for name in ["packed-refs.lock", "HEAD.lock", "config.lock", "shallow.lock", "objects/maintenance.lock"] {
        locks.push(common.join(name));
    }
    locks.push(ground.repo.git_dir().join("index.lock"));
    locks.retain(|path| is_stale(path));
    locks.sort();
    locks.dedup();
    Ok(locks.into_iter().map(|path| finding(common, path)).collect())
}

fn finding<'a>(common: &Path, path: PathBuf) -> Finding<'a> {
    let found = format!("{} was left by a process that was killed", path.display());
    let why = "whoever needs the lock waits for it, and then fails";
    let is_own = OWN.iter().any(|folder| path.starts_with(common.join(folder)));
    let finding = Finding::warning(found, why).mend(format!("rm {}", path.display()));
    if !is_own {
        // It may be an editor's commit that is still being written.
        return finding;
    }
    finding.fix(move || {
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        Ok("removed it".to_owned())
    })
}

fn is_stale(path: &Path) -> bool {
    let modified = fs::metadata(path).and_then(|meta| meta.modified());
    let age = modified.ok().and_then(|at| SystemTime::now().duration_since(at).ok());
    age.is_some_and(|age| age > STALE)
}
