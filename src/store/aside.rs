//! Small notes beside the file of a pending run: who looks after it, who trains, how it ended.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The notes beside one pending run.
#[derive(Clone, Debug)]
pub struct Aside {
    path: PathBuf,
}

impl Aside {
    /// The [`Identity`](crate::process::identity::Identity) of the process that trains.
    pub const TRAINER: &str = "trainer";
    /// The identity of the gx that looks after it.
    pub const SHIM: &str = "shim";
    /// Where it stands in the queue for cards.
    pub const QUEUE: &str = "queue";
    /// How the command ended, written before anything is made of it.
    pub const RESULT: &str = "result";
    /// The environment that the command is to have when another process starts it later; for its owner's eyes only.
    pub const ENVIRONMENT: &str = "environment";

    /// That the record of an external run has begun: only its agent has anything left to do for it.
    pub const BEGUN: &str = "begun";

    /// Locked by the one who adopts its trainer.
    const ADOPTER: &str = "adopter";

    const ALL: [&str; 7] =
        [Self::TRAINER, Self::SHIM, Self::QUEUE, Self::RESULT, Self::ENVIRONMENT, Self::BEGUN, Self::ADOPTER];

    pub(super) fn of(pending: &Path) -> Self {
        Self { path: pending.to_path_buf() }
    }

    /// Reads a note; one that is not there, or was torn, is none.
    pub fn read<T: DeserializeOwned>(&self, what: &str) -> Option<T> {
        serde_json::from_slice(&fs::read(self.path.with_extension(what)).ok()?).ok()
    }

    /// Writes a note that need not survive a power cut.
    pub fn write<T: Serialize>(&self, what: &str, note: &T) -> Result<()> {
        let path = self.path.with_extension(what);
        let write = || {
            let file = File::options().create(true).truncate(false).write(true).mode(0o600).open(&path)?;
            let mut text = serde_json::to_vec(note)?;
            // Written over in place and never cut: a file system may flush a file that is. JSON ends in any blanks.
            let before = usize::try_from(file.metadata()?.len()).unwrap_or_default();
            text.resize(text.len().max(before), b' ');
            file.write_all_at(&text, 0)
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }

    /// Makes a note that says enough by being there.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn mark(&self, what: &str) -> Result<()> {
        // A second name for the run's own file: one that is made and removed with each run keeps a file system busier.
        match fs::hard_link(&self.path, self.path.with_extension(what)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(_) => self.write(what, &true),
            Ok(()) => Ok(()),
        }
    }

    /// Writes a note whole or not at all; whoever is killed right after has written it. [`Written::sync`] makes it
    /// outlive a power cut too.
    pub fn write_whole<T: Serialize>(&self, what: &str, note: &T) -> Result<Written> {
        let path = self.path.with_extension(what);
        let temporary = self.path.with_extension(format!("{what}.tmp"));
        let write = || {
            let mut file =
                File::options().create(true).truncate(true).write(true).mode(0o600).open(&temporary)?;
            file.write_all(&serde_json::to_vec(note)?)?;
            fs::rename(&temporary, &path)?;
            Ok::<_, io::Error>(file)
        };
        let file = write().with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Written { file, path })
    }

    /// Makes this process the one that may adopt the trainer, for as long as the file is open; nothing where another is.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn claim(&self) -> Result<Option<File>> {
        let path = self.path.with_extension(Self::ADOPTER);
        let file = File::options().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let file = file.with_context(|| format!("cannot write {}", path.display()))?;
        if file.try_lock().is_err() {
            return Ok(None);
        }
        if !self.path.exists() {
            // All was done a moment ago: nobody would remove this any more.
            let _ = fs::remove_file(&path);
            return Ok(None);
        }
        Ok(Some(file))
    }

    /// Takes a note back.
    pub fn remove(&self, what: &str) {
        let _ = fs::remove_file(self.path.with_extension(what));
    }

    /// Removes them all.
    pub(super) fn clear(&self) {
        let names = Self::ALL.into_iter().flat_map(|what| [what.to_owned(), format!("{what}.tmp")]);
        // Most are not there, and a look, unlike a removal, takes no lock of the folder.
        let paths = names.map(|name| self.path.with_extension(name));
        for path in paths.filter(|path| path.symlink_metadata().is_ok()) {
            let _ = fs::remove_file(path);
        }
    }
}

/// A note that was written, and may still be lost with the power.
#[must_use = "until it is synced a power cut may take it"]
#[derive(Debug)]
pub struct Written {
    file: File,
    path: PathBuf,
}

impl Written {
    /// Comes back when the note is on the disk.
    ///
    /// # Errors
    /// The disk has failed.
    pub fn sync(self) -> Result<()> {
        let sync = || {
            self.file.sync_all()?;
            File::open(self.path.parent().unwrap_or(Path::new(".")))?.sync_all()
        };
        sync().with_context(|| format!("cannot write {}", self.path.display()))
    }
}
