//! `gx sync-down` and `gx sync`: what came down, and where a sync stands.

use std::path::PathBuf;

use serde::Serialize;

use crate::error::Told;
use crate::mirror::configured::Mirror;
use crate::mirror::down::carry::{Carried, Outcome};
use crate::mirror::down::conflict::Ended;
use crate::mirror::down::plan::{Deed, Plan};
use crate::mirror::down::send::Sent;
use crate::mirror::pause::leave::Left;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::report::mirror::Side;

/// How the two are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Not at all: the private branch has everything.
    UpToDate,
    /// It goes forward.
    FastForward,
    /// By a commit of two parents.
    Merge,
    /// The private commits are made again on top.
    Rebase,
    /// Somebody has to decide.
    Conflict,
}

/// What became of the private branch over there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pushed {
    /// It was not to go, or not yet.
    No,
    /// It was there already.
    UpToDate,
    /// It has gone there.
    Yes,
    /// It could not go; what was joined here stays.
    Failed,
}

/// The answer of `gx sync-down`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SyncDown {
    /// Whether it is only a plan.
    pub dry_run: bool,
    /// The public repository, at what was seen.
    pub public: Side,
    /// The private one, its branch here as it is now.
    pub private: Side,
    /// How the two are joined.
    pub how: How,
    /// Public commits that came, or would.
    pub incoming: usize,
    /// Only of a rebase: private commits that were made again.
    pub rebased: Option<usize>,
    /// Whether the private branch is now the public one with private files added.
    pub is_anchor: Option<bool>,
    /// The paths in conflict.
    pub conflicts: Vec<RepoPath>,
    /// Where they are resolved.
    pub worktree: Option<PathBuf>,
    /// What became of the private branch over there.
    pub pushed: Pushed,
    /// What a person should know besides.
    pub notes: Vec<String>,
    /// What to do next.
    pub next: Option<String>,
}

/// The answer of `gx sync continue`, `abort` and `skip`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SyncEnded {
    /// What was done, in the past tense.
    pub done: String,
    /// Where the private branch is since.
    pub tip: Option<ObjectId>,
    /// Of a sync that was given up: the files of its work tree, as a tree that Git keeps for two weeks.
    pub kept: Option<ObjectId>,
    /// What became of the private branch over there.
    pub pushed: Pushed,
    /// What a person should know besides.
    pub notes: Vec<String>,
    /// What to do next.
    pub next: Option<String>,
}

impl SyncDown {
    /// What would be done.
    pub fn planned(mirror: &Mirror, plan: &Plan) -> Self {
        let mut answer = Self {
            dry_run: true,
            public: Side::of(&mirror.public, Some(plan.sight.public)),
            private: Side::of(&mirror.private, plan.local),
            how: how(plan),
            incoming: plan.incoming.len(),
            rebased: None,
            is_anchor: None,
            conflicts: Vec::new(),
            worktree: None,
            pushed: Pushed::No,
            notes: Vec::new(),
            next: (plan.deed != Deed::Level).then(|| "gx sync-down".to_owned()),
        };
        match &plan.deed {
            Deed::Rebase { commits, .. } => answer.rebased = Some(*commits),
            Deed::Conflict { paths } => answer.conflicts.clone_from(paths),
            Deed::Level | Deed::Forward | Deed::Merge { .. } => {}
        }
        if plan.local.is_some() && plan.local != plan.base {
            let (remote, branch) = (&mirror.private.remote, &mirror.private.branch);
            answer.notes.push(format!("`{branch}` first goes forward to what `{remote}` has of it"));
        }
        answer
    }

    /// What was done.
    pub fn done(mirror: &Mirror, carried: &Carried) -> Self {
        let base = Self::planned(mirror, &carried.plan);
        let mut answer = Self { dry_run: false, next: None, ..base };
        answer.notes.clone_from(&carried.notes);
        answer.pushed = pushed(&carried.sent);
        match &carried.outcome {
            Outcome::Level => {}
            Outcome::Moved { to, is_anchor } => {
                answer.private.tip = Some(*to);
                answer.is_anchor = Some(*is_anchor);
            }
            Outcome::Stopped { dir, paths } => {
                answer.conflicts.clone_from(paths);
                answer.worktree = Some(dir.clone());
                answer.next = Some("gx sync continue   (or gx sync skip, or gx sync abort)".to_owned());
            }
        }
        answer
    }
}

impl SyncEnded {
    /// One that went on to its end.
    pub fn joined(mirror: &Mirror, ended: &Ended) -> Self {
        let tip = match ended.outcome {
            Outcome::Moved { to, .. } => Some(to),
            Outcome::Level | Outcome::Stopped { .. } => None,
        };
        let at = tip.map(|tip| format!(" at {}", tip.short())).unwrap_or_default();
        Self {
            done: format!("`{}` has what upstream has{at}", mirror.private.branch),
            tip,
            kept: None,
            pushed: pushed(&ended.sent),
            notes: ended.notes.clone(),
            next: None,
        }
    }

    /// One that was given up.
    pub fn given_up(done: &str, left: &Left, again: &str) -> Self {
        let next = Some(format!("{again}   (what was resolved is remembered)"));
        Self {
            done: done.to_owned(),
            tip: None,
            kept: left.files,
            pushed: Pushed::No,
            notes: left.note().into_iter().collect(),
            next: next.filter(|_| left.files.is_some()),
        }
    }
}

/// Why the private branch could not go, to be told beside the answer.
pub fn trouble(sent: &Sent) -> Option<Told> {
    match sent {
        Sent::Failed(error) => Some(crate::error::tell(error)),
        Sent::Left | Sent::Level | Sent::Through => None,
    }
}

fn how(plan: &Plan) -> How {
    match plan.deed {
        Deed::Level if plan.local == plan.base => How::UpToDate,
        Deed::Level | Deed::Forward => How::FastForward,
        Deed::Merge { .. } => How::Merge,
        Deed::Rebase { .. } => How::Rebase,
        Deed::Conflict { .. } => How::Conflict,
    }
}

fn pushed(sent: &Sent) -> Pushed {
    match sent {
        Sent::Left => Pushed::No,
        Sent::Level => Pushed::UpToDate,
        Sent::Through => Pushed::Yes,
        Sent::Failed(_) => Pushed::Failed,
    }
}
