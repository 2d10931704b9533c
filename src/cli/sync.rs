//! `gx sync`

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::cli::scene::Scene;
use crate::cli::share::Asking;
use crate::cli::sync_down::{ground, tell_trouble};
use crate::error::Exit;
use crate::mirror::down::conflict::GiveUp;
use crate::mirror::down::ground::Push;
use crate::report::sync::SyncEnded;

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
    /// Give it up for now: upstream stays known as it was seen, nothing else is recorded
    Skip,
}

/// Commit what was resolved, move the private branch, and send it to the private repository
#[derive(Debug, Args)]
struct Continue {
    /// Keep the result here
    #[arg(long)]
    no_push: bool,
}

impl Sync {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
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
        let kept = ground.give_up(how)?;
        scene.output.show(&SyncEnded::given_up(done, kept))?;
        Ok(Exit::Done)
    }
}
