//! Noticing that somebody else's tool has taken lines out of the notes, and putting them back.
//!
//! gx remembers the tip of the notes up to which the journal's lines are in them. As long as the tip of
//! now descends from it, nothing can be missing.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::git::notes::is_torn;
use crate::model::object::ObjectId;
use crate::process::identity;
use crate::store::experiments::{RECORDS, Store};
use crate::store::share::records::put_back;

impl Store<'_> {
    /// Brings the notes up to date with the journal: cheap where nothing has happened.
    pub fn settle(&self) -> Result<()> {
        let (boot, remembered) = self.remembered();
        if boot != identity::boot_id() {
            self.repair()?;
        }
        let settled = self.settle_from(&boot, remembered);
        match settled {
            // A disk may tear them without a power cut, too.
            Err(error) if is_torn(&error) => self.repair().and_then(|()| self.replay()),
            settled => settled,
        }
    }

    fn settle_from(&self, boot: &str, remembered: Option<ObjectId>) -> Result<()> {
        let present = self.repo.read_ref(RECORDS)?;
        let is_same = present.is_some() && present == remembered && boot == identity::boot_id();
        if !is_same {
            if boot != identity::boot_id() || !self.grew(remembered, present)? {
                self.put(&self.journal.everything()?)?;
                put_back(self)?;
            }
            self.remember_tip()?;
        }
        if self.gathers { Ok(()) } else { self.flush() }
    }

    /// Adds every line of the journal that the notes lack, whatever is remembered.
    ///
    /// # Errors
    /// The notes cannot be read or written.
    pub fn replay(&self) -> Result<()> {
        self.put(&self.journal.everything()?)?;
        self.remember_tip()
    }

    /// Remembers the tip after a write on top of `base`, unless lines were taken out below it: then the next
    /// [`Self::settle`] must find the tip changed and put them back.
    pub(super) fn remember_growth(&self, base: Option<ObjectId>) -> Result<()> {
        let (boot, remembered) = self.remembered();
        let is_new = remembered.is_none() && base.is_none();
        if is_new || boot == identity::boot_id() && self.grew(remembered, base)? {
            self.remember_tip()
        } else {
            Ok(())
        }
    }

    fn grew(&self, old: Option<ObjectId>, new: Option<ObjectId>) -> Result<bool> {
        old.zip(new).map_or(Ok(false), |(old, new)| self.repo.is_ancestor(old, new))
    }

    fn tip_file(&self) -> PathBuf {
        self.repo.gx_dir().join("notes-tip")
    }

    /// The boot and the tip that were remembered last.
    fn remembered(&self) -> (String, Option<ObjectId>) {
        let text = fs::read_to_string(self.tip_file()).unwrap_or_default();
        let (boot, tip) = text.lines().next().and_then(|line| line.split_once(' ')).unwrap_or_default();
        (boot.to_owned(), tip.parse().ok())
    }

    fn remember_tip(&self) -> Result<()> {
        let Some(tip) = self.repo.read_ref(RECORDS)? else { return Ok(()) };
        // Not durable, and need not be: a wrong memory only makes the next command look again. Written over
        // in place, since a file system flushes what replaces a file, and the line is always as long.
        fs::create_dir_all(self.repo.gx_dir())?;
        let file = fs::File::options().create(true).truncate(false).write(true).open(self.tip_file());
        let line = format!("{} {tip}\n", identity::boot_id());
        file.and_then(|file| file.write_all_at(line.as_bytes(), 0)).context("cannot write notes-tip")
    }
}
