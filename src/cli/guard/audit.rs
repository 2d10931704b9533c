//! `gx guard audit`

use anyhow::Result;
use clap::Args;

use crate::cli::guard::shown::Shown;
use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::mirror::guard::scan::published;
use crate::mirror::hook::alarm;
use crate::report::guard::{Guard, Verdict};

/// Look into what has reached public places without the guard, as by `git push --no-verify`
///
/// Where nothing is found that may not be there, the alarms are laid aside.
#[derive(Debug, Args)]
pub struct Audit {
    /// Lay the alarms aside whatever is found: somebody has seen them
    #[arg(long)]
    acknowledge: bool,
    #[command(flatten)]
    shown: Shown,
}

impl Audit {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let repo = &scene.lab.repo;
        // Before what they are about is looked at: one that is raised meanwhile is for the next time.
        let alarms = alarm::all(&repo.gx_dir())?;
        let mut answer = Guard::of(&published(repo)?);
        answer.alarms = alarms;
        if self.acknowledge || answer.verdict == Verdict::Passed {
            alarm::lay_aside(&repo.gx_dir(), &answer.alarms)?;
        } else if !answer.alarms.is_empty() {
            answer.next = Some("gx guard audit --acknowledge   (when you have seen to it)".to_owned());
        }
        self.shown.show(scene, &answer)
    }
}
