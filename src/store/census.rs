//! How many experiments, notes, logs and files there are, and what they take.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::git::census::Objects;
use crate::git::notes::Notes;
use crate::store::experiments::{RECORDS, Store};
use crate::store::logs::LOGS;

/// A number of things, and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// How many.
    pub count: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// Everything that is counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Census {
    /// Experiments of this clone, archived ones among them.
    pub own: usize,
    /// Those of other clones, by site.
    pub by_site: BTreeMap<String, usize>,
    /// How many of all are archived.
    pub archived: usize,
    /// What `gx rm` threw away.
    pub trash: usize,
    /// Refs of gx, and how many of them are files of their own.
    pub refs: (usize, usize),
    /// The notes that hold records.
    pub records: Amount,
    /// The notes that hold logs.
    pub log_notes: Amount,
    /// The whole log files of this clone.
    pub log_files: Amount,
    /// Kept results.
    pub artifacts: Amount,
    /// The objects of the repository.
    pub objects: Objects,
    /// Batches of the journal that may not be in the notes yet.
    pub waiting: Amount,
    /// Those that are.
    pub applied: Amount,
    /// Runs that are not done with.
    pub pending: usize,
    /// Interrupted runs that can be put back into the queue.
    pub stranded: usize,
    /// Checkouts in use, and warm ones.
    pub checkouts: (usize, usize),
    /// The files of the index.
    pub index: Amount,
}

impl Store<'_> {
    /// Counts everything.
    pub fn census(&self) -> Result<Census> {
        let gx = self.repo.gx_dir();
        let mut census = Census { archived: self.archived()?.len(), ..Census::default() };
        for stored in self.list()? {
            match stored.id.site() {
                None => census.own += 1,
                Some(site) => *census.by_site.entry(site.to_string()).or_default() += 1,
            }
        }
        census.trash = self.repo.ref_names("refs/gx/trash/")?.len();
        let prefixes = ["refs/experiments/", "refs/gx/", "refs/artifacts/"];
        for prefix in prefixes {
            census.refs.0 += self.repo.ref_names(prefix)?.len();
        }
        census.refs.1 = self.repo.loose_refs().min(census.refs.0);
        census.records = self.notes_amount(RECORDS)?;
        census.log_notes = self.notes_amount(LOGS)?;
        let kept = self.artifacts()?;
        census.artifacts = Amount { count: kept.len(), bytes: kept.iter().map(|(_, _, bytes)| bytes).sum() };
        census.objects = self.repo.count_objects()?;
        let logs = entries(&gx.join("runs")).into_iter().map(|folder| folder.join("log"));
        census.log_files = amount(logs);
        census.waiting = amount(entries(&gx.join("journal/waiting")));
        census.applied = amount(entries(&gx.join("journal/applied")));
        let is_run = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json");
        census.pending = entries(&gx.join("pending")).into_iter().filter(is_run).count();
        census.stranded = entries(&gx.join("stranded")).into_iter().filter(is_run).count();
        let checkouts = entries(&gx.join("worktrees")).into_iter().filter(|path| path.is_dir());
        let (warm, used): (Vec<_>, Vec<_>) = checkouts.partition(|path| {
            path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"warm-"))
        });
        census.checkouts = (used.len(), warm.len());
        census.index = amount(["index.db", "index.db-wal", "index.db-shm"].map(|name| gx.join(name)));
        Ok(census)
    }

    fn notes_amount(&self, name: &str) -> Result<Amount> {
        let blobs: Vec<_> = Notes::open(self.repo, name)?.all()?.into_values().collect();
        Ok(Amount { count: blobs.len(), bytes: self.repo.sizes(&blobs)?.into_iter().sum() })
    }
}

fn amount(files: impl IntoIterator<Item = PathBuf>) -> Amount {
    let sizes = files.into_iter().filter_map(|path| Some(fs::metadata(path).ok()?.len()));
    sizes.fold(Amount::default(), |sum, bytes| Amount { count: sum.count + 1, bytes: sum.bytes + bytes })
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}
