//! What differs between two states: notes by the diff of their trees, and histories.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::git::notes::Notes;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;

/// Which blob holds the note of an object now; `None` where it has none any more.
pub type ChangedNotes = BTreeMap<ObjectId, Option<ObjectId>>;

impl Repo {
    /// The notes that differ between two commits of a notes ref; all of them where there is no old one.
    ///
    /// The cost grows with what differs, not with how many there are.
    ///
    /// # Errors
    /// A commit cannot be read.
    pub fn changed_notes(&self, old: Option<ObjectId>, new: ObjectId) -> Result<ChangedNotes> {
        let Some(old) = old else {
            let all = Notes::at(self, "notes", new).all()?;
            return Ok(all.into_iter().map(|(object, blob)| (object, Some(blob))).collect());
        };
        if old == new {
            return Ok(ChangedNotes::new());
        }
        Ok(Notes::at(self, "notes", new).changes_since(old)?.into_iter().collect())
    }

    /// The tree that holds nothing.
    ///
    /// # Errors
    /// The repository cannot be written.
    pub fn empty_tree(&self) -> Result<ObjectId> {
        let told = self.durable_git().arg("mktree").run()?;
        String::from_utf8_lossy(&told).trim().parse()
    }

    /// How many commits hang on `tips` that nothing below the refs `known` holds, the tips themselves not counted.
    ///
    /// # Errors
    /// `git` cannot walk the history.
    pub fn unknown_history(&self, tips: &[ObjectId], known: &[String]) -> Result<usize> {
        let mut script: String = tips.iter().map(|tip| format!("{tip}\n")).collect();
        script.push_str("--not\n");
        known.iter().for_each(|glob| script.push_str(&format!("--glob={glob}\n")));
        let told = self.git().args(["rev-list", "--count", "--stdin"]).input(script.into_bytes()).run()?;
        let count: usize = String::from_utf8_lossy(&told).trim().parse().context("cannot count commits")?;
        Ok(count.saturating_sub(tips.len()))
    }
}
