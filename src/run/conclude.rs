//! The end of an experiment: verdict, record, log, and only then the branch and the work tree.

use std::fs::File;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::clock::Timestamp;
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
use crate::run::runner::Runner;
use crate::run::seal;
use crate::store::experiments::Stored;
use crate::store::pending::Held;

/// The end of a run as it was observed.
pub(super) struct Observed<'a> {
    pub(super) ending: &'a Ending,
    pub(super) metrics: Metrics,
    /// When it ended.
    pub(super) finished: Timestamp,
    /// The protected paths that changed during it.
    pub(super) altered: Vec<String>,
}

impl Runner<'_> {
    /// Ends a run that this process has supervised.
    pub(super) fn conclude(&self, begun: Begun, ending: &Ending) -> Result<Finished> {
        let log = self.store.log_file(&begun.id);
        let metrics = read_metrics(&self.config.metric, &log, self.repo.work_dir(), begun.since)?;
        let pending = &begun.held.pending;
        let altered = self.altered(&seal::of(&pending.begin), pending.scope.tree)?;
        let observed = Observed { ending, metrics, finished: Timestamp::now(), altered };
        let mut finished = self.record_end(&begun.held, &begun.id, &observed)?;
        finished.tree = self.change_tree(&begun.held.pending, finished.status)?;
        self.name_others(&mut finished.tree, &begun)?;
        fail::point("changed");
        if finished.unfinished.is_none() {
            begun.held.done()?;
        }
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
        // Two runs of a tag that end at once must not both be better than the same best.
        let _turn = self.verdict_turn()?;
        // Somebody may have rewound the notes while it ran.
        self.store.settle()?;
        let before = self.store.record(pending.snapshot)?;
        let summaries = self.store.summaries()?;
        let tag = before.text("tag").unwrap_or_default().to_owned();
        let best = ranking::best(&summaries, &tag, self.config.metric.goal);
        let broken = self.broken_seal(&summaries, &tag, &before, &observed.altered)?;
        let scales = Scales {
            metric: &self.config.metric,
            policy: &self.config.policy,
            best: best.as_ref(),
            broken: broken.as_deref(),
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
        let kept_commit = fields.get("kept_commit").and_then(Value::as_str).map(str::to_owned);
        fail::point("judged");
        self.store.append(pending.snapshot, fields)?;
        fail::point("ended");
        let unfinished = self.keep_log(pending.snapshot, id).err();
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
            metrics: observed.metrics.clone(),
            kept_commit,
            best_before: best,
            seconds: seconds(&before, observed.finished),
            crashes_in_a_row: crashes,
            is_crash_streak: judged.status == Status::Crash && allowed > 0 && crashes >= allowed,
            finished: observed.finished,
            tree: TreeChange::default(),
            log_tail,
            unfinished: unfinished.map(|error| format!("the log of {id} could not be kept: {error:#}")),
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

    /// Which protected paths differ from the tag's baseline, its first result that was not tainted itself, or
    /// were changed while the command ran; and why that is so, in a few words.
    fn broken_seal(
        &self,
        all: &[(Stored, Summary)],
        tag: &str,
        run: &Record,
        altered: &[String],
    ) -> Result<Option<String>> {
        if !altered.is_empty() {
            return Ok(Some(format!("protected, and changed while it ran: {}", altered.join(", "))));
        }
        let now = seal::of(run.fields());
        let results = all.iter().filter(|(_, summary)| {
            summary.tag == tag && summary.value.is_some() && summary.status != Status::Tainted
        });
        for (stored, _) in results {
            let baseline = self.store.record(stored.snapshot)?;
            if !seal::of(baseline.fields()).is_empty() {
                let broken = seal::broken(&baseline, &now);
                let told = || format!("protected, and not as in {}: {}", stored.id, broken.join(", "));
                return Ok((!broken.is_empty()).then(told));
            }
        }
        Ok(None)
    }

    /// The protected paths that are not as they were when the run began.
    fn altered(&self, then: &Fields, tree: ObjectId) -> Result<Vec<String>> {
        let now = seal::hashes(self.repo, tree, &self.config.run.protected)?;
        let mut altered = Vec::new();
        for path in then.keys() {
            let inside = RepoPath::from(path.as_str());
            let is_same = match self.repo.entry(tree, &inside)? {
                Some(entry) => self.repo.is_at(&inside, Some(entry))?,
                None => then.get(path) == now.get(path),
            };
            if !is_same {
                altered.push(path.clone());
            }
        }
        Ok(altered)
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
}

fn seconds(before: &Record, finished: Timestamp) -> f64 {
    let seconds = before.time("started").map_or(0.0, |started| finished.seconds_since(started));
    // A clock that was set back must not make a run end before it began.
    (seconds.max(0.0) * 1000.0).round() / 1000.0
}
