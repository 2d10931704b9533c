//! The end of an experiment as its record tells it, where nobody who saw it can.

use anyhow::Result;

use crate::clock::Timestamp;
use crate::model::id::ExperimentId;
use crate::model::outcome::{Best, Finished, TreeChange};
use crate::model::status::Status;
use crate::run::runner::Runner;
use crate::store::experiments::Stored;

impl Runner<'_> {
    /// How many of a tag's last experiments crashed in a row, when `id` ends with `status`.
    ///
    /// Only `crash` counts; anything else that has come to its end breaks the row.
    pub(super) fn crashes_in_a_row(&self, tag: &str, status: Status, id: &ExperimentId) -> Result<u32> {
        if status != Status::Crash {
            return Ok(0);
        }
        Ok(1 + u32::try_from(self.store.crashes_before(tag, id)?).unwrap_or(u32::MAX - 1))
    }

    /// How an experiment ended, as far as its record tells: nothing of the work tree.
    pub fn recorded_end(&self, stored: &Stored) -> Result<Option<Finished>> {
        let record = self.store.record(stored.snapshot)?;
        let status = record.status();
        if !status.is_final() {
            return Ok(None);
        }
        let text = |key: &str| record.text(key).unwrap_or_default().to_owned();
        let result = |key: &str| {
            let result = record.fields().get(key)?;
            let id = result.get("id")?.as_str()?.parse().ok()?;
            Some(Best { id, value: result.get("value")?.as_f64()? })
        };
        let tag = record.text("tag").unwrap_or_default();
        let crashes = self.crashes_in_a_row(tag, status, &stored.id)?;
        let allowed = self.config.policy.crash_streak;
        let metrics = record.fields().get("metrics").and_then(|metrics| metrics.as_object());
        Ok(Some(Finished {
            id: stored.id.clone(),
            snapshot: stored.snapshot,
            tag: text("tag"),
            status,
            reason: text("reason"),
            metric: text("metric"),
            value: record.number("value"),
            metrics: metrics.cloned().unwrap_or_default(),
            kept_commit: record.text("kept_commit").map(str::to_owned),
            best_before: result("best_before"),
            base_result: result("base_result"),
            seconds: record.number("seconds").unwrap_or_default(),
            crashes_in_a_row: crashes,
            is_crash_streak: status == Status::Crash && allowed > 0 && crashes >= allowed,
            finished: record.time("finished").unwrap_or_else(Timestamp::now),
            tree: TreeChange::default(),
            log_tail: record.text("log_tail").map(str::to_owned),
            unfinished: None,
        }))
    }
}
