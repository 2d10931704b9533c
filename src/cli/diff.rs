//! `gx diff`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::git::diff::Detail;
use crate::report;
use crate::report::row::Row;

/// Show what an experiment changed, or what tells two apart: code, metrics, parameters
#[derive(Debug, Args)]
pub struct Diff {
    /// The experiment
    a: String,
    /// The one to compare it with, instead of its own base
    b: Option<String>,
    /// A line per file instead of the code
    #[arg(long)]
    stat: bool,
    /// No code, only the figures
    #[arg(long, conflicts_with = "stat")]
    metrics: bool,
}

impl Diff {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let answer = self.answer(scene)?;
        if !scene.output.is_json() && !self.metrics {
            let detail = if self.stat { Detail::Stat } else { Detail::Patch };
            scene.lab.repo.show_diff(answer.from, answer.to, detail, scene.output.pager())?;
        }
        scene.output.show(&answer)?;
        Ok(Exit::Done)
    }

    fn answer(&self, scene: &Scene) -> Result<report::diff::Diff> {
        let (store, repo) = (scene.store(), &scene.lab.repo);
        let a = store.resolve(&self.a)?;
        let record = store.record(a.snapshot)?;
        let row = Row::of(&a, &record, false);
        let (from, to, b) = match &self.b {
            None => {
                let idea = scene.runner(&store).idea(&a, &record)?;
                (idea.base, idea.tree, None)
            }
            Some(b) => {
                let b = store.resolve(b)?;
                let other = Row::of(&b, &store.record(b.snapshot)?, false);
                (repo.tree_of(a.snapshot)?, repo.tree_of(b.snapshot)?, Some(other))
            }
        };
        let patch = (scene.output.is_json() && !self.stat && !self.metrics)
            .then(|| repo.diff_text(from, to))
            .transpose()?
            .map(|patch| String::from_utf8_lossy(&patch).into_owned());
        let (metrics, params) = match &b {
            Some(b) => (
                report::diff::compare(&row.metrics, &b.metrics, &row.metric),
                report::diff::compare(&row.params, &b.params, ""),
            ),
            None => Default::default(),
        };
        Ok(report::diff::Diff {
            stat: repo.diffstat(from, to, None)?,
            a: row,
            b,
            from,
            to,
            patch,
            metrics,
            params,
        })
    }
}
