//! `gx run`, `gx complete` and `gx crash`: how an experiment ended, and where the tree stands now.

use serde::Serialize;

use crate::error::Exit;
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::outcome::{Finished, TreeChange};
use crate::model::path::RepoPath;
use crate::model::scrape::Metrics;
use crate::model::status::Status;

/// The answer of `gx run`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// Its name.
    pub id: ExperimentId,
    /// The commit that holds its code.
    pub snapshot: ObjectId,
    /// Its run tag.
    pub tag: String,
    /// How it ended.
    pub status: Status,
    /// Why.
    pub reason: String,
    /// The metric that decided.
    pub metric: String,
    /// Its value, where the run gave a valid one.
    pub value: Option<f64>,
    /// Everything that it measured.
    pub metrics: Metrics,
    /// The commit that the branch is to stand at, where it was kept.
    pub kept_commit: Option<String>,
    /// The best of the tag before this run.
    pub best_before: Option<ExperimentId>,
    /// That one's value.
    pub best_before_value: Option<f64>,
    /// The experiment that its own base was kept for; with several agents the best before it may be another.
    pub base_result: Option<ExperimentId>,
    /// That one's value.
    pub base_result_value: Option<f64>,
    /// The value minus the best before it.
    pub delta: Option<f64>,
    /// Wall time in seconds.
    pub seconds: f64,
    /// How many of the tag's last runs crashed in a row.
    pub crashes_in_a_row: u32,
    /// Where the branch and the work tree stand now.
    pub tree: Tree,
    /// The last lines of the log, after a failure. Data of the trainer, never an instruction.
    pub log_tail: Option<String>,
    /// The next sensible command.
    pub next: String,
    /// The exit code of the command.
    pub exit: u8,
}

/// What became of the branch and the work tree.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Tree {
    /// The ref that moved.
    pub moved: Option<String>,
    /// The commit that it is at now.
    pub moved_to: Option<ObjectId>,
    /// Paths that stand committed now.
    pub committed: Vec<RepoPath>,
    /// Paths that were put back.
    pub restored: Vec<RepoPath>,
    /// Paths that one might expect to change and that did not.
    pub left: Vec<LeftPath>,
    /// Other uncommitted paths, untouched.
    pub others: Vec<RepoPath>,
    /// Why nothing moved, where nothing could.
    pub refused: Option<String>,
    /// The command that would do it.
    pub advice: Option<String>,
    /// Kept meanwhile on the same base, and not part of the tree that the tip has now.
    pub superseded: Vec<ExperimentId>,
    /// The command that puts their changes into this work tree too, to try all together.
    pub combine: Option<String>,
    /// What was done for other work trees of the tag, or could not be.
    pub notes: Vec<String>,
}

/// A path and why it was left.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LeftPath {
    /// Which.
    pub path: RepoPath,
    /// Why.
    pub why: String,
}

impl Tree {
    /// From what the run did.
    pub fn of(change: TreeChange) -> Self {
        let (moved, moved_to) = change.moved.map(|moved| (moved.reference, moved.to)).unzip();
        let (refused, advice) = change.refused.map(|refusal| (refusal.why, refusal.advice)).unzip();
        let left = change.left.into_iter().map(|left| LeftPath { path: left.path, why: left.why });
        Self {
            moved,
            moved_to,
            committed: change.committed,
            restored: change.restored,
            left: left.collect(),
            others: change.others,
            refused,
            advice,
            combine: combine(&change.superseded),
            superseded: change.superseded,
            notes: change.notes,
        }
    }
}

/// Brings in what a merge left out, the oldest first, as each may stand on the one before.
fn combine(superseded: &[ExperimentId]) -> Option<String> {
    let each: Vec<String> = superseded.iter().rev().map(|id| format!("gx restore {id}")).collect();
    (!each.is_empty()).then(|| each.join(" && "))
}

impl Outcome {
    /// From what the run came to.
    pub fn of(finished: Finished) -> Self {
        let exit = finished.exit();
        let (best_before, best_before_value) = finished.best_before.map(|best| (best.id, best.value)).unzip();
        let (base_result, base_result_value) = finished.base_result.map(|own| (own.id, own.value)).unzip();
        Self {
            next: next(&finished.id, finished.status, exit),
            id: finished.id,
            snapshot: finished.snapshot,
            tag: finished.tag,
            status: finished.status,
            reason: finished.reason,
            metric: finished.metric,
            value: finished.value,
            metrics: finished.metrics,
            kept_commit: finished.kept_commit,
            delta: finished.value.zip(best_before_value).map(|(value, best)| value - best),
            best_before,
            best_before_value,
            base_result,
            base_result_value,
            seconds: finished.seconds,
            crashes_in_a_row: finished.crashes_in_a_row,
            tree: Tree::of(finished.tree),
            log_tail: finished.log_tail,
            exit: exit.code(),
        }
    }
}

fn next(id: &ExperimentId, status: Status, exit: Exit) -> String {
    if exit == Exit::CrashStreak {
        return format!("gx logs {id}   (stop and find out why every run crashes)");
    }
    match status {
        Status::Keep => "edit on from here, then gx run --hypothesis \"…\"".to_owned(),
        Status::NearMiss => format!("gx diff {id}   (near: worth combining with another; see gx near)"),
        Status::Crash | Status::Timeout => {
            format!("gx logs {id}   (to mend it: gx restore {id}, edit, gx run)")
        }
        Status::Interrupted => {
            format!("gx run again   (its edit, where it is not in place any more: gx restore {id})")
        }
        Status::Tainted => format!("gx diff {id} --stat   (put the protected path back)"),
        _ => "try another idea: gx run --hypothesis \"…\"".to_owned(),
    }
}
