//! The end of an experiment: verdict, record, log, and only then the branch and the work tree.

use std::fs::File;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::config::globs::Globs;
use crate::git::object::NewCommit;
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::outcome::{Best, Finished, TreeChange};
use crate::model::path::RepoPath;
use crate::model::record::{Fields, Record};
use crate::model::scrape::Metrics;
use crate::model::status::Status;
use crate::model::summary::Summary;
use crate::process::command::Ended;
use crate::process::{fail, log};
use crate::research::ranking;
use crate::run::begun::Begun;
use crate::run::judge::{Ending, Judged, Scales, read_metrics};
use crate::run::plan::Plan;
use crate::run::runner::Runner;
use crate::run::{mark, seal};
use crate::store::experiments::Stored;
use crate::store::pending::{Held, Mode, Pending, Scope};

/// The end of a run as it was observed.
pub(super) struct Observed<'a> {
    pub(super) ending: &'a Ending,
    pub(super) metrics: Metrics,
    /// When it ended.
    pub(super) finished: Timestamp,
}

impl Runner<'_> {
    /// Ends a run that this process has supervised.
    pub(super) fn conclude(&self, begun: Begun, ending: &Ending) -> Result<Finished> {
        let log = self.store.log_file(&begun.id);
        let metrics = read_metrics(&self.config.metric, &log, self.repo.work_dir(), begun.since)?;
        let observed = Observed { ending, metrics, finished: Timestamp::now() };
        let mut finished = self.record_end(&begun.held, &begun.id, &observed)?;
        finished.tree = self.change_tree(&begun.held.pending, finished.status)?;
        finished.tree.others = begun.others;
        fail::point("changed");
        begun.held.done()?;
        Ok(finished)
    }

    /// Judges a run and writes its last line; nothing but the record, the log and loose objects changes.
    pub(super) fn record_end(
        &self,
        held: &Held,
        id: &ExperimentId,
        observed: &Observed<'_>,
    ) -> Result<Finished> {
        let pending = &held.pending;
        let before = self.store.record(pending.snapshot)?;
        // Two runs of a tag that end at once must not both be better than the same best.
        let _turn = self.verdict_turn()?;
        let summaries = self.store.summaries()?;
        let tag = before.text("tag").unwrap_or_default().to_owned();
        let best = ranking::best(&summaries, &tag, self.config.metric.goal);
        let broken = self.broken_seal(&summaries, &tag, &before)?;
        let scales = Scales {
            metric: &self.config.metric,
            policy: &self.config.policy,
            best: best.as_ref(),
            broken: &broken,
        };
        let judged = scales.weigh(observed.ending, &observed.metrics);
        let mut fields = self.end_fields(&judged, observed, &before, best.as_ref());
        let log_tail = self.failure_tail(id, judged.status);
        if let Some(tail) = &log_tail {
            fields.insert("log_tail".into(), json!(tail));
        }
        if judged.status == Status::Keep {
            fields.insert("kept_commit".into(), json!(self.kept_commit(pending, id, &judged)?));
        }
        fail::point("judged");
        self.store.append(pending.snapshot, fields)?;
        fail::point("ended");
        self.keep_log(pending.snapshot, id)?;
        fail::point("logged");
        let crashes = ranking::crashes_in_a_row(&summaries, &tag, judged.status, id);
        let allowed = self.config.policy.crash_streak;
        Ok(Finished {
            id: id.clone(),
            snapshot: pending.snapshot,
            tag,
            status: judged.status,
            reason: judged.reason,
            metric: self.config.metric.name.clone(),
            value: judged.value,
            best_before: best,
            seconds: seconds(&before, observed.finished),
            crashes_in_a_row: crashes,
            is_crash_streak: judged.status == Status::Crash && allowed > 0 && crashes >= allowed,
            finished: observed.finished,
            tree: TreeChange::default(),
            log_tail,
        })
    }

    fn verdict_turn(&self) -> Result<File> {
        let path = self.repo.gx_dir().join("verdict.lock");
        let open = File::options().create(true).append(true).open(&path);
        let file = open.with_context(|| format!("cannot write {}", path.display()))?;
        file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
        Ok(file)
    }

    fn end_fields(
        &self,
        judged: &Judged,
        observed: &Observed<'_>,
        before: &Record,
        best: Option<&Best>,
    ) -> Fields {
        let mut fields = Fields::new();
        let mut set = |key: &str, value: Value| fields.insert(key.to_owned(), value);
        set("status", json!(judged.status));
        set("reason", json!(judged.reason));
        if let Some(value) = judged.value {
            set("value", json!(value));
        }
        set("metrics", Value::Object(observed.metrics.clone()));
        if let Ending::Supervised { ended, .. } = observed.ending {
            match ended {
                Ended::Exit(code) => set("exit_code", json!(code)),
                Ended::Signal(signal) => set("signal", json!(signal)),
            };
        }
        set("finished", json!(observed.finished.to_string()));
        set("seconds", json!(seconds(before, observed.finished)));
        if let Some(best) = best {
            set("best_before", json!({"id": best.id, "value": best.value}));
        }
        fields
    }

    /// The last lines of the log, for a run that gave no result.
    fn failure_tail(&self, id: &ExperimentId, status: Status) -> Option<String> {
        if !matches!(status, Status::Crash | Status::Timeout | Status::Interrupted) {
            return None;
        }
        let tail = log::tail(&self.store.log_file(id), self.config.log.failure_tail).ok()?;
        let tail = log::sanitize(&tail);
        (!tail.trim().is_empty()).then(|| tail.trim_end().to_owned())
    }

    fn broken_seal(&self, all: &[(Stored, Summary)], tag: &str, run: &Record) -> Result<Vec<String>> {
        let Some(now) =
            run.fields().get("protected").and_then(Value::as_object).filter(|now| !now.is_empty())
        else {
            return Ok(Vec::new());
        };
        for (stored, summary) in all.iter().filter(|(_, summary)| summary.tag == tag) {
            let record = self.store.record(stored.snapshot)?;
            let is_sealed = record
                .fields()
                .get("protected")
                .and_then(Value::as_object)
                .is_some_and(|sealed| !sealed.is_empty());
            if is_sealed && summary.status.has_valid_result() {
                return Ok(seal::broken(&record, now));
            }
        }
        Ok(Vec::new())
    }

    pub(super) fn keep_log(&self, snapshot: ObjectId, id: &ExperimentId) -> Result<()> {
        let path = self.store.log_file(id);
        // A command that printed nothing has no log worth a note.
        if !path.metadata().is_ok_and(|meta| meta.len() > 0) {
            return Ok(());
        }
        let cap = usize::try_from(self.config.log.max_note).unwrap_or(usize::MAX);
        self.store.keep_log(snapshot, &log::excerpt(&path, cap)?)
    }

    /// The commit that the branch is to stand at: the candidate changes only, made before the record names it.
    fn kept_commit(&self, pending: &Pending, id: &ExperimentId, judged: &Judged) -> Result<ObjectId> {
        let scope = &pending.scope;
        if scope.mode != Mode::Dirty {
            return Ok(scope.head);
        }
        let head = self.repo.head()?;
        if pending.leave || head.commit != scope.head || head.reference() != scope.reference {
            return Ok(pending.snapshot);
        }
        let hypothesis = pending.begin.get("hypothesis").and_then(Value::as_str).unwrap_or_default();
        let value = judged.value.map(|value| format!("Gx-Value: {value}\n")).unwrap_or_default();
        let message = format!("{hypothesis}\n\nGx-Experiment: {id}\n{value}");
        self.commit_candidates(scope, pending.snapshot, &message)
    }

    /// A commit on HEAD with the candidate paths as they ran; the snapshot itself where nothing else was dirty.
    pub(super) fn commit_candidates(
        &self,
        scope: &Scope,
        snapshot: ObjectId,
        message: &str,
    ) -> Result<ObjectId> {
        let head_tree = self.repo.tree_of(scope.head)?;
        let mut changes = Vec::new();
        for path in &scope.candidates {
            changes.push((path.clone(), self.repo.entry(scope.tree, path)?));
        }
        let tree = self.repo.edit_tree(head_tree, &changes)?;
        if tree == self.repo.tree_of(snapshot)? && self.repo.parents(snapshot)? == [scope.head] {
            return Ok(snapshot);
        }
        let new = NewCommit { tree, parents: &[scope.head], message, at: Timestamp::now() };
        let commit = self.repo.write_commit(&new)?;
        let mut written = self.repo.new_trees(tree, head_tree)?;
        written.push(commit);
        self.repo.sync_objects(&written)?;
        Ok(commit)
    }

    /// Keeps or rolls back as the record says, and sets the mark.
    pub(super) fn change_tree(&self, pending: &Pending, status: Status) -> Result<TreeChange> {
        let (scope, sealed) = self.without_sealed(&pending.scope, status)?;
        let record = self.store.record(pending.snapshot)?;
        let id = record.text("id").unwrap_or_default();
        let log = format!("gx: {status} {id}");
        let stays = pending.leave || status == Status::Interrupted || !status.is_final();
        let change = if stays {
            TreeChange::default()
        } else if status == Status::Keep {
            let kept =
                record.text("kept_commit").and_then(|commit| commit.parse().ok()).unwrap_or(scope.head);
            Plan::keep(self.repo, &scope, kept, &log)?.apply(self.repo)?
        } else {
            let plan = Plan::roll_back(self.repo, &scope, &self.editable()?, &log)?;
            plan.leave(sealed, "protected").apply(self.repo)?
        };
        let is_kept = status == Status::Keep && !stays && change.refused.is_none();
        self.mark_end(&scope, is_kept, &change)?;
        Ok(change)
    }

    /// The paths that keep and discard may touch, as configured; empty where any tracked path is.
    pub(super) fn editable(&self) -> Result<Globs> {
        Globs::new(&self.config.run.editable)
    }

    /// The scope without protected paths, and those, where they have tainted the run: they stay as they are.
    fn without_sealed(&self, scope: &Scope, status: Status) -> Result<(Scope, Vec<RepoPath>)> {
        let mut scope = scope.clone();
        if status != Status::Tainted {
            return Ok((scope, Vec::new()));
        }
        let protected = Globs::new(&self.config.run.protected)?;
        let is_sealed = |path: &RepoPath| protected.matches(path.as_bytes());
        let (sealed, rest): (Vec<_>, Vec<_>) = scope.candidates.into_iter().partition(is_sealed);
        let mut targets = Vec::new();
        for path in &sealed {
            targets.push((path.clone(), self.repo.entry(scope.tree, path)?));
        }
        scope.rolled_back = self.repo.edit_tree(scope.rolled_back, &targets)?;
        scope.candidates = rest;
        Ok((scope, sealed))
    }

    /// Sets the mark after a run. An edit that stays without being kept is not part of it, and so belongs to the
    /// next experiment; what others have committed meanwhile is, as it is no edit.
    fn mark_end(&self, scope: &Scope, is_kept: bool, change: &TreeChange) -> Result<()> {
        let head = self.repo.head()?.commit;
        let is_back = head == scope.base;
        let tree =
            if is_kept || scope.mode == Mode::Committed && !is_back { scope.tree } else { scope.rolled_back };
        let expected = match &change.moved {
            Some(moved) => moved.to,
            None if is_back || is_kept => head,
            None => scope.head,
        };
        let meanwhile = self.repo.changes(self.repo.tree_of(expected)?, self.repo.tree_of(head)?)?;
        let committed: Vec<_> = meanwhile.into_iter().map(|change| (change.path, change.after)).collect();
        mark::set(self.repo, self.repo.edit_tree(tree, &committed)?, head)
    }
}

fn seconds(before: &Record, finished: Timestamp) -> f64 {
    let seconds = before.time("started").map_or(0.0, |started| finished.seconds_since(started));
    (seconds * 1000.0).round() / 1000.0
}
