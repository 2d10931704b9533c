//! `gx push`, `gx pull` and `gx remote`: what went where.

use serde::Serialize;

use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::site::Site;
use crate::model::upload::shown;
use crate::store::experiments::Stored;
use crate::store::share::exchange::{HEAVY, Rejected as NotTaken};
use crate::store::share::plan::{Conflict as Clash, Plan};
use crate::store::share::pull::Pulled;
use crate::store::share::push::Pushed;
use crate::store::share::standing::Standing;

/// Two experiments of one name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conflict {
    /// The name.
    pub id: ExperimentId,
    /// The snapshot here.
    pub here: ObjectId,
    /// The snapshot on the remote.
    pub there: ObjectId,
}

/// A ref that the remote did not take.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rejected {
    /// Its name on the remote.
    pub name: String,
    /// Why.
    pub why: String,
}

/// The answer of `gx push`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Push {
    /// The remote.
    pub remote: String,
    /// The name of this clone there.
    pub site: Site,
    /// Whether it is only a plan.
    pub dry_run: bool,
    /// The experiments that it got.
    pub experiments: Vec<ExperimentId>,
    /// How many records it got or got lines of.
    pub records: usize,
    /// How many logs.
    pub logs: usize,
    /// How many artifacts.
    pub artifacts: usize,
    /// Only of a plan: how many commits go along that are on no branch of the remote.
    pub history: Option<usize>,
    /// Those that have not ended and stay.
    pub unfinished: Vec<ExperimentId>,
    /// Names that stand for another experiment there.
    pub conflicts: Vec<Conflict>,
    /// What the remote did not take.
    pub rejected: Vec<Rejected>,
    /// How many records a newer gx has written to, which stay as they are there.
    pub newer_records: usize,
    /// How many experiments the remote has now.
    pub there: usize,
    /// What to do next.
    pub next: Option<String>,
}

/// The answer of `gx pull`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pull {
    /// The remote.
    pub remote: String,
    /// Whether it is only a plan.
    pub dry_run: bool,
    /// The experiments that came.
    pub experiments: Vec<ExperimentId>,
    /// Those that their owner removed and that are in the trash now.
    pub removed: Vec<ExperimentId>,
    /// Those that their owner brought back.
    pub returned: Vec<ExperimentId>,
    /// How many records got lines.
    pub records: usize,
    /// How many logs came.
    pub logs: usize,
    /// How many artifacts came.
    pub artifacts: usize,
    /// Names that stand for another experiment here.
    pub conflicts: Vec<Conflict>,
    /// How many experiments of this clone's own name are there and not here.
    pub missing: usize,
    /// How many experiments the remote has.
    pub there: usize,
    /// What to do next.
    pub next: Option<String>,
}

/// A line of `gx remote`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Remote {
    /// Its name.
    pub remote: String,
    /// Where it is fetched from.
    pub url: String,
    /// Where a push goes.
    pub push_urls: Vec<String>,
    /// Whether all of those were declared private.
    pub is_private: bool,
    /// This clone's name, where it has one.
    pub site: Option<Site>,
    /// When it was last fetched from.
    pub pulled: Option<String>,
    /// When it was last pushed to.
    pub pushed: Option<String>,
    /// How many experiments it has, as far as is known.
    pub there: usize,
    /// How many are only here.
    pub ahead: usize,
    /// How many are only there.
    pub behind: usize,
    /// How many records it lacks lines of.
    pub records_ahead: usize,
    /// How many records lack lines here.
    pub records_behind: usize,
}

/// The answer of `gx remote`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Remotes {
    /// By name.
    pub remotes: Vec<Remote>,
}

impl Push {
    /// What would be sent.
    pub fn planned(remote: &str, plan: &Plan, history: usize) -> Self {
        let next = (!plan.is_empty()).then(|| format!("gx push {remote}"));
        let base = Self::of_plan(remote, plan, &plan.new);
        let artifacts = plan.artifacts.len();
        Self {
            dry_run: true,
            records: plan.records(),
            logs: plan.logs(),
            artifacts,
            history: Some(history),
            next,
            ..base
        }
    }

    /// What was sent.
    pub fn done(remote: &str, pushed: &Pushed) -> Self {
        let base = Self::of_plan(remote, &pushed.plan, &pushed.through);
        let there = base.there + pushed.plan.new.len() - pushed.rejected.len().min(pushed.plan.new.len());
        let rejected = rejected(&pushed.rejected);
        let next = (there >= HEAVY).then(|| heavy(remote, there));
        let (records, logs, artifacts) = (pushed.records, pushed.logs, pushed.artifacts);
        Self { records, logs, artifacts, rejected, there, next, ..base }
    }

    fn of_plan(remote: &str, plan: &Plan, experiments: &[Stored]) -> Self {
        Self {
            remote: remote.to_owned(),
            site: plan.here.site.clone(),
            dry_run: false,
            experiments: ids(experiments),
            records: 0,
            logs: 0,
            artifacts: 0,
            history: None,
            unfinished: plan.unfinished.clone(),
            conflicts: conflicts(&plan.conflicts),
            rejected: Vec::new(),
            newer_records: plan.newer(),
            there: plan.there,
            next: None,
        }
    }

    /// Whether something that was to be sent could not be.
    pub fn is_incomplete(&self) -> bool {
        !self.conflicts.is_empty() || !self.rejected.is_empty()
    }
}

impl Pull {
    /// What came, or would come.
    pub fn of(remote: &str, pulled: &Pulled, dry_run: bool) -> Self {
        let adopt = || format!("gx init --site {} --adopt", pulled.site.as_ref()?).into();
        let missing = (pulled.missing > 0).then(adopt).flatten();
        let planned = (dry_run && !pulled.new.is_empty()).then(|| format!("gx pull {remote}"));
        let too_many = (pulled.there >= HEAVY).then(|| heavy(remote, pulled.there));
        Self {
            remote: remote.to_owned(),
            dry_run,
            experiments: ids(&pulled.new),
            removed: pulled.removed.clone(),
            returned: pulled.returned.clone(),
            records: pulled.records,
            logs: pulled.logs,
            artifacts: pulled.artifacts,
            conflicts: conflicts(&pulled.conflicts),
            missing: pulled.missing,
            there: pulled.there,
            next: missing.or(planned).or(too_many),
        }
    }
}

impl Remote {
    /// How a remote stands.
    pub fn of(remote: &str, standing: Standing) -> Self {
        Self {
            remote: remote.to_owned(),
            url: shown(&standing.url),
            push_urls: standing.push_urls.iter().map(|url| shown(url)).collect(),
            is_private: standing.is_private,
            site: standing.site,
            pulled: standing.pulled,
            pushed: standing.pushed,
            there: standing.there,
            ahead: standing.ahead,
            behind: standing.behind,
            records_ahead: standing.records_ahead,
            records_behind: standing.records_behind,
        }
    }
}

fn heavy(remote: &str, there: usize) -> String {
    format!("gx archive   (`{remote}` has {there} experiments: everybody's `git push` lists them all)")
}

fn ids(experiments: &[Stored]) -> Vec<ExperimentId> {
    experiments.iter().map(|stored| stored.id.clone()).collect()
}

fn conflicts(clashes: &[Clash]) -> Vec<Conflict> {
    let each = clashes.iter();
    each.map(|clash| Conflict { id: clash.id.clone(), here: clash.here, there: clash.there }).collect()
}

fn rejected(refs: &[NotTaken]) -> Vec<Rejected> {
    refs.iter().map(|one| Rejected { name: one.name.clone(), why: one.why.clone() }).collect()
}
