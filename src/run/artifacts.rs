//! What a run in a checkout of its own leaves behind: declared results, kept under a ref before the checkout goes.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use serde_json::json;

use crate::clock::Timestamp;
use crate::config::globs::Globs;
use crate::git::object::NewCommit;
use crate::git::refs::Swap;
use crate::model::id::ExperimentId;
use crate::model::path::RepoPath;
use crate::model::record::Fields;
use crate::run::runner::Runner;
use crate::store::pending::Pending;

impl Runner<'_> {
    /// Keeps the declared results that lie in `top`, and says what the record keeps of them; what could not be kept
    /// must not cost the verdict.
    pub(super) fn keep_artifacts(&self, pending: &Pending, id: &ExperimentId, top: &Path) -> Fields {
        self.kept_artifacts(pending, id, top).unwrap_or_else(|error| {
            Fields::from_iter([("artifacts_missing".to_owned(), json!(format!("{error:#}")))])
        })
    }

    fn kept_artifacts(&self, pending: &Pending, id: &ExperimentId, top: &Path) -> Result<Fields> {
        let mut told = Fields::new();
        let Some(task) = pending.task.as_ref().filter(|task| task.isolated) else { return Ok(told) };
        if task.keep_worktree {
            told.insert("worktree".into(), json!(top));
        }
        let globs = Globs::new(&task.artifacts)?;
        if globs.is_empty() {
            return Ok(told);
        }
        let files: Vec<RepoPath> =
            files_below(top)?.into_iter().filter(|path| globs.matches(path.as_bytes())).collect();
        if files.is_empty() {
            return Ok(told);
        }
        let tree = self.repo.write_tree_of_files(top, &files)?;
        let message = format!("Artifacts of {id}\n\nGx-Experiment: {id}\n");
        let new = NewCommit { tree, parents: &[pending.snapshot], message: &message, at: Timestamp::now() };
        let commit = self.repo.write_commit(&new)?;
        self.repo.sync_objects(&[commit])?;
        let name = format!("refs/artifacts/{id}");
        let old = self.repo.read_ref(&name)?;
        if self.repo.swap_ref(&name, commit, old, "gx: keep artifacts")? == Swap::Lost {
            return Err(anyhow!("somebody else writes {name}"));
        }
        self.repo.sync_ref(&name)?;
        told.insert("artifacts".into(), json!({"ref": name, "commit": commit, "files": files}));
        Ok(told)
    }
}

/// All files below a folder, but for those of Git and behind symbolic links.
fn files_below(top: &Path) -> Result<Vec<RepoPath>> {
    let (mut folders, mut files) = (vec![top.to_path_buf()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            // A file of that name leads to a repository too.
            if entry.file_name() == ".git" {
                continue;
            }
            if kind.is_dir() {
                folders.push(path);
            } else if (kind.is_file() || kind.is_symlink())
                && let Ok(inside) = path.strip_prefix(top).map(|inside| inside.as_os_str().as_bytes())
            {
                files.push(RepoPath::new(inside));
            }
        }
    }
    files.sort();
    Ok(files)
}
