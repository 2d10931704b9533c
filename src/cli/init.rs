//! `gx init`

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::report::done::Done;
use crate::run::setup::{Kind, Setup};

/// Set up this repository: gx.toml, ignore rules, and a branch for a session
#[derive(Debug, Args)]
pub struct Init {
    /// Write the gx.toml for this layout, whatever files there are
    #[arg(long, value_enum)]
    preset: Option<Preset>,
    /// Begin a session: make branch autoresearch/TAG and switch to it
    #[arg(long)]
    tag: Option<String>,
    /// Leave the written files uncommitted
    #[arg(long)]
    no_commit: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Preset {
    Autoresearch,
}

impl Init {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let kind = self.preset.map(|Preset::Autoresearch| Kind::Autoresearch);
        let setup = Setup { kind, tag: self.tag.clone(), commit: !self.no_commit };
        let made = setup.run(&scene.lab.repo, &scene.lab.settings.config.snapshot)?;
        let mut done = Vec::new();
        match made.commit {
            Some(commit) => done.push(format!("set up, committed as {}", commit.short())),
            None if !made.written.is_empty() => done.push("set up, nothing committed".to_owned()),
            None => {}
        }
        if let Some(branch) = &made.branch {
            done.push(format!("began branch {branch}"));
        }
        if !made.quiet.is_empty() {
            done.push("`git log` leaves out gx's refs (log.excludeDecoration)".to_owned());
        }
        if done.is_empty() {
            done.push("everything is set up already; nothing was changed".to_owned());
        }
        let next = "gx run --hypothesis \"baseline\"   (agents: gx agent-guide)".to_owned();
        let answer = Done { id: None, done: done.join("; "), paths: made.written, next: Some(next) };
        scene.output.show(&answer)?;
        Ok(Exit::Done)
    }
}
