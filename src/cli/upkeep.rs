//! `gx upkeep`: what gx does in the background when enough refs and objects have gathered

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::process::detached;
use crate::report::done::Done;

/// Pack refs and objects now, as gx does by itself when enough have gathered
#[derive(Debug, Args)]
pub struct Upkeep {
    /// In a session of its own, after everybody else
    #[arg(long, hide = true)]
    behind: bool,
}

impl Upkeep {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        if self.behind {
            detached::leave();
        }
        let done = scene.store().upkeep(&scene.lab.settings.config.store)?;
        if self.behind {
            return Ok(Exit::Done);
        }
        let done = match done {
            Some(done) => format!(
                "packed in {:.1} s: {} of gx's refs were loose, {} are; about {} objects were, {} are",
                done.seconds, done.refs.0, done.refs.1, done.objects.0, done.objects.1
            ),
            None => "another process is at it".to_owned(),
        };
        scene.output.show(&Done { done, ..Done::default() })?;
        Ok(Exit::Done)
    }
}

/// Starts it in the background where enough has gathered; what keeps it from starting is no trouble of the command.
pub fn start_if_due(scene: &Scene) {
    let store = scene.store();
    if store.is_upkeep_due(&scene.lab.settings.config.store) {
        let _ = detached::start(&["upkeep", "--behind"], scene.lab.repo.work_dir(), &store.upkeep_log());
    }
}
