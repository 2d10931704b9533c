//! `gx init`

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::cli::scene::Scene;
use crate::cli::share::{Asking, remote, wire};
use crate::error::Exit;
use crate::model::site::Site;
use crate::report::done::Done;
use crate::run::setup::{Kind, Setup};
use crate::store::share::exchange::Exchange;
use crate::ui::number::count;

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
    /// Call this clone NAME where its experiments are shared (git config gx.site); nothing else is set up
    #[arg(long, value_name = "NAME", conflicts_with_all = ["preset", "tag", "no_commit"])]
    site: Option<Site>,
    /// Take the place of a clone of that name that is gone: its experiments become this one's own
    #[arg(long, requires = "site")]
    adopt: bool,
    /// The remote to adopt from (default: as of `gx pull`)
    #[arg(long, requires = "adopt")]
    remote: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Preset {
    Autoresearch,
}

impl Init {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        if let Some(site) = &self.site {
            return self.name(scene, site);
        }
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

    /// Names this clone, and adopts what the name stands for.
    fn name(&self, scene: &Scene, site: &Site) -> Result<Exit> {
        let store = scene.store();
        if !self.adopt {
            scene.lab.repo.set_setting("gx.site", site.as_str())?;
            let done = format!("this clone is `{site}` where its experiments are shared");
            scene.output.show(&Done { done, ..Done::default() })?;
            return Ok(Exit::Done);
        }
        let name = remote(&store, self.remote.as_deref())?;
        let back = Exchange::open(&store, &name, wire(scene))?.adopt(site, &Asking::new(scene))?;
        let done = match back.len() {
            0 => format!("this clone is `{site}`; everything was here already"),
            number => format!("this clone is `{site}`; {} came back as its own", count(number, "experiment")),
        };
        scene.output.show(&Done { done, next: Some("gx ls".to_owned()), ..Done::default() })?;
        Ok(Exit::Done)
    }
}
