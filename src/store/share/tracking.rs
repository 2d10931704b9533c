//! What a remote had when it was last looked at: refs of its own kind below `refs/gx/remotes/<remote>/`.
//!
//! Nothing is configured for it, so that neither a plain `git fetch` nor its pruning knows of these refs.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::git::repo::Repo;
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::site::Site;
use crate::store::experiments::RECORDS;
use crate::store::logs::LOGS;

/// What is fetched or pushed beside snapshots and records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    /// The logs.
    pub logs: bool,
    /// The declared results of isolated runs.
    pub artifacts: bool,
}

/// The tracking refs of one remote.
#[derive(Clone, Debug)]
pub struct Tracking {
    root: String,
}

impl Tracking {
    /// Those of this remote.
    pub fn of(remote: &str) -> Self {
        Self { root: format!("refs/gx/remotes/{remote}/") }
    }

    /// Where a ref of the remote is tracked; nothing for one that gx does not share.
    pub fn name(&self, remote_name: &str) -> Option<String> {
        let kinds = [("refs/experiments/", "experiments/"), ("refs/artifacts/", "artifacts/")];
        let more = [("refs/notes/", "notes/"), ("refs/gx/sites/", "sites/")];
        kinds.into_iter().chain(more).find_map(|(theirs, ours)| {
            Some(format!("{}{ours}{}", self.root, remote_name.strip_prefix(theirs)?))
        })
    }

    /// The prefix of the tracked experiments.
    pub fn experiments(&self) -> String {
        format!("{}experiments/", self.root)
    }

    /// The prefix of the tracked artifacts.
    pub fn artifacts(&self) -> String {
        format!("{}artifacts/", self.root)
    }

    /// Where the notes `name` of the remote are tracked.
    pub fn notes(&self, name: &str) -> String {
        format!("{}{}", self.root, name.trim_start_matches("refs/"))
    }

    /// The prefix of the tracked claims.
    pub fn sites(&self) -> String {
        format!("{}sites/", self.root)
    }

    /// Where the claim of a site is tracked.
    pub fn claim(&self, site: &Site) -> String {
        format!("{}{site}", self.sites())
    }

    /// What is fetched. All are patterns, since git fails over a plain name that the other side lacks.
    pub fn refspecs(&self, extras: Extras) -> Vec<String> {
        let spec = |theirs: &str, ours: &str| format!("+{theirs}*:{}{ours}*", self.root);
        let mut specs = vec![
            spec("refs/experiments/", "experiments/"),
            spec(RECORDS, "notes/experiments"),
            spec("refs/gx/sites/", "sites/"),
        ];
        if extras.logs {
            specs.push(spec(LOGS, "notes/experiment-logs"));
        }
        if extras.artifacts {
            specs.push(spec("refs/artifacts/", "artifacts/"));
        }
        specs
    }

    /// The experiments that the remote had, by their names there.
    ///
    /// # Errors
    /// The refs cannot be read.
    pub fn list(&self, repo: &Repo) -> Result<Tracked> {
        below(repo, &self.experiments())
    }

    /// The artifacts that the remote had, by the names of their experiments there.
    ///
    /// # Errors
    /// The refs cannot be read.
    pub fn list_artifacts(&self, repo: &Repo) -> Result<Tracked> {
        below(repo, &self.artifacts())
    }
}

/// What a remote had, by name; every name has a site.
pub type Tracked = BTreeMap<ExperimentId, ObjectId>;

fn below(repo: &Repo, prefix: &str) -> Result<Tracked> {
    let named = |name: &str| name.strip_prefix(prefix)?.parse::<ExperimentId>().ok();
    // What somebody pushed there by hand without a site belongs to nobody.
    let shared = |name: &str| named(name).filter(|id| id.site().is_some());
    let refs = repo.refs(prefix)?;
    Ok(refs.into_iter().filter_map(|found| Some((shared(&found.name)?, found.target))).collect())
}
