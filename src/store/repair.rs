//! After a power cut: the notes were not forced to disk, so they are checked once per boot.
//!
//! Only the journal, the snapshots and their refs are durable. Where the cut tore the notes, they
//! are taken back to the newest state that is whole, and the journal fills in the rest.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::git::notes::{Notes, is_torn};
use crate::git::repo::Repo;
use crate::store::experiments::{RECORDS, Store};
use crate::store::logs::LOGS;

impl Store<'_> {
    /// Checks both notes refs and mends what a power cut has torn.
    pub(super) fn repair(&self) -> Result<()> {
        // Also where the refs are whole: what no ref names yet is about to be written again.
        remove_empty_files(self.repo)?;
        for name in [RECORDS, LOGS] {
            let log = self.repo.reflog(name);
            if !has_survived(self.repo, name)? {
                let mut whole = None;
                for tip in &log {
                    if whole.is_none() && Notes::at(self.repo, name, *tip).has_survived()? {
                        whole = Some(*tip);
                    }
                }
                let mended = self.repo.reset_broken_ref(name, whole);
                mended.with_context(|| format!("cannot mend `{name}`"))?;
            }
            if log.iter().any(|tip| !self.repo.has_object(*tip)) {
                self.repo.forget_reflog(name)?;
            }
        }
        Ok(())
    }
}

fn has_survived(repo: &Repo, name: &str) -> Result<bool> {
    match repo.read_ref(name) {
        Ok(None) => Ok(true),
        Ok(Some(tip)) => Notes::at(repo, name, tip).has_survived(),
        Err(error) => is_torn(&error).then_some(false).ok_or(error),
    }
}

/// A torn loose object is a file of length zero; it holds nothing, and keeps Git from writing the object anew.
fn remove_empty_files(repo: &Repo) -> Result<()> {
    let objects = repo.common_dir().join("objects");
    for folder in fs::read_dir(&objects)?.flatten().map(|folder| folder.path()) {
        let is_fan_out = folder.file_name().is_some_and(|name| name.len() == 2);
        if is_fan_out {
            remove_empty_in(&folder)?;
        }
    }
    Ok(())
}

fn remove_empty_in(folder: &Path) -> Result<()> {
    for file in fs::read_dir(folder)?.flatten() {
        // Anything else is an object that another process is just writing.
        let is_object = file.file_name().as_encoded_bytes().iter().all(u8::is_ascii_hexdigit);
        if is_object && file.metadata().is_ok_and(|meta| meta.is_file() && meta.len() == 0) {
            fs::remove_file(file.path())
                .with_context(|| format!("cannot remove {}", file.path().display()))?;
        }
    }
    Ok(())
}
