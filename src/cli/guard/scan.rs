//! `gx guard scan`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::cli::guard::shown::Shown;
use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::mirror::guard::disk::files;
use crate::mirror::guard::scan::{named, ordinary, published};
use crate::report::guard::Guard;

/// Look at everything that could leave now, as if it went to a public place
///
/// Without a revision: all branches and tags. What was looked at here need not be looked at again by the hook.
#[derive(Debug, Args)]
pub struct Scan {
    /// What is already public: what is known of the remotes that nobody has declared private
    #[arg(long, conflicts_with_all = ["files", "revisions"])]
    published: bool,
    /// Files and folders on the disk, for secrets and for names that may lie nowhere
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with = "revisions")]
    files: Vec<PathBuf>,
    /// Only what these name
    revisions: Vec<String>,
    #[command(flatten)]
    shown: Shown,
}

impl Scan {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let repo = &scene.lab.repo;
        let asked = if self.published {
            published(repo, &[])?
        } else if !self.files.is_empty() {
            let paths: Vec<PathBuf> = self.files.iter().map(|path| scene.dir.join(path)).collect();
            return self.shown.show(scene, &Guard::of_files(&files(repo, &paths)?));
        } else if self.revisions.is_empty() {
            ordinary(repo)?
        } else {
            named(repo, &self.revisions)?
        };
        self.shown.show(scene, &Guard::of(&asked))
    }
}
