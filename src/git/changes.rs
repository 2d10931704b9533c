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
    /// The cost grows with what differs, not with how many there are. A note that has only moved to another place in
    /// the tree is named too.
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
        let words = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev"];
        let told = self.git().args(words).args([old.to_string(), new.to_string()]).run()?;
        let mut changed = ChangedNotes::new();
        let mut fields = told.split(|byte| *byte == 0);
        while let (Some(what), Some(path)) = (fields.next(), fields.next()) {
            // `:100644 100644 OLD NEW M`
            let what = std::str::from_utf8(what).context("cannot understand `git diff-tree`")?;
            let mut words = what.split(' ').skip(1);
            let (is_gone, blob) = (words.next() == Some("000000"), words.nth(1));
            let object: String =
                path.iter().filter(|byte| **byte != b'/').map(|byte| *byte as char).collect();
            // Whatever else somebody put into the tree is no note of an object.
            let (Ok(object), Some(blob)) = (object.parse::<ObjectId>(), blob) else { continue };
            match is_gone {
                // One that moved within the tree is told as gone and as new.
                true => drop(changed.entry(object).or_insert(None)),
                false => drop(changed.insert(object, Some(blob.parse()?))),
            }
        }
        Ok(changed)
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
