//! Isolated runs that a reboot or a kill has cut short, kept for a week so that they can be put back into the queue.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};

use crate::model::object::ObjectId;
use crate::process::identity;
use crate::store::aside::Aside;
use crate::store::experiments::Store;
use crate::store::pending::{Held, Pending, files, take};

/// How long they are kept: their environment may hold secrets, and an old idea is run anew instead.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

impl Held {
    /// Takes the run out of the pending ones, and keeps what is needed to run it again.
    pub fn strand(self) -> Result<()> {
        // Counted from now, not from when the run began to wait.
        let _ = File::options().append(true).open(self.path()).and_then(|file| file.set_modified(now()));
        self.move_to("stranded").map(drop).context("cannot keep an interrupted run")
    }

    /// Makes a stranded run a pending one again.
    fn unstrand(self) -> Result<Self> {
        self.move_to("pending").context("cannot take up an interrupted run")
    }

    /// The environment goes first: without the file of the run it is nothing, and that one decides where the run is.
    fn move_to(self, folder: &str) -> std::io::Result<Self> {
        let folder = self.path().ancestors().nth(2).unwrap_or(Path::new(".")).join(folder);
        fs::create_dir_all(&folder)?;
        let to = folder.join(self.path().file_name().unwrap_or_default());
        for (from, to) in [
            (self.path().with_extension(Aside::ENVIRONMENT), to.with_extension(Aside::ENVIRONMENT)),
            (self.path().to_path_buf(), to.clone()),
        ] {
            match fs::rename(from, to) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        File::open(&folder)?.sync_all()?;
        let before = self.aside();
        let moved = self.at(to);
        before.clear();
        Ok(moved)
    }
}

impl Store<'_> {
    /// The interrupted runs of this machine that can be put back into the queue, oldest first.
    pub fn stranded(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for path in files(&self.stranded_folder()) {
            if let Some(held) = take(&path)?
                && held.pending.machine == identity::machine_id()
            {
                found.push((modified(&path), held.pending.uuid));
            }
        }
        found.sort();
        Ok(found.into_iter().map(|(_, uuid)| uuid).collect())
    }

    /// The snapshot of a stranded run.
    pub fn peek_stranded(&self, uuid: &str) -> Option<ObjectId> {
        let text = fs::read(self.stranded_folder().join(format!("{uuid}.json"))).ok()?;
        Some(serde_json::from_slice::<Pending>(&text).ok()?.snapshot)
    }

    /// Makes a stranded run a pending one again, held by this process; nothing where another was faster.
    pub fn take_stranded(&self, uuid: &str) -> Result<Option<Held>> {
        take(&self.stranded_folder().join(format!("{uuid}.json")))?.map(Held::unstrand).transpose()
    }

    /// Forgets those that have been kept long enough.
    pub fn forget_stranded(&self) {
        for path in files(&self.stranded_folder()) {
            if now().duration_since(modified(&path)).is_ok_and(|age| age > KEPT)
                && let Ok(Some(held)) = take(&path)
            {
                let _ = held.done();
            }
        }
    }

    fn stranded_folder(&self) -> PathBuf {
        self.repo.gx_dir().join("stranded")
    }
}

fn now() -> SystemTime {
    SystemTime::now()
}

fn modified(path: &Path) -> SystemTime {
    fs::metadata(path).and_then(|meta| meta.modified()).unwrap_or_else(|_| now())
}
