//! `gx gc`: what the policy gives up, planned first and then done.
//!
//! Nothing goes but what a key of `[store]` names, and what killed processes have left. Records and the notes of logs
//! stay for ever.

mod find;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;

use crate::clock::Timestamp;
use crate::git::notes::Notes;
use crate::git::refs::Ref;
use crate::model::record::{Fields, Line};
use crate::process::fail;
use crate::store::experiments::{RECORDS, Store, Stored};
use crate::store::flush::missing;
use crate::store::journal::Batch;
use crate::store::logs::LOGS;

/// A kind of thing that goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Experiments that were thrown away long ago.
    Trash,
    /// Whole log files; head and tail stay in a note.
    Logs,
    /// Kept results.
    Artifacts,
    /// Lines of the journal that the notes hold.
    Journal,
    /// What killed processes have left.
    Leftovers,
    /// What Git believes about checkouts that are gone.
    Registrations,
}

impl Kind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Trash => "trash",
            Self::Logs => "logs",
            Self::Artifacts => "artifacts",
            Self::Journal => "journal",
            Self::Leftovers => "leftovers",
            Self::Registrations => "worktrees",
        }
    }
}

/// Things of one kind that go.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// Which kind.
    pub kind: Kind,
    /// What they are called.
    pub names: Vec<String>,
    /// How many bytes that frees, as far as it can be told beforehand.
    pub bytes: u64,
    /// Why they go.
    pub why: String,
}

/// What goes, all of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expiry {
    /// For people, a line a kind.
    pub shares: Vec<Share>,
    trash: Vec<Stored>,
    artifacts: Vec<(Stored, Ref)>,
    /// Whole logs, with the experiments whose notes hold their heads and tails.
    logs: Vec<(Stored, PathBuf)>,
    journal: Vec<Batch>,
    files: Vec<PathBuf>,
    registrations: Vec<u32>,
}

impl Store<'_> {
    /// Does what a plan says; whoever is killed in between can do the rest with a new plan.
    pub fn expire(&self, plan: &Expiry) -> Result<()> {
        self.expire_artifacts(plan)?;
        self.expire_trash(plan)?;
        self.expire_copies(plan)?;
        for file in &plan.files {
            remove(file)?;
        }
        fail::point("gc-files");
        plan.registrations.iter().try_for_each(|number| self.repo.drop_registration(*number))
    }

    /// The record says so first: who asks for them later is not to think that they were lost.
    fn expire_artifacts(&self, plan: &Expiry) -> Result<()> {
        if plan.artifacts.is_empty() {
            return Ok(());
        }
        let mut lines = Vec::new();
        // What another clone still has is not expired for everybody.
        for (stored, _) in plan.artifacts.iter().filter(|(stored, _)| stored.id.site().is_none()) {
            let fields = Fields::from_iter([("artifacts_expired".to_owned(), json!(Timestamp::now()))]);
            let record = self.record(stored.snapshot)?;
            if !record.fields().contains_key("artifacts_expired") {
                lines.push((stored.snapshot, Line::new(Timestamp::now(), fields).after(&record)));
            }
        }
        self.append_all(&lines)?;
        fail::point("gc-artifacts");
        let refs: Vec<Ref> = plan.artifacts.iter().map(|(_, reference)| reference.clone()).collect();
        self.repo.delete_refs(&refs).map(drop)
    }

    /// What goes because the notes hold it too goes only if they still do: somebody may have rewound them since the plan.
    fn expire_copies(&self, plan: &Expiry) -> Result<()> {
        let records = Notes::open(self.repo, RECORDS)?;
        for batch in &plan.journal {
            if missing(&records, std::slice::from_ref(batch))?.is_empty() {
                remove(batch.path())?;
            }
        }
        let logs = Notes::open(self.repo, LOGS)?;
        for (stored, path) in &plan.logs {
            if logs.read(stored.snapshot)?.is_some() {
                remove(path)?;
            }
        }
        Ok(())
    }

    /// Archives first, so that none of them comes back when its place in the trash is gone.
    fn expire_trash(&self, plan: &Expiry) -> Result<()> {
        if plan.trash.is_empty() {
            return Ok(());
        }
        self.take_out(&plan.trash.iter().map(|stored| stored.id.clone()).collect::<BTreeSet<_>>())?;
        fail::point("gc-trash");
        let trash = plan.trash.iter().map(|stored| Ref { name: stored.id.trash(), target: stored.snapshot });
        self.repo.delete_refs(&trash.collect::<Vec<_>>())?;
        // One that somebody has brought back since the plan keeps everything.
        let mut gone = Vec::new();
        for stored in &plan.trash {
            if self.repo.read_ref(&stored.id.reference())?.is_none() {
                gone.push(stored);
            }
        }
        let mut results = Vec::new();
        for stored in &gone {
            let name = format!("refs/artifacts/{}", stored.id);
            if let Some(target) = self.repo.read_ref(&name)? {
                results.push(Ref { name, target });
            }
        }
        self.repo.delete_refs(&results)?;
        fail::point("gc-expired");
        for stored in gone.into_iter().filter(|stored| stored.id.site().is_none()) {
            let log = self.log_file(&stored.id);
            let folder = log.parent().unwrap_or(Path::new("."));
            match fs::remove_dir_all(folder) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", folder.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.or_else(|error| match error.kind() {
        ErrorKind::NotFound => Ok(()),
        _ => Err(error).with_context(|| format!("cannot remove {}", path.display())),
    })
}
