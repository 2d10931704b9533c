//! `gx guard allow`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::mirror::policy::write::{Exception, allow};
use crate::report::done::Done;

/// Let one finding pass from now on, with the reason for it
///
/// Written into `.gx/policy.toml`, where it counts once it is on the private branch; in a repository without a private
/// remote into `.git/gx/policy.toml`.
#[derive(Debug, Args)]
pub struct Allow {
    /// The fingerprint that the finding is shown with
    fingerprint: String,
    /// Why it may leave
    #[arg(long)]
    reason: String,
    /// The last day on which it may
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<String>,
}

impl Allow {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let repo = &scene.lab.repo;
        let exception =
            Exception { fingerprint: &self.fingerprint, reason: &self.reason, until: self.until.as_deref() };
        let written = allow(repo, &exception)?;
        let done = match written.is_new {
            true => format!("allowed in {}", written.path.display()),
            false => format!("allowed already in {}", written.path.display()),
        };
        let next = written.private_remote.filter(|_| written.is_new).map(|(remote, branch)| {
            format!(
                "git add .gx/policy.toml && git commit -m 'guard: allow' && git push {remote} HEAD:{branch}"
            )
        });
        scene.output.show(&Done { done, next, ..Done::default() })?;
        Ok(Exit::Done)
    }
}
