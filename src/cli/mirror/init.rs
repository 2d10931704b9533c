//! `gx mirror init`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::mirror::hook::install::this_program;
use crate::mirror::policy::file::PATH;
use crate::mirror::setup::apply::Commit;
use crate::mirror::setup::plan::{Plan, Setup};
use crate::report::mirror::MirrorInit;

/// Set this clone up between a private repository and its public mirror
///
/// A plain push goes to the private repository from then on, and none to the public one: publish with gx sync-up.
/// Running it again changes what is not so yet.
#[derive(Debug, Args)]
pub struct Init {
    /// The public repository
    #[arg(long, value_name = "URL")]
    public: String,
    /// The private repository
    #[arg(long, value_name = "URL")]
    private: String,
    /// Your fork of the public repository, where you may not write to that itself
    #[arg(long, value_name = "URL")]
    fork: Option<String>,
    /// The public branch (default: what the policy says, else the branch that HEAD is on there)
    #[arg(long, value_name = "BRANCH")]
    public_branch: Option<String>,
    /// The private branch (default: what the policy says, else the name of the public one)
    #[arg(long, value_name = "BRANCH")]
    private_branch: Option<String>,
    /// Leave the policy file uncommitted
    #[arg(long)]
    no_commit: bool,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

impl Init {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let repo = &scene.lab.repo;
        repo.check_work_tree()?;
        let setup = Setup {
            public: self.public.clone(),
            private: self.private.clone(),
            fork: self.fork.clone(),
            public_branch: self.public_branch.clone(),
            private_branch: self.private_branch.clone(),
        };
        let mut plan = setup.plan(repo)?;
        let commit = if self.no_commit { Commit::Leave } else { Commit::Make };
        let made = if self.dry_run { None } else { plan.apply(repo, &this_program()?, commit)? };
        if !self.dry_run {
            let learned = plan.learn(repo);
            plan.warnings.extend(learned);
        }
        let mut answer = MirrorInit::of(&plan, (&self.public, &self.private), self.dry_run, made);
        answer.next = self.next(scene, &plan)?;
        scene.output.show(&answer)?;
        Ok(Exit::Done)
    }

    fn next(&self, scene: &Scene, plan: &Plan) -> Result<Vec<String>> {
        if self.dry_run {
            return Ok(Vec::new());
        }
        let (repo, branch) = (&scene.lab.repo, &plan.private_branch);
        let mut next = Vec::new();
        // A branch that is not there cannot be switched to, and the sync makes it.
        if repo.read_ref(&format!("refs/heads/{branch}"))?.is_none() {
            next.push("gx sync-down".to_owned());
        }
        let is_uncommitted = repo.edited()?.iter().any(|path| path.to_string() == PATH);
        if is_uncommitted {
            let switch = if plan.is_on_private_branch(repo) {
                String::new()
            } else {
                format!("git switch {branch} && ")
            };
            next.push(format!("{switch}git add {PATH} && git commit -m \"Say what is private\" -- {PATH}"));
        }
        if next.last().is_none_or(|last| last != "gx sync-down") {
            next.push("gx sync-down".to_owned());
        }
        Ok(next)
    }
}
