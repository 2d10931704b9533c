//! Whether a run has filled what logs and results may take, found without looking at all of them each time.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::config::store::Store as Rules;
use crate::config::units::show_size;
use crate::model::id::ExperimentId;
use crate::store::experiments::Store;

/// After so many runs all logs are looked at again: two that end at once may count as one.
const RECOUNT: u32 = 100;

/// What the whole log files took when somebody last looked, and what was added since.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Sum {
    bytes: u64,
    /// How many runs were added without a look at the others.
    added: u32,
}

impl Store<'_> {
    /// What is over its budget after a run, a line each; to be asked once for every run that ended.
    ///
    /// # Errors
    /// Refs or objects cannot be read.
    pub fn over_budget(&self, rules: &Rules, id: &ExperimentId) -> Result<Vec<String>> {
        let mut told = Vec::new();
        let logs = if rules.max_logs > 0 { self.log_bytes_after(rules.max_logs, id) } else { 0 };
        if logs > rules.max_logs {
            told.push(line("whole logs", logs, "store.max_logs", rules.max_logs));
        }
        // Only a run that has kept results can have filled theirs.
        if rules.max_artifacts > 0 && self.repo.read_ref(&format!("refs/artifacts/{id}"))?.is_some() {
            let kept: u64 = self.artifacts()?.iter().map(|(_, _, bytes)| bytes).sum();
            if kept > rules.max_artifacts {
                told.push(line("kept results", kept, "store.max_artifacts", rules.max_artifacts));
            }
        }
        Ok(told)
    }

    /// What the logs take with that of a run that has just ended; exact where it is more than they may take.
    fn log_bytes_after(&self, most: u64, id: &ExperimentId) -> u64 {
        let path = self.sum_file();
        let known = fs::read(&path).ok().and_then(|text| serde_json::from_slice::<Sum>(&text).ok());
        let own = fs::metadata(self.log_file(id)).map_or(0, |meta| meta.len());
        let guess = known.filter(|sum| sum.added < RECOUNT && sum.bytes.saturating_add(own) <= most);
        let sum = match guess {
            Some(sum) => Sum { bytes: sum.bytes + own, added: sum.added + 1 },
            None => Sum { bytes: self.log_bytes(), added: 0 },
        };
        // Without it the next run looks at all logs.
        let temporary = path.with_extension("tmp");
        if let Ok(text) = serde_json::to_vec(&sum) {
            let _ = fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, &path));
        }
        sum.bytes
    }

    fn sum_file(&self) -> PathBuf {
        self.repo.gx_dir().join("log-bytes.json")
    }
}

fn line(what: &str, bytes: u64, key: &str, most: u64) -> String {
    let (bytes, most) = (show_size(bytes), show_size(most));
    format!("{what} take {bytes}, more than `{key}` ({most}); see what could go: gx gc --dry-run")
}
