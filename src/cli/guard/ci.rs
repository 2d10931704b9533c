//! `gx guard ci`

use std::env;

use anyhow::Result;
use clap::Args;

use crate::cli::guard::shown::Shown;
use crate::cli::scene::Scene;
use crate::error::{Exit, fault, misuse};
use crate::mirror::guard::scan::{Range, range};
use crate::report::guard::Guard;
use crate::report::sarif::annotations;

/// Check the commits of a checkout against their base, for continuous integration
///
/// In GitHub Actions the findings are shown beside the lines they are about. The history must be there whole:
/// `fetch-depth: 0`.
#[derive(Debug, Args)]
pub struct Ci {
    /// What is public already (default: the base of the pull request, else nothing)
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// What would become public
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    head: String,
    #[command(flatten)]
    shown: Shown,
}

impl Ci {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let repo = &scene.lab.repo;
        let Some(head) = repo.revision(&self.head) else {
            return Err(misuse(format!("`{}` names nothing here", self.head)).into());
        };
        let base = match &self.base {
            Some(base) => Some(repo.revision(base).ok_or_else(|| {
                fault(format!("the base `{base}` is not here"))
                    .hint("fetch it, and the whole history: `git fetch --unshallow origin`")
                    .exit(Exit::Unchecked)
            })?),
            None => usual_base().and_then(|base| repo.revision(&base)),
        };
        let branch = named("GITHUB_HEAD_REF").or_else(|| named("GITHUB_REF_NAME"));
        let target = branch
            .map(|branch| format!("refs/heads/{branch}"))
            .or_else(|| repo.head().ok()?.branch)
            .unwrap_or_else(|| "refs/heads/HEAD".to_owned());
        let answer = Guard::of(&[range(repo, &Range { source: &self.head, head, target: &target, base })?]);
        if named("GITHUB_ACTIONS").as_deref() == Some("true") && !scene.output.is_json() {
            scene.output.raw(annotations(&answer).as_bytes())?;
        }
        self.shown.show(scene, &answer)
    }
}

/// The branch that a pull request is for.
fn usual_base() -> Option<String> {
    named("GITHUB_BASE_REF").map(|branch| format!("refs/remotes/origin/{branch}"))
}

fn named(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}
