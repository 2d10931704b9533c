//! How a command is to be run, as it stands in the file of the pending run.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;

use crate::config::globs::Globs;
use crate::model::record::Fields;
use crate::model::status::Status;
use crate::run::runner::{Given, Job, Place, Request, Runner};
use crate::store::pending::Task;

/// What an experiment begins with.
#[derive(Clone, Copy)]
pub(super) struct Start<'a> {
    /// What is tried.
    pub(super) request: &'a Request,
    /// How it is run; `None` where the agent does it.
    pub(super) job: Option<&'a Job>,
    /// The snapshot, where it was taken already.
    pub(super) given: Option<&'a Given>,
    /// Which of several repeats it is.
    pub(super) seed: Option<u32>,
}

impl Start<'_> {
    /// Adds to the beginning of a record how the command is run.
    pub(super) fn tell(&self, command: &[String], begin: &mut Fields) {
        let Some(job) = self.job else { return };
        begin.insert("command".into(), json!(command));
        begin.insert("timeout_seconds".into(), json!(job.limit.map(|limit| limit.as_secs_f64())));
        if let Some(seed) = self.seed {
            begin.insert("seed".into(), json!(seed));
        }
        if matches!(job.place, Place::Apart { .. }) {
            begin.insert("isolated".into(), json!(true));
            if job.gpus > 0 {
                begin.insert("status".into(), json!(Status::Queued));
                let now = begin.shift_remove("started");
                begin.insert("queued".into(), json!(now));
            }
        }
    }
}

impl Runner<'_> {
    pub(super) fn task(&self, start: Start<'_>, job: &Job, command: Vec<String>) -> Result<Task> {
        let mut task = Task {
            command,
            params: start.request.params.clone(),
            folder: job.dir.clone(),
            limit: job.limit,
            gpus: job.gpus,
            seed: start.seed,
            isolated: false,
            artifacts: Vec::new(),
            keep_worktree: false,
            stay: start.request.stay,
        };
        if let Place::Apart { artifacts, keep_worktree, .. } = &job.place {
            task.isolated = true;
            task.artifacts = self.config.run.artifacts.iter().chain(artifacts).cloned().collect();
            Globs::new(&task.artifacts)?;
            task.keep_worktree = *keep_worktree;
            task.folder = within(self.repo.work_dir(), &job.dir)?;
        }
        Ok(task)
    }
}

/// The part of a folder below the top of its work tree.
fn within(top: &Path, folder: &Path) -> Result<PathBuf> {
    let real = |path: &Path| path.canonicalize().with_context(|| format!("cannot find {}", path.display()));
    Ok(real(folder)?.strip_prefix(real(top)?).map(Path::to_path_buf).unwrap_or_default())
}

/// Puts each parameter in for its `{name}`; other braces stay, since commands carry JSON too.
pub(super) fn substituted(command: &[String], params: &[(String, String)]) -> Vec<String> {
    let put = |word: &String| {
        params.iter().fold(word.clone(), |word, (name, value)| word.replace(&format!("{{{name}}}"), value))
    };
    command.iter().map(put).collect()
}
