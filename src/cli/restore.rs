//! `gx restore`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::report::done::Done;

/// Bring an experiment's change back into the work tree, or its files elsewhere
#[derive(Debug, Args)]
pub struct Restore {
    /// The experiment
    id: String,
    /// Write all its files into this new folder instead
    #[arg(long, value_name = "DIR", conflicts_with = "branch")]
    into: Option<PathBuf>,
    /// Make a branch at its snapshot instead
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
}

impl Restore {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let store = scene.store();
        let stored = store.resolve(&self.id)?;
        let runner = scene.runner(&store);
        let mut answer = Done { id: Some(stored.id.clone()), ..Done::default() };
        if let Some(folder) = &self.into {
            runner.restore_into(&stored, &scene.dir.join(folder))?;
            answer.done = format!("is in {}", folder.display());
        } else if let Some(branch) = &self.branch {
            runner.restore_branch(&stored, branch)?;
            answer.done = format!("is branch {branch}");
            answer.next = Some(format!("git switch {branch}"));
        } else {
            answer.paths = runner.restore(&stored)?;
            answer.done = match answer.paths.len() {
                0 => "is in the work tree already".to_owned(),
                _ => "is back in the work tree, uncommitted".to_owned(),
            };
            answer.next = Some("edit it, then gx run --hypothesis \"…\"".to_owned());
        }
        scene.output.show(&answer)?;
        Ok(Exit::Done)
    }
}
