//! Files and folders on the disk, whether Git knows of them or not.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result};

use crate::error::misuse;
use crate::git::repo::Repo;
use crate::mirror::guard::check::scanner;
use crate::mirror::guard::exceptions;
use crate::mirror::guard::finding::{Finding, Spot};
use crate::mirror::guard::rule::{Blob, Lens, Look};
use crate::mirror::guard::rules::g011_never_path;
use crate::mirror::guard::rules::list::RULES;
use crate::mirror::policy::terms::Policy;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

/// So many files are shared out at once.
const CHUNK: usize = 1024;

/// Looks into files, and into all files of folders but Git's own; how many there were, and what was found.
///
/// # Errors
/// One of them is not there or cannot be read.
pub fn files(repo: &Repo, paths: &[PathBuf]) -> Result<(usize, Vec<Finding>)> {
    let policy = Policy::of(repo, &[])?;
    let files = listed(paths)?;
    let scanner = scanner(repo)?;
    let lens = Lens { policy: &policy, is_public: true, scanner: &scanner };
    let mut found = Vec::new();
    let workers = thread::available_parallelism().map_or(1, usize::from);
    for chunk in files.chunks(CHUNK) {
        let share = chunk.len().div_ceil(workers);
        let told: Vec<Result<Vec<Finding>>> = thread::scope(|scope| {
            let top = repo.work_dir();
            let some = chunk.chunks(share).map(|files| {
                let lens = &lens;
                scope.spawn(move || {
                    files.iter().try_fold(Vec::new(), |mut found, file| {
                        found.extend(look(lens, top, file)?);
                        Ok(found)
                    })
                })
            });
            let running: Vec<_> = some.collect();
            running
                .into_iter()
                .map(|worker| worker.join().unwrap_or_else(|_| Err(anyhow::anyhow!("a rule broke off"))))
                .collect()
        });
        for one in told {
            found.extend(one?);
        }
    }
    let (found, _) = exceptions::split(found, &policy);
    Ok((files.len(), found))
}

/// Every file, folders gone through; links are not followed.
fn listed(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let (mut waiting, mut files) = (paths.to_vec(), Vec::new());
    waiting.reverse();
    while let Some(path) = waiting.pop() {
        let meta = fs::symlink_metadata(&path)
            .map_err(|error| misuse(format!("cannot read {}: {error}", path.display())))?;
        if meta.is_dir() {
            let entries = fs::read_dir(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let mut below = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
            below.retain(|path| path.file_name().is_some_and(|name| name != ".git"));
            below.sort_by(|a, b| b.cmp(a));
            waiting.extend(below);
        } else if meta.is_file() {
            files.push(path);
        }
    }
    Ok(files)
}

fn look(lens: &Lens<'_>, top: &Path, file: &Path) -> Result<Vec<Finding>> {
    let failed = || format!("cannot read {}", file.display());
    let shown = file.strip_prefix(top).unwrap_or(file);
    let path = RepoPath::new(shown.as_os_str().as_bytes());
    let size = fs::metadata(file).with_context(failed)?.len();
    let content =
        if size <= lens.policy.max_blob { fs::read(file).with_context(failed)? } else { Vec::new() };
    let nobody = ObjectId::from_bytes(&[0; 20])?;
    let blob = Blob { id: nobody, path: &path, commit: nobody, target: "", size, content: &content };
    let mut found = Vec::new();
    if lens.policy.is_never(path.as_bytes()) {
        let spot = Spot { path: Some(path.clone()), ..Spot::default() };
        found.push(Finding::blocked(
            g011_never_path::RULE.id,
            "a file that may lie nowhere",
            spot,
            path.as_bytes(),
        ));
    }
    for rule in RULES {
        if let Look::Blob(look) = rule.look {
            found.extend(look(lens, &blob));
        }
    }
    for finding in &mut found {
        // No commit has it, and no ref brings it anywhere.
        (finding.spot.commit, finding.spot.object, finding.spot.target) = (None, None, None);
        finding.remedies.retain(|remedy| !remedy.starts_with("git "));
    }
    Ok(found)
}
