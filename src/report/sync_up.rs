//! What would go up, what has gone up, and who agreed.

use std::path::PathBuf;

use serde::Serialize;

use crate::mirror::guard::finding::Severity;
use crate::mirror::pause::leave::Left;
use crate::mirror::policy::file::Approval;
use crate::mirror::up::offer;
use crate::mirror::up::plan::{Mode, Plan};
use crate::mirror::up::planning;
use crate::mirror::up::publish;
use crate::mirror::up::stop::{self, Came};
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::model::upload::shown;
use crate::report::guard;

/// The answer of `gx sync-up`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Planned {
    /// What `--push` takes; nothing where there is nothing to publish, or it may not be.
    pub digest: Option<String>,
    /// How it was made.
    pub mode: Option<Mode>,
    /// Where it goes.
    pub url: Option<String>,
    /// The branch there.
    pub branch: Option<String>,
    /// What the branch is there now.
    pub from: Option<ObjectId>,
    /// The public tip that it was built on.
    pub public: Option<ObjectId>,
    /// What the branch would be.
    pub tip: Option<ObjectId>,
    /// How many commits would be new.
    pub count: usize,
    /// These, the first of them where there are very many.
    pub commits: Vec<Commit>,
    /// What stays private.
    pub withheld: Vec<Withheld>,
    /// Why it may not be published.
    pub blocked: Vec<String>,
    /// What the guard tells besides.
    pub warnings: Vec<String>,
    /// The title of a pull request.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Where somebody has to decide before there is a plan.
    pub stopped: Option<Stopped>,
    /// Of a change that was skipped: the files of its work tree, as a tree that Git keeps for two weeks.
    pub kept: Option<ObjectId>,
    /// Whether nothing was kept.
    pub dry_run: bool,
    /// How long it took to build it, in seconds.
    pub build_seconds: f64,
    /// How long it took to look at it, in seconds.
    pub look_seconds: f64,
    /// What to do next.
    pub next: Option<String>,
}

/// A commit that would be public.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Commit {
    /// It.
    pub public: ObjectId,
    /// What it was made of.
    pub private: Vec<ObjectId>,
    /// Its whole message.
    pub message: String,
    /// Whose it is.
    pub author: String,
    /// Who made the commit.
    pub committer: String,
    /// What it changes.
    pub files: Vec<String>,
    /// The paths that were left out.
    pub withheld: Vec<String>,
    /// Whether its own words were left out.
    pub is_silent: bool,
}

/// Where somebody has to decide.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stopped {
    /// The change: a commit or an experiment.
    pub change: String,
    /// The paths in conflict.
    pub conflicts: Vec<RepoPath>,
    /// Where they are resolved.
    pub worktree: PathBuf,
}

/// Something that stays private.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Withheld {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

impl Planned {
    /// Of what came of planning.
    pub fn came(came: &Came, dry_run: bool) -> Self {
        match came {
            Came::Planned(planned) => Self::of(planned, dry_run),
            Came::Stopped(stopped) => Self::stopped(stopped),
        }
    }

    /// The same, with what is left of a work tree in which somebody has decided.
    pub fn after(mut self, left: &Left) -> Self {
        self.kept = left.files;
        self.warnings.extend(left.note());
        self
    }

    /// Of a plan that waits for somebody.
    fn stopped(stopped: &stop::Stopped) -> Self {
        let stop::Stopped { change, dir, paths } = stopped.clone();
        Self {
            stopped: Some(Stopped { change, conflicts: paths, worktree: dir }),
            next: Some("gx sync continue   (or gx sync skip, or gx sync abort)".to_owned()),
            ..Self::default()
        }
    }

    /// Of a plan.
    fn of(planned: &planning::Planned, dry_run: bool) -> Self {
        let plan = planned.plan.as_ref();
        let told = |is_meant: fn(Severity) -> bool| {
            let findings = planned.report.findings.iter().filter(move |finding| is_meant(finding.severity));
            findings.map(|finding| format!("{} {}{}", finding.rule, finding.what, at(finding)))
        };
        let stops = told(|severity| severity != Severity::Warning);
        let blocked: Vec<String> = planned.reasons.iter().cloned().chain(stops).collect();
        let withheld = plan.map_or(&planned.withheld, |plan| &plan.withheld);
        let kept = plan.filter(|_| blocked.is_empty());
        let bring =
            planned.lacks_files.then(|| "git fetch --refetch --no-filter, then plan again".to_owned());
        let grave = planned.report.findings.iter().find(|finding| finding.severity == Severity::Blocked);
        // No exception helps against what is not the guard's.
        let grave = grave.filter(|_| planned.reasons.is_empty());
        let excuse = grave.map(|finding| guard::next(finding.rule, &finding.fingerprint()));
        let next = kept.map(|plan| match dry_run {
            true => "nothing was kept; the same without --dry-run makes a plan that can be pushed".to_owned(),
            false if planned.approval == Approval::Signed => {
                format!("gx sync-up --approve {}, by somebody who may", &plan.digest[..12])
            }
            false => format!("gx sync-up --push {}", &plan.digest[..12]),
        });
        Self {
            digest: kept.map(|plan| plan.digest.clone()),
            mode: plan.map(|plan| plan.mode),
            url: plan.map(|plan| shown(&plan.url)),
            branch: plan.map(|plan| plan.branch.clone()),
            from: plan.and_then(|plan| plan.lease),
            public: plan.and_then(|plan| plan.public),
            tip: plan.map(|plan| plan.tip),
            count: plan.map_or(0, |plan| plan.count),
            commits: plan.iter().flat_map(|plan| &plan.offers).map(commit).collect(),
            withheld: withheld
                .iter()
                .map(|one| Withheld { what: one.what.clone(), why: one.why.clone() })
                .collect(),
            warnings: planned
                .cautions
                .iter()
                .cloned()
                .chain(told(|severity| severity == Severity::Warning))
                .collect(),
            blocked,
            title: plan.map(|plan| plan.title.clone()).unwrap_or_default(),
            body: plan.map(|plan| plan.body.clone()).unwrap_or_default(),
            stopped: None,
            kept: None,
            dry_run,
            build_seconds: planned.build.as_secs_f64(),
            look_seconds: planned.look.as_secs_f64(),
            next: next.or(bring).or(excuse),
        }
    }
}

fn at(finding: &crate::mirror::guard::finding::Finding) -> String {
    let path = finding.spot.path.as_ref().map(|path| format!(" at {path}")).unwrap_or_default();
    let commit = finding.spot.commit.map(|commit| format!(" in {}", commit.short())).unwrap_or_default();
    format!("{path}{commit}")
}

fn commit(offer: &offer::Offer) -> Commit {
    let offer = offer.clone();
    Commit {
        public: offer.public,
        private: offer.private,
        message: offer.message,
        author: offer.author,
        committer: offer.committer,
        files: offer.files,
        withheld: offer.withheld,
        is_silent: offer.is_silent,
    }
}

/// The answer of `gx sync-up --push`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Published {
    /// The plan's digest.
    pub digest: String,
    /// Where it went.
    pub url: String,
    /// The branch there.
    pub branch: String,
    /// What the branch is.
    pub tip: ObjectId,
    /// How many commits are new.
    pub count: usize,
    /// Who has approved it.
    pub approved_by: Option<String>,
    /// Whether it was public already.
    pub was_public: bool,
    /// Whether nothing was sent.
    pub dry_run: bool,
    /// Whether other clones cannot know it yet: the pairs have not gone to the private repository.
    pub unsent: bool,
    /// The title of a pull request.
    pub title: String,
    /// Its text.
    pub body: String,
    /// What the program that opened one says: its address.
    pub pull_request: Option<String>,
}

impl Published {
    /// Of a push.
    pub fn of(published: &publish::Published, dry_run: bool) -> Self {
        let plan = published.plan.clone();
        Self {
            url: shown(&plan.url),
            digest: plan.digest,
            branch: plan.branch,
            tip: plan.tip,
            count: plan.count,
            approved_by: published.approved_by.clone(),
            was_public: published.was_public,
            dry_run,
            unsent: published.unsent.is_some(),
            title: plan.title,
            body: plan.body,
            pull_request: None,
        }
    }
}

/// The answer of `gx sync-up --approve`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Approved {
    /// The plan's digest.
    pub digest: String,
    /// Where it goes.
    pub url: String,
    /// The branch there.
    pub branch: String,
    /// How many commits it has.
    pub count: usize,
    /// Whose signature it is; nothing where nothing was signed.
    pub approved_by: Option<String>,
    /// Whether nothing was signed.
    pub dry_run: bool,
}

impl Approved {
    /// Of a plan that somebody has signed, or nobody yet.
    pub fn of(plan: &Plan, approved_by: Option<String>) -> Self {
        let (digest, branch, dry_run) = (plan.digest.clone(), plan.branch.clone(), approved_by.is_none());
        Self { digest, url: shown(&plan.url), branch, count: plan.count, approved_by, dry_run }
    }
}
