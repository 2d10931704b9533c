//! `gx mirror status`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::mirror::configured::Mirror;
use crate::mirror::standing::Standing;
use crate::report::mirror::MirrorStatus;
use crate::ui::commit_bar::CommitBar;

/// Show what could go up and come down, what is public, what is withheld, and what is wrong
///
/// Nothing is fetched: it is what was seen last, by gx sync-down or by git fetch.
#[derive(Debug, Args)]
pub struct Status {}

impl Status {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let repo = &scene.lab.repo;
        let mirror = Mirror::needed(repo)?;
        let mut bar = CommitBar::default();
        let standing = Standing::of(repo, &mirror, &mut |done, total| bar.show(done, total))?;
        // The bar goes before the answer comes.
        drop(bar);
        scene.output.show(&MirrorStatus::of(&mirror, standing))?;
        Ok(Exit::Done)
    }
}
