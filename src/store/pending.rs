//! Runs that have begun and are not done with: what a later command needs to finish them.
//!
//! A file per run. Whoever looks after the run holds the file's flock, the trainer included, and the
//! kernel drops it when the last of them dies however it dies; so a file whose lock can be taken is
//! one to settle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::error::fault;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::model::record::Fields;
use crate::process::fail;
use crate::process::identity::{self, Identity};
use crate::store::aside::Aside;
use crate::store::durably::made_in;
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
    /// The branch of the tag, where HEAD is detached and the tag has one: it moves with a keep, and HEAD with it.
    #[serde(default)]
    pub tip: Option<String>,
    /// Where that branch stood.
    #[serde(default)]
    pub tip_at: Option<ObjectId>,
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

/// How a command is to be run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its words, parameters put in.
    pub command: Vec<String>,
    /// The parameters, as they were given.
    pub params: Vec<(String, String)>,
    /// Where it runs, relative to the top of the work tree; for a run in place anywhere, absolute.
    pub folder: PathBuf,
    /// After which time it is killed; `None` is never.
    pub limit: Option<Duration>,
    /// How many cards it gets.
    pub gpus: u32,
    /// `GX_SEED`, for one of several repeats.
    pub seed: Option<u32>,
    /// Whether it runs in a checkout of its own.
    pub isolated: bool,
    /// Patterns of the results that are kept of that checkout.
    pub artifacts: Vec<String>,
    /// Whether that checkout is kept afterwards.
    pub keep_worktree: bool,
    /// Whether a clean work tree of the tag is to stay where it is when the tip moves.
    pub stay: bool,
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
    /// How its command is run; `None` where the agent does it.
    #[serde(default)]
    pub task: Option<Task>,
    /// What was configured when it began and is no default, by full key: what it is judged by.
    #[serde(default)]
    pub settings: BTreeMap<String, toml::Value>,
}

impl Pending {
    /// Whether it runs in a checkout of its own.
    pub fn is_isolated(&self) -> bool {
        self.task.as_ref().is_some_and(|task| task.isolated)
    }
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
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The same run, whose file has been moved.
    pub(super) fn at(self, path: PathBuf) -> Self {
        Self { path, ..self }
    }

    /// Notes which process trains, so that a later command does not take a living run for a dead one.
    pub fn trainer(&self, trainer: &Identity) -> Result<()> {
        self.aside().write(Aside::TRAINER, trainer).context("cannot note the trainer")
    }

    /// What is noted beside the file.
    pub fn aside(&self) -> Aside {
        Aside::of(&self.path)
    }

    /// The lock of the file, for the trainer to inherit.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.lock.as_fd()
    }

    /// The process that trains, where one was started.
    pub fn read_trainer(&self) -> Option<Identity> {
        self.aside().read(Aside::TRAINER)
    }

    /// Removes the file: nothing is left to do.
    pub fn done(self) -> Result<()> {
        self.aside().clear();
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
            fs::write(&temporary, serde_json::to_vec(&pending)?)?;
            let lock = File::open(&temporary)?;
            lock.lock()?;
            lock.sync_all()?;
            fail::point("announcing");
            made_in(&folder, || fs::rename(&temporary, &path))?;
            File::open(&folder)?.sync_all()?;
            Ok::<_, std::io::Error>(lock)
        };
        let lock = write().with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Held { path, lock, pending })
    }

    /// The runs of this machine that nobody looks after any more, each locked by this process while it is looked at;
    /// without those that only wait for their agent, of which there may be many.
    pub fn abandoned(&self) -> impl Iterator<Item = Result<Held>> {
        // One at a time: whoever waits for one of them must not wait for all.
        let held = unsettled(&self.pending_folder()).into_iter().filter_map(|path| take(&path).transpose());
        let machine = identity::machine_id();
        held.filter(move |held| held.as_ref().map_or(true, |held| held.pending.machine == machine))
    }

    /// All runs of this machine that are not done with, whoever has them in hand.
    pub fn all_pending(&self) -> Vec<Pending> {
        let read = |path: PathBuf| serde_json::from_slice(&fs::read(path).ok()?).ok();
        let all = files(&self.pending_folder()).into_iter().filter_map(read);
        all.filter(|pending: &Pending| pending.machine == identity::machine_id()).collect()
    }

    /// The run with this uuid, whoever has it in hand, and what is noted beside it.
    pub fn peek_pending(&self, uuid: &str) -> Option<(Pending, Aside)> {
        let path = self.pending_folder().join(format!("{uuid}.json"));
        Some((serde_json::from_slice(&fs::read(&path).ok()?).ok()?, Aside::of(&path)))
    }

    /// As [`Self::take_pending`], but waits a moment for a command that only looks at it.
    pub fn take_pending_patiently(&self, uuid: &str) -> Result<Option<Held>> {
        for _ in 0..100 {
            if let Some(held) = self.take_pending(uuid)? {
                return Ok(Some(held));
            }
            if self.peek_pending(uuid).is_none() {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(None)
    }

    /// The run with this uuid, if nobody else has it in hand.
    pub fn take_pending(&self, uuid: &str) -> Result<Option<Held>> {
        take(&self.pending_folder().join(format!("{uuid}.json")))
    }
}

/// The files of runs in a folder, by name.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(files) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    paths
}

/// The files of runs in a folder that have no note that only their agent has anything to do.
fn unsettled(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let names: BTreeSet<_> = entries.flatten().map(|file| file.file_name()).collect();
    let paths = names.iter().map(|name| folder.join(name));
    let is_open = |path: &PathBuf| {
        let begun = path.with_extension(Aside::BEGUN);
        path.extension().is_some_and(|extension| extension == "json")
            && begun.file_name().is_none_or(|name| !names.contains(name))
    };
    paths.filter(is_open).collect()
}

pub(super) fn take(path: &Path) -> Result<Option<Held>> {
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
