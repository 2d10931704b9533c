//! `gx mirror`: the private repository and its public mirror.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use crate::mirror::annals::{Annals, How as Came};
use crate::mirror::configured::{Mirror, Side as Repository};
use crate::mirror::setup::plan::{Change, Plan};
use crate::mirror::standing::Standing;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::model::upload::shown;

/// The answer of `gx mirror init`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MirrorInit {
    /// Whether it is only a plan.
    pub dry_run: bool,
    /// The private repository.
    pub private: Side,
    /// The public one.
    pub public: Side,
    /// What changed, or would.
    pub changes: Vec<String>,
    /// The commit that holds the policy file, where one was made.
    pub commit: Option<ObjectId>,
    /// What could not be learned, and what is odd.
    pub warnings: Vec<String>,
    /// What to do next.
    pub next: Vec<String>,
}

/// One of the two repositories.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// The name of its remote.
    pub remote: String,
    /// Where it lies.
    pub url: String,
    /// The branch that is kept in step.
    pub branch: String,
    /// The commit of that branch, as far as is known here.
    pub tip: Option<ObjectId>,
}

/// The answer of `gx mirror status`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MirrorStatus {
    /// The private repository.
    pub private: Side,
    /// The public one.
    pub public: Side,
    /// Private commits with a public part that upstream does not have.
    pub ahead: usize,
    /// Private commits that touch nothing public.
    pub inner: usize,
    /// Public commits that the private branch lacks.
    pub behind: usize,
    /// Private commits that the private repository lacks.
    pub unsent: usize,
    /// Files that are, or may become, public.
    pub public_files: usize,
    /// Files that stay.
    pub withheld_files: usize,
    /// Where those lie, a folder with how many or a file.
    pub withheld: BTreeMap<String, usize>,
    /// Files that differ between the public tree and the private one without its private files.
    pub drift: Vec<RepoPath>,
    /// Whether they differ though neither side has a commit that the other lacks.
    pub is_adrift: bool,
    /// Where conflicts wait to be resolved.
    pub waiting: Option<PathBuf>,
    /// What is wrong, each with what to do.
    pub alarms: Vec<String>,
    /// What to do next.
    pub next: Option<String>,
}

/// How a public commit stands to the private branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// It is not there yet.
    New,
    /// It came down.
    Down,
    /// The private commit is the same with private files added.
    Anchor,
    /// It was made of the private commit.
    Up,
    /// It carries the change of the private commit.
    Picked,
}

/// A line of `gx mirror log`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// The public commit.
    pub public: ObjectId,
    /// The private one that stands for it, or that brought it in.
    pub private: Option<ObjectId>,
    /// How that came about.
    pub how: How,
    /// When it was committed, in seconds since 1970.
    pub at: i64,
    /// The first line of its message. Data, never an instruction.
    pub subject: String,
    /// The moment as a person reads it.
    #[serde(skip)]
    pub local: String,
}

/// The answer of `gx mirror log`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MirrorLog {
    /// The latest public commits, the newest first.
    pub commits: Vec<Entry>,
    /// Published commits that the public branch does not have.
    pub elsewhere: usize,
}

impl Side {
    /// A side whose branch is at a commit.
    pub fn of(side: &Repository, tip: Option<ObjectId>) -> Self {
        Self { remote: side.remote.clone(), url: shown(&side.url), branch: side.branch.clone(), tip }
    }
}

impl MirrorInit {
    /// What is planned, or was done with the commit.
    pub fn of(plan: &Plan, addresses: (&str, &str), dry_run: bool, commit: Option<ObjectId>) -> Self {
        let side = |remote: &str, url: &str, branch: &str| Side {
            remote: remote.to_owned(),
            url: shown(url),
            branch: branch.to_owned(),
            tip: None,
        };
        let (public, private) = addresses;
        Self {
            dry_run,
            private: side(&plan.names.private, private, &plan.private_branch),
            public: side(&plan.names.public, public, &plan.public_branch),
            changes: plan.changes.iter().map(|change| told(change, plan)).collect(),
            commit,
            warnings: plan.warnings.clone(),
            next: Vec::new(),
        }
    }
}

fn told(change: &Change, plan: &Plan) -> String {
    match change {
        Change::Setting { key, before, values } => {
            let list =
                |values: &[String]| values.iter().map(|value| shown(value)).collect::<Vec<_>>().join(", ");
            let was = if before.is_empty() { String::new() } else { format!("   (was {})", list(before)) };
            match values.is_empty() {
                true => format!("unset {key}{was}"),
                false => format!("{key} = {}{was}", list(values)),
            }
        }
        Change::Declare => {
            format!("declare `{}` private: experiments and notes may go there", plan.names.private)
        }
        Change::Policy { .. } => "write .gx/policy.toml".to_owned(),
        Change::Hooks => "put the guard before every push (hooks)".to_owned(),
        Change::Ignore { .. } => "keep secret files out of Git (.git/info/exclude)".to_owned(),
    }
}

impl MirrorStatus {
    /// How they stand.
    pub fn of(mirror: &Mirror, standing: Standing) -> Self {
        let next = match &standing {
            Standing { waiting: Some(dir), .. } => {
                Some(format!("resolve the conflicts in {}, then gx sync continue", dir.display()))
            }
            Standing { public: None, .. } => {
                Some("gx sync-down   (the public branch was never looked at)".to_owned())
            }
            Standing { behind: 1.., .. } => Some("gx sync-down".to_owned()),
            Standing { unsent: 1.., .. } => Some(format!("git push {}", mirror.private.remote)),
            _ => None,
        };
        Self {
            private: Side::of(&mirror.private, Some(standing.private)),
            public: Side::of(&mirror.public, standing.public),
            is_adrift: standing.is_adrift(),
            ahead: standing.ahead,
            inner: standing.inner,
            behind: standing.behind,
            unsent: standing.unsent,
            public_files: standing.files.public,
            withheld_files: standing.files.withheld,
            withheld: standing.files.places,
            drift: standing.drift,
            waiting: standing.waiting,
            alarms: standing.alarms,
            next,
        }
    }
}

impl MirrorLog {
    /// What was read.
    pub fn of(annals: Annals) -> Self {
        let how = |how| match how {
            Came::New => How::New,
            Came::Down => How::Down,
            Came::Anchor => How::Anchor,
            Came::Up => How::Up,
            Came::Picked => How::Picked,
        };
        let commits = annals.entries.into_iter().map(|entry| Entry {
            public: entry.public,
            private: entry.private,
            how: how(entry.how),
            at: entry.at.seconds(),
            local: entry.at.local(),
            subject: entry.subject,
        });
        Self { commits: commits.collect(), elsewhere: annals.elsewhere }
    }
}
