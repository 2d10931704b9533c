//! The logs of the runs: a file while it grows, a note when the run is over.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::clock::Timestamp;
use crate::git::notes::Notes;
use crate::git::refs::Swap;
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::outcome::Finished;
use crate::store::experiments::{Store, Stored};

/// The notes that hold the logs.
pub const LOGS: &str = "refs/notes/experiment-logs";

impl Store<'_> {
    /// The file that a run of this clone writes its output to.
    pub fn log_file(&self, id: &ExperimentId) -> PathBuf {
        self.repo.gx_dir().join("runs").join(id.to_string()).join("log")
    }

    /// Keeps an outcome beside the log, for those of this clone who ask for it later.
    pub fn keep_outcome(&self, finished: &Finished) -> Result<()> {
        let path = self.log_file(&finished.id).with_file_name("outcome.json");
        let write = || {
            fs::create_dir_all(path.parent().expect("it lies in a folder of its run"))?;
            let temporary = path.with_extension("tmp");
            fs::write(&temporary, serde_json::to_vec(finished)?)?;
            fs::rename(&temporary, &path)
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }

    /// The outcome of an experiment, where it came to its end in this clone.
    pub fn outcome(&self, id: &ExperimentId) -> Option<Finished> {
        serde_json::from_slice(&fs::read(self.log_file(id).with_file_name("outcome.json")).ok()?).ok()
    }

    /// Removes the log and the outcome of a run that is to run again; the note of the log stays.
    pub fn forget_run(&self, id: &ExperimentId) -> Result<()> {
        let log = self.log_file(id);
        for path in [log.with_file_name("outcome.json"), log] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", path.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Keeps a log as a note on the snapshot; a log that is there already is replaced.
    pub fn keep_log(&self, snapshot: ObjectId, log: &[u8]) -> Result<()> {
        let edit = BTreeMap::from([(snapshot, log.to_vec())]);
        loop {
            let notes = Notes::open(self.repo, LOGS)?;
            if notes.read(snapshot)?.as_deref() == Some(log) {
                return Ok(());
            }
            if notes.write(&edit, "gx: keep a log", Timestamp::now())? == Swap::Done {
                return Ok(());
            }
            // Somebody was faster; a moment lets him finish.
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// The log of an experiment: the whole file where this clone has it, else what the note holds.
    pub fn log(&self, stored: &Stored) -> Result<Option<Vec<u8>>> {
        if let Ok(log) = fs::read(self.log_file(&stored.id)) {
            return Ok(Some(log));
        }
        Notes::open(self.repo, LOGS)?.read(stored.snapshot)
    }
}
