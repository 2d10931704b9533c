//! What is remembered of a remote between two commands. It may be lost: then everything is compared once more.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::model::object::ObjectId;

/// Two commits of notes of which this holds: they say the same, but for what theirs owes. It is about two commits that
/// never change, so an old one is as true as a new one; only more is compared then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Even {
    /// The commit of the remote's notes.
    pub theirs: Option<ObjectId>,
    /// The commit of the local notes.
    pub ours: Option<ObjectId>,
    /// Whose notes the remote's commit does not have whole.
    pub owed: BTreeSet<ObjectId>,
}

/// What is remembered of one remote.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Where the records were even.
    pub records: Option<Even>,
    /// Where the logs were.
    pub logs: Option<Even>,
    /// The commit of its notes up to which owners were followed in removing and bringing back. Of its own, since a push
    /// takes in lines too, and moves no refs.
    pub followed: Option<ObjectId>,
    /// When it was last fetched from, RFC 3339.
    pub pulled: Option<String>,
    /// When it was last pushed to, RFC 3339.
    pub pushed: Option<String>,
}

impl Memory {
    /// Reads it; where it is lost or torn, nothing is remembered.
    pub fn read(gx_dir: &Path, remote: &str) -> Self {
        let text = fs::read(file(gx_dir, remote, "json")).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Writes it.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&self, gx_dir: &Path, remote: &str) -> Result<()> {
        let (path, temporary) = (file(gx_dir, remote, "json"), file(gx_dir, remote, "tmp"));
        let write = || {
            fs::write(&temporary, serde_json::to_vec(self)?)?;
            fs::rename(&temporary, &path)
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }

    /// Waits until no other gx of this clone exchanges anything with the remote, and keeps others out until it is dropped.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn lock(gx_dir: &Path, remote: &str) -> Result<File> {
        let path = file(gx_dir, remote, "lock");
        let lock = || {
            fs::create_dir_all(path.parent().unwrap_or(gx_dir))?;
            let file = File::options().create(true).truncate(false).write(true).open(&path)?;
            file.lock()?;
            Ok::<_, std::io::Error>(file)
        };
        lock().with_context(|| format!("cannot lock {}", path.display()))
    }
}

fn file(gx_dir: &Path, remote: &str, kind: &str) -> PathBuf {
    // Appended, since a remote's name may have dots.
    gx_dir.join("remotes").join(format!("{remote}.{kind}"))
}
