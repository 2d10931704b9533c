//! Runs that have begun and are not done with: what a later command needs to finish them.
//!
//! A file per run. Whoever looks after the run holds the file's flock, the trainer included, and the
//! kernel drops it when the last of them dies however it dies; so a file whose lock can be taken is
//! one to settle.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::error::fault;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::model::record::Fields;
use crate::process::fail;
use crate::process::identity::{self, Identity};
use crate::store::experiments::Store;

/// How the change under test stood to HEAD when the run began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The change is in the work tree only.
    Dirty,
    /// The change was committed before the run.
    Committed,
    /// There is no change: a baseline or a repeat.
    Unchanged,
}

/// What belongs to an experiment, and where it stood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scope {
    /// How the change stood to HEAD.
    pub mode: Mode,
    /// The full name of the branch, `HEAD` when detached.
    pub reference: String,
    /// The commit of HEAD.
    pub head: ObjectId,
    /// The commit that the change is compared with and rolled back to.
    pub base: ObjectId,
    /// The tree that ran.
    pub tree: ObjectId,
    /// The tree of the work tree after a roll back.
    pub rolled_back: ObjectId,
    /// The paths that keep and discard may touch.
    #[serde(with = "paths")]
    pub candidates: Vec<RepoPath>,
}

/// A run that has begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// The experiment's random name.
    pub uuid: String,
    /// The machine it runs on.
    pub machine: String,
    /// The work tree it runs in, by [`Repo::worktree_name`](crate::git::repo::Repo::worktree_name).
    pub worktree: String,
    /// Whether the agent trains by itself and will say how it ended.
    pub external: bool,
    /// Whether the tree and the branch are to stay whatever the outcome.
    pub leave: bool,
    /// Its snapshot.
    pub snapshot: ObjectId,
    /// The first line of its record, all but the id.
    pub begin: Fields,
    /// What belongs to it.
    pub scope: Scope,
}

/// A pending run in the hand of this process; dropping it leaves the file for a later command.
#[must_use = "dropping it tells other processes that nobody looks after the run"]
#[derive(Debug)]
pub struct Held {
    path: PathBuf,
    lock: File,
    /// The run.
    pub pending: Pending,
}

impl Held {
    /// Notes which process trains, so that a later command does not take a living run for a dead one.
    pub fn trainer(&self, trainer: &Identity) -> Result<()> {
        fs::write(self.path.with_extension("trainer"), serde_json::to_vec(trainer)?)
            .context("cannot note the trainer")
    }

    /// The lock of the file, for the trainer to inherit.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.lock.as_fd()
    }

    /// The process that trains, where one was started.
    pub fn read_trainer(&self) -> Option<Identity> {
        serde_json::from_slice(&fs::read(self.path.with_extension("trainer")).ok()?).ok()
    }

    /// Removes the file: nothing is left to do.
    pub fn done(self) -> Result<()> {
        let _ = fs::remove_file(self.path.with_extension("trainer"));
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).context("cannot remove a pending run")
            }
            _ => Ok(()),
        }
    }
}

impl Store<'_> {
    fn pending_folder(&self) -> PathBuf {
        self.repo.gx_dir().join("pending")
    }

    /// Announces a run; the file is on disk, and locked by this process, when it returns.
    pub fn announce(&self, pending: Pending) -> Result<Held> {
        let folder = self.pending_folder();
        let path = folder.join(format!("{}.json", pending.uuid));
        let temporary = self.repo.scratch("pending")?;
        let write = || {
            fs::create_dir_all(&folder)?;
            fs::write(&temporary, serde_json::to_vec(&pending)?)?;
            let lock = File::open(&temporary)?;
            lock.lock()?;
            lock.sync_all()?;
            fail::point("announcing");
            fs::rename(&temporary, &path)?;
            File::open(&folder)?.sync_all()?;
            Ok::<_, std::io::Error>(lock)
        };
        let lock = write().with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Held { path, lock, pending })
    }

    /// The runs of this machine that nobody looks after any more, locked by this process.
    pub fn abandoned(&self) -> Result<Vec<Held>> {
        let Ok(files) = fs::read_dir(self.pending_folder()) else { return Ok(Vec::new()) };
        let mut paths: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        let held = paths.iter().filter_map(|path| take(path).transpose());
        let held: Result<Vec<Held>> = held.collect();
        Ok(held?.into_iter().filter(|held| held.pending.machine == identity::machine_id()).collect())
    }

    /// The run with this uuid, if nobody else has it in hand.
    pub fn take_pending(&self, uuid: &str) -> Result<Option<Held>> {
        take(&self.pending_folder().join(format!("{uuid}.json")))
    }
}

fn take(path: &Path) -> Result<Option<Held>> {
    let Ok(file) = File::open(path) else { return Ok(None) };
    if file.try_lock().is_err() {
        return Ok(None);
    }
    // Whoever had the lock may have finished the run and removed the file meanwhile.
    let Ok(text) = fs::read(path) else { return Ok(None) };
    let pending = serde_json::from_slice(&text).map_err(|error| {
        fault(format!("cannot understand {}: {error}", path.display()))
            .hint("move the file away: the run that it is about then stays unfinished")
    })?;
    Ok(Some(Held { path: path.to_path_buf(), lock: file, pending }))
}

/// Paths as bytes, since JSON texts cannot hold every file name.
mod paths {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::model::path::RepoPath;

    pub(super) fn serialize<S: Serializer>(paths: &[RepoPath], to: S) -> Result<S::Ok, S::Error> {
        paths.iter().map(RepoPath::as_bytes).collect::<Vec<_>>().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<RepoPath>, D::Error> {
        Ok(Vec::<Vec<u8>>::deserialize(from)?.into_iter().map(RepoPath::new).collect())
    }
}
