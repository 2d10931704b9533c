//! The end of an experiment: verdict, record, log, and only then the branch and the work tree.

use std::fs::File;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::config::schema::Stale;
use crate::git::repo::Repo;
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::outcome::{Best, Finished, TreeChange};
use crate::model::path::RepoPath;
use crate::model::record::{Fields, Record};
use crate::model::scrape::Metrics;
use crate::model::status::Status;
use crate::process::command::Ended;
use crate::process::{fail, log};
use crate::research::ranking;
use crate::run::begun::Begun;
use crate::run::judge::{Ending, Judged, Scales, Seen, read_metrics};
use crate::run::lock::Reach;
use crate::run::runner::Runner;
use crate::run::seal;
use crate::run::site::Site;
use crate::run::tip::Since;
use crate::store::pending::{Held, Pending};

/// The end of a run as it was observed.
pub(super) struct Observed {
    pub(super) ending: Ending,
    pub(super) metrics: Metrics,
    /// When it ended.
    pub(super) finished: Timestamp,
    /// The protected paths that changed during it.
    pub(super) altered: Vec<String>,
    /// What the record keeps of its cards and its results.
    pub(super) extra: Fields,
}

/// A verdict, and what it was found by.
struct Weighed {
    before: Record,
    tag: String,
    best: Option<Best>,
    base_result: Option<Best>,
    judged: Judged,
}

impl Runner<'_> {
    /// Ends a run that this process has supervised.
    pub(super) fn conclude(&self, begun: Begun, site: &Site<'_>, seen: &Seen) -> Result<Finished> {
        let log = self.store.log_file(&begun.id);
        let place = site.repo();
        let metrics = read_metrics(&self.config.metric, &log, place.work_dir(), begun.since)?;
        let pending = &begun.held.pending;
        let altered = self.altered(place, &seal::of(&pending.begin), pending.scope.tree)?;
        let mut extra = seen.cards.clone();
        extra.extend(self.keep_artifacts(pending, &begun.id, place.work_dir()));
        let (ending, finished) = (seen.ending.clone(), seen.finished);
        let observed = Observed { ending, metrics, finished, altered, extra };
        let (mut finished, turn) = self.record_end(&begun.held, &begun.id, &observed)?;
        if pending.is_isolated() {
            finished.tree = self.change_apart(pending, &begun.id, finished.status, Reach::Records)?;
        } else {
            finished.tree = self.change_tree(pending, finished.status)?;
        }
        drop(turn);
        self.name_others(&mut finished.tree, &begun)?;
        fail::point("changed");
        // Before the run is let go: who waits for it looks here then.
        let _ = self.store.keep_outcome(&finished);
        if finished.unfinished.is_none() {
            let is_lost = finished.status == Status::Interrupted && !seen.is_wish;
            if is_lost && begun.held.pending.is_isolated() {
                begun.held.strand()
            } else {
                begun.held.done()
            }?;
        }
        Ok(finished)
    }

    /// Judges a run and writes its last line; nothing but the record, the log and loose objects changes. With a keep
    /// comes the [turn](Self::verdict_turn), for those who then move the tip.
    pub(super) fn record_end(
        &self,
        held: &Held,
        id: &ExperimentId,
        observed: &Observed,
    ) -> Result<(Finished, Option<File>)> {
        let pending = &held.pending;
        // Whoever is not better than a best of any moment can be judged beside others.
        let (mut weighed, mut turn) = (self.weigh(pending, id, observed)?, None);
        if weighed.judged.status == Status::Keep {
            // Two that end at once must not both be better than the same best, and the tip must move in the order of
            // the verdicts.
            let taken = self.verdict_turn()?;
            weighed = self.weigh(pending, id, observed)?;
            turn = Some(taken).filter(|_| weighed.judged.status == Status::Keep);
        }
        let Weighed { before, tag, best, base_result, judged } = weighed;
        let mut fields = self.end_fields(&judged, observed, &before, best.as_ref());
        if let Some(own) = &base_result {
            fields.insert("base_result".into(), json!({"id": own.id, "value": own.value}));
        }
        let log_tail = self.failure_tail(id, judged.status);
        if let Some(tail) = &log_tail {
            fields.insert("log_tail".into(), json!(tail));
        }
        if judged.status == Status::Keep {
            fields.insert("kept_commit".into(), json!(self.kept_commit(pending, id, &judged)?));
        }
        let kept_commit = fields.get("kept_commit").and_then(Value::as_str).map(str::to_owned);
        fail::point("judged");
        self.store.append_after(&before, pending.snapshot, fields)?;
        if matches!(judged.status, Status::Keep | Status::Crash) {
            // What comes next is compared with it, or counted with it.
            self.store.flush()?;
        }
        fail::point("ended");
        let unfinished = self.keep_log(pending.snapshot, id).err();
        fail::point("logged");
        let crashes = self.crashes_in_a_row(&tag, judged.status, id)?;
        let allowed = self.config.policy.crash_streak;
        let finished = Finished {
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
            base_result,
            seconds: seconds(&before, observed.finished),
            crashes_in_a_row: crashes,
            is_crash_streak: judged.status == Status::Crash && allowed > 0 && crashes >= allowed,
            finished: observed.finished,
            tree: TreeChange::default(),
            log_tail,
            unfinished: unfinished.map(|error| format!("the log of {id} could not be kept: {error:#}")),
        };
        Ok((finished, turn))
    }

    /// Judges a run against what is recorded now.
    fn weigh(&self, pending: &Pending, id: &ExperimentId, observed: &Observed) -> Result<Weighed> {
        // Somebody may have rewound the notes while it ran.
        self.store.settle()?;
        self.store.at_one_moment(|| {
            let before = self.store.newest_record(pending.snapshot)?;
            let tag = before.text("tag").unwrap_or_default().to_owned();
            let leaders = self.store.leaders(self.config.metric.goal, Some(&tag))?;
            let best = ranking::own_best(&leaders, &tag);
            let broken = self.broken_seal(&tag, &before, &observed.altered)?;
            let scales = Scales {
                metric: &self.config.metric,
                policy: &self.config.policy,
                best: best.as_ref(),
                broken: broken.as_deref(),
            };
            let mut judged = scales.weigh(&observed.ending, &observed.metrics);
            self.weigh_stale(&mut judged, pending, id)?;
            let base_result = self.result_at(pending.scope.base)?;
            Ok(Weighed { before, tag, best, base_result, judged })
        })
    }

    /// The right to give a verdict, which one process has at a time.
    pub(super) fn verdict_turn(&self) -> Result<File> {
        let path = self.repo.gx_dir().join("verdict.lock");
        let open = File::options().create(true).append(true).open(&path);
        let file = open.with_context(|| format!("cannot write {}", path.display()))?;
        file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
        Ok(file)
    }

    /// A better result on a base that others were kept over meanwhile is only offered, where the policy says so.
    fn weigh_stale(&self, judged: &mut Judged, pending: &Pending, id: &ExperimentId) -> Result<()> {
        if judged.status != Status::Keep || self.config.policy.stale == Stale::Keep {
            return Ok(());
        }
        if let Since::Keeps(keeps) = self.since(&pending.scope)?
            && let Some(newest) = keeps.first()
        {
            judged.status = Status::NearMiss;
            judged.reason = format!(
                "{}, but {newest} was kept while it ran; try both together: gx restore {id}, gx run",
                judged.reason
            );
        }
        Ok(())
    }

    fn end_fields(
        &self,
        judged: &Judged,
        observed: &Observed,
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
        if let Ending::Supervised { ended, .. } = &observed.ending {
            match ended {
                Ended::Exit(code) => set("exit_code", json!(code)),
                Ended::Signal(signal) => set("signal", json!(signal)),
            };
        }
        set("finished", json!(observed.finished));
        set("seconds", json!(seconds(before, observed.finished)));
        for (key, value) in &observed.extra {
            set(key, value.clone());
        }
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
    fn broken_seal(&self, tag: &str, run: &Record, altered: &[String]) -> Result<Option<String>> {
        if !altered.is_empty() {
            return Ok(Some(format!("protected, and changed while it ran: {}", altered.join(", "))));
        }
        let now = seal::of(run.fields());
        let Some(first) = self.store.first_sealed(tag)? else { return Ok(None) };
        let broken = seal::broken(&self.store.record(first.snapshot)?, &now);
        let told = || format!("protected, and not as in {}: {}", first.id, broken.join(", "));
        Ok((!broken.is_empty()).then(told))
    }

    /// The protected paths that are not as they were when the run began.
    fn altered(&self, place: &Repo, then: &Fields, tree: ObjectId) -> Result<Vec<String>> {
        let now = seal::hashes(place, tree, &self.config.run.protected)?;
        let mut altered = Vec::new();
        for path in then.keys() {
            let inside = RepoPath::from(path.as_str());
            let is_same = match self.repo.entry(tree, &inside)? {
                Some(entry) => place.is_at(&inside, Some(entry))?,
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
