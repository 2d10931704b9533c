//! `gx sync`

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::cli::scene::Scene;
use crate::cli::share::{Asking, wire};
use crate::cli::sync_down::{ground, tell_trouble};
use crate::cli::sync_up::show;
use crate::error::Exit;
use crate::mirror::down::conflict::GiveUp;
use crate::mirror::down::ground::Push;
use crate::mirror::pause::record::{UP, is_there};
use crate::mirror::up::ground::Ground;
use crate::mirror::up::stop::{self, How};
use crate::report::sync::SyncEnded;
use crate::report::sync_up::Planned;
use crate::ui::commit_bar::CommitBar;

/// Go on with a sync that waits for conflicts to be resolved, or give it up
#[derive(Debug, Args)]
pub struct Sync {
    #[command(subcommand)]
    deed: Deed,
}

#[derive(Debug, Subcommand)]
enum Deed {
    Continue(Continue),
    /// Give it up: every ref is as it was before
    Abort,
    /// Go on without it: a plan leaves out the change that conflicts, the private branch stays until the next gx sync-down
    Skip,
}

/// Go on with what was resolved: down, the private branch moves and is sent; up, the plan is made
#[derive(Debug, Args)]
struct Continue {
    /// Keep the private branch here
    #[arg(long)]
    no_push: bool,
}

impl Sync {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let Some(outside) = scene.outside()? else { return self.end(scene) };
        let exit = self.end(&outside)?;
        if !scene.lab.repo.work_dir().exists() {
            outside.tell_way_out();
        }
        Ok(exit)
    }

    fn end(&self, scene: &Scene) -> Result<Exit> {
        if is_there(&scene.lab.repo, UP) {
            return self.up(scene);
        }
        let asking = Asking::new(scene);
        let mut ground = ground(scene, &asking)?;
        let (how, done) = match &self.deed {
            Deed::Continue(how) => {
                let ended = ground.go_on(if how.no_push { Push::Stay } else { Push::Send })?;
                let answer = SyncEnded::joined(&ground.mirror, &ended);
                drop(ground);
                scene.output.show(&answer)?;
                return Ok(tell_trouble(scene, &ended.sent));
            }
            Deed::Abort => (GiveUp::Abort, "given up: every ref is as it was before the sync"),
            Deed::Skip => (GiveUp::Skip, "skipped: the private branch stays as it is until the next sync"),
        };
        let left = ground.give_up(how)?;
        scene.output.show(&SyncEnded::given_up(done, &left, "gx sync-down"))?;
        Ok(Exit::Done)
    }

    /// As [`Self::end`], where it is a plan that waits.
    fn up(&self, scene: &Scene) -> Result<Exit> {
        let repo = &scene.lab.repo;
        let how = match &self.deed {
            Deed::Continue(_) => How::Resolved,
            Deed::Skip => How::Without,
            Deed::Abort => {
                let done = "given up: every ref is as it was before the plan";
                scene.output.show(&SyncEnded::given_up(done, &stop::give_up(repo)?, "gx sync-up"))?;
                return Ok(Exit::Done);
            }
        };
        let mut wire = wire(scene);
        let ground = Ground::look(repo, &mut wire)?;
        let mut bar = CommitBar::default();
        let (came, left) = stop::go_on(&ground, how, &mut wire, &mut |done, total| bar.show(done, total))?;
        drop((bar, wire));
        show(scene, &Planned::came(&came, false).after(&left), &came)
    }
}
