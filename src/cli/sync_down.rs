//! `gx sync-down`

use std::any::Any;

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::cli::share::{Asking, wire};
use crate::error::Exit;
use crate::git::repo::Repo;
use crate::mirror::configured::Mirror;
use crate::mirror::down::carry::Outcome;
use crate::mirror::down::conflict::check_none_waits;
use crate::mirror::down::ground::{Ground, How, Push, Rewrite, Wish};
use crate::mirror::down::send::Sent;
use crate::report::sync::{self, SyncDown as Answer};
use crate::run::lock::{Patience, WorkTreeLock};

/// Bring what the public repository has into the private branch, and send that to the private repository
///
/// Ends with 1 where somebody has to resolve conflicts: in a work tree made for that, then gx sync continue.
#[derive(Debug, Args)]
pub struct SyncDown {
    /// Join by a commit of two parents, whatever the policy says
    #[arg(long, conflicts_with = "rebase")]
    merge: bool,
    /// Make the private commits again on top, while nobody else has them
    #[arg(long)]
    rebase: bool,
    /// Take upstream as it is now though it no longer has what it had
    #[arg(long)]
    accept_rewrite: bool,
    /// Keep the result here
    #[arg(long)]
    no_push: bool,
    /// Look at both repositories, show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

impl SyncDown {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        // A sync that was cut short is ended first, and its work tree goes.
        let outside = scene.outside()?;
        let scene = outside.as_ref().unwrap_or(scene);
        let wish = Wish {
            how: if self.merge { Some(How::Merge) } else { self.rebase.then_some(How::Rebase) },
            push: if self.no_push { Push::Stay } else { Push::Send },
            rewrite: if self.accept_rewrite { Rewrite::Accept } else { Rewrite::Stop },
        };
        let asking = Asking::new(scene);
        let mut ground = ground(scene, &asking)?;
        if self.dry_run {
            check_none_waits(ground.repo)?;
            let plan = ground.rehearse(&wish)?;
            let answer = Answer::planned(&ground.mirror, &plan);
            drop(ground);
            scene.output.show(&answer)?;
            return Ok(Exit::Done);
        }
        let carried = ground.carry(&wish)?;
        let answer = Answer::done(&ground.mirror, &carried);
        // The line on the terminal goes before the answer comes.
        drop(ground);
        scene.output.show(&answer)?;
        let is_stopped = matches!(carried.outcome, Outcome::Stopped { .. });
        Ok(if is_stopped { Exit::Failed } else { tell_trouble(scene, &carried.sent) })
    }
}

/// What a sync of this repository stands on.
///
/// # Errors
/// No mirror is set up.
pub fn ground<'a>(scene: &'a Scene, asking: &'a Asking<'a>) -> Result<Ground<'a>> {
    let repo = &scene.lab.repo;
    Ok(Ground { repo, mirror: Mirror::needed(repo)?, wire: wire(scene), hold: &hold, check: asking })
}

/// Says why the private branch could not go where that is so; the exit code.
pub fn tell_trouble(scene: &Scene, sent: &Sent) -> Exit {
    let Some(told) = sync::trouble(sent) else { return Exit::Done };
    scene.output.error(&told);
    told.exit
}

/// Nobody runs in a work tree whose files change.
fn hold(tree: &Repo) -> Result<Box<dyn Any>> {
    Ok(Box::new(WorkTreeLock::take(tree, Patience::Refuse)?))
}
