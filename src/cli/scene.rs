//! What every command has at hand: the lab, its store, and the way out.

use std::env;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::lab::Lab;
use crate::mirror::pause::record::work_tree;
use crate::model::verdict::{Goal, Policy};
use crate::run::event::Event;
use crate::run::lock::Reach;
use crate::run::runner::Runner;
use crate::run::settle::Settled;
use crate::store::experiments::{Store, Stored};
use crate::ui::output::Output;
use crate::ui::progress::Progress;
use crate::ui::style::Label;
use crate::ui::work::WorkBar;

/// The stage of one command.
pub struct Scene {
    /// The repository and its configuration.
    pub lab: Lab,
    /// Where answers go.
    pub output: Output,
    /// Where the command was called.
    pub dir: PathBuf,
    /// The `--config KEY=VALUE` of the command line, for the supervisors that it starts.
    pub flags: Vec<(String, String)>,
}

impl Scene {
    /// The same outside of the work tree in which a sync waits: whoever ends that sync there would remove the folder that
    /// it works in. Nothing where the command was called anywhere else.
    ///
    /// # Errors
    /// The main work tree cannot be opened.
    pub fn outside(&self) -> Result<Option<Self>> {
        let repo = &self.lab.repo;
        let (here, waits) = (repo.work_dir().canonicalize(), work_tree(repo).canonicalize());
        if !matches!((here, waits), (Ok(here), Ok(waits)) if here == waits) {
            return Ok(None);
        }
        // A bare repository with work trees has no main one.
        let dir = repo.work_dir_of("main").unwrap_or_else(|| repo.common_dir().to_path_buf());
        env::set_current_dir(&dir).with_context(|| format!("cannot work in {}", dir.display()))?;
        let lab = Lab::open(&dir, &self.flags)?;
        Ok(Some(Self { lab, output: self.output, dir, flags: self.flags.clone() }))
    }

    /// Tells whoever is left in a folder that is gone where to go on.
    pub fn tell_way_out(&self) {
        let told = format!("the folder that you are in is gone: cd {}", self.dir.display());
        self.output.note("note", Label::Near, &told);
    }

    /// The experiments.
    pub fn store(&self) -> Store<'_> {
        let bar = WorkBar::default();
        Store::new(&self.lab.repo)
            .indexed(self.lab.settings.config.store.index)
            .listened_to(Box::new(move |work, done, total| bar.show(work, done, total)))
    }

    /// The one who runs experiments.
    pub fn runner<'a>(&'a self, store: &'a Store<'a>) -> Runner<'a> {
        Runner {
            repo: &self.lab.repo,
            store,
            config: &self.lab.settings.config,
            settings: &self.lab.settings,
        }
    }

    /// Which way the metric gets better.
    pub fn goal(&self) -> Goal {
        self.lab.settings.config.metric.goal
    }

    /// What verdicts rest on.
    pub fn policy(&self) -> Policy {
        let policy = &self.lab.settings.config.policy;
        Policy { goal: self.goal(), min_delta: policy.min_delta, near_miss: policy.near_miss }
    }

    /// The experiment that an argument means.
    pub fn resolve(&self, text: &str) -> Result<Stored> {
        self.store().resolve(text)
    }

    /// Finishes the records of runs that were cut short; a repository that cannot be written is read as it is.
    pub fn settle(&self) {
        let store = self.store();
        match self.runner(&store).settle(Reach::Records) {
            Ok(settled) => {
                let mut progress = Progress::new(self.output);
                for Settled { id, status, tree } in settled {
                    progress.hear(Event::Settled { id, status, tree: Box::new(tree) });
                }
            }
            Err(error) if is_read_only(&error) => {}
            Err(error) => {
                self.output.note(
                    "warning",
                    Label::Near,
                    &format!("cannot bring the records up to date: {error:#}"),
                );
            }
        }
    }
}

/// Whether a repository simply may not be written by this user: then it is read as it is.
fn is_read_only(error: &anyhow::Error) -> bool {
    let kinds = [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem];
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| kinds.contains(&cause.kind()))
}
