//! Removing experiments so that they can come back.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::json;

use crate::error::{Exit, fault};
use crate::git::refs::Ref;
use crate::model::id::ExperimentId;
use crate::model::record::Fields;
use crate::store::experiments::{Store, Stored};

impl Store<'_> {
    /// Moves an experiment to the trash; its record says so first. One of another clone is only hidden here: its record
    /// goes back to that clone, and says nothing of it.
    pub fn trash(&self, stored: &Stored) -> Result<()> {
        if stored.id.site().is_none() {
            self.append(stored.snapshot, trashed(true))?;
        }
        let from = Ref { name: stored.id.reference(), target: stored.snapshot };
        if self.repo.read_ref(&from.name)?.is_some() {
            self.repo.rename_refs(&[(from, stored.id.trash())])?;
        } else {
            self.repo.make_refs(&[Ref { name: stored.id.trash(), target: stored.snapshot }])?;
        }
        // Where an archive holds it: from here on the trash does, and lists believe that first.
        self.take_out(&BTreeSet::from([stored.id.clone()]))
    }

    /// What is in the trash, the last one thrown away first.
    pub fn trashed(&self) -> Result<Vec<Stored>> {
        let mut found = Vec::new();
        for reference in self.repo.refs("refs/gx/trash/")? {
            if let Some(id) = ExperimentId::of_reference(&reference.name) {
                let note = self.note(reference.target)?;
                let last = note.rsplit(|byte| *byte == b'\n').find(|line| line.starts_with(b"{\"at\":"));
                found.push((last.unwrap_or_default().to_vec(), Stored { id, snapshot: reference.target }));
            }
        }
        found.sort_by(|a, b| b.0.cmp(&a.0));
        Ok(found.into_iter().map(|(_, stored)| stored).collect())
    }

    /// What is in the trash under a name, else the last one thrown away.
    ///
    /// # Errors
    /// There is none.
    pub fn find_trashed(&self, text: Option<&str>) -> Result<Stored> {
        let trashed_ones = self.trashed()?;
        // Nothing tells when another clone's was hidden, so that "the last one" can only be an own one.
        let wanted =
            |stored: &&Stored| text.map_or(stored.id.site().is_none(), |text| stored.id.to_string() == text);
        let Some(stored) = trashed_ones.iter().find(wanted) else {
            return Err(match text {
                Some(text) => {
                    fault(format!("`{text}` is not in the trash")).hint("`gx rm ID` is what `gx undo` undoes")
                }
                None if !trashed_ones.is_empty() => {
                    fault("only experiments of other clones are in the trash")
                        .hint(format!("name the one that is to come back: `gx undo {}`", trashed_ones[0].id))
                }
                None => fault("the trash is empty").hint("`gx rm ID` is what `gx undo` undoes"),
            }
            .exit(Exit::NoSuchExperiment)
            .into());
        };
        Ok(stored.clone())
    }

    /// Brings an experiment back that is in the trash; the record of an own one says so first.
    ///
    /// # Errors
    /// The repository cannot be written.
    pub fn untrash(&self, stored: &Stored) -> Result<()> {
        if stored.id.site().is_none() {
            self.append(stored.snapshot, trashed(false))?;
        }
        let from = Ref { name: stored.id.trash(), target: stored.snapshot };
        self.repo.rename_refs(&[(from, stored.id.reference())])
    }
}

fn trashed(is_trashed: bool) -> Fields {
    Fields::from_iter([("trashed".to_owned(), json!(is_trashed))])
}
