//! Experiments that were begun this very moment: their refs are there, and their first line is on its way into the notes.

use std::collections::HashMap;

use anyhow::Result;

use crate::clock::Timestamp;
use crate::git::notes::Notes;
use crate::model::object::ObjectId;
use crate::model::record::Line;
use crate::store::experiments::{Found, RECORDS, Store};
use crate::store::journal::with;

impl Store<'_> {
    /// As [`Self::each_note`], where one that was found without a note may have lines by now.
    ///
    /// # Errors
    /// A note, the journal or a pending run cannot be read.
    pub fn each_newest_note<T: Send>(
        &self,
        some: &[Found],
        make: &(dyn Fn(&Found, &[u8]) -> T + Sync),
        take: &mut dyn FnMut(T) -> Result<()>,
    ) -> Result<()> {
        let begun = self.begun(some)?;
        let newest = |found: &Found, note: &[u8]| match begun.get(&found.stored.snapshot) {
            Some(lines) => make(found, lines),
            None => make(found, note),
        };
        self.each_note(some, &newest, take)
    }

    /// The lines of those that were found without a note, where they have any.
    fn begun(&self, some: &[Found]) -> Result<HashMap<ObjectId, Vec<u8>>> {
        let bare = some.iter().filter(|found| found.note.is_none()).map(|found| found.stored.snapshot);
        let mut lines: HashMap<ObjectId, Vec<u8>> = bare.map(|snapshot| (snapshot, Vec::new())).collect();
        if lines.is_empty() {
            return Ok(lines);
        }
        // The way of a first line: beside the pending run, in the journal, in the note. Looked at in this order, it is
        // missed nowhere.
        for pending in self.all_pending() {
            if let Some(lines) = lines.get_mut(&pending.snapshot) {
                *lines = Line::new(Timestamp::now(), pending.begin).text().into();
            }
        }
        let mut known: HashMap<ObjectId, Vec<String>> = HashMap::new();
        for entry in self.journal.waiting()?.into_iter().flat_map(|batch| batch.entries) {
            if lines.contains_key(&entry.snapshot) {
                known.entry(entry.snapshot).or_default().push(entry.line);
            }
        }
        let snapshots: Vec<ObjectId> = lines.keys().copied().collect();
        let notes = Notes::open(self.repo, RECORDS)?.read_many(&snapshots)?;
        for (snapshot, note) in snapshots.into_iter().zip(notes) {
            let waiting = known.remove(&snapshot).unwrap_or_default();
            if note.is_some() || !waiting.is_empty() {
                let waiting = waiting.iter().map(String::as_bytes).collect();
                lines.insert(snapshot, with(note.unwrap_or_default(), waiting));
            }
        }
        lines.retain(|_, lines| !lines.is_empty());
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::git::repo::Repo;
    use crate::model::id::ExperimentId;
    use crate::model::record::{Fields, Record};
    use crate::store::experiments::Stored;
    use crate::store::pending::{Mode, Pending, Scope};

    #[test]
    fn what_begins_while_a_list_is_made_is_told_wherever_its_first_line_is() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let store = Store::new(&repo).gathering();
        let head = repo.head().unwrap().commit;
        let id = store.claim(head).unwrap();
        assert_eq!(id, ExperimentId::local(1));
        let found = [Found { stored: Stored { id, snapshot: head }, note: None }];
        let told = || {
            let mut told = Vec::new();
            let make = |_: &Found, note: &[u8]| Record::fold(note).text("hypothesis").map(str::to_owned);
            store
                .each_newest_note(&found, &make, &mut |one| {
                    told.push(one);
                    Ok(())
                })
                .unwrap();
            told
        };
        let says = |hypothesis: &str| Fields::from_iter([("hypothesis".to_owned(), json!(hypothesis))]);
        assert_eq!(told(), [None]);
        let tree = repo.tree_of(head).unwrap();
        let scope = Scope {
            mode: Mode::Unchanged,
            reference: "HEAD".to_owned(),
            tip: None,
            tip_at: None,
            head,
            base: head,
            tree,
            rolled_back: tree,
            candidates: Vec::new(),
        };
        let held = store
            .announce(Pending {
                uuid: "a".to_owned(),
                machine: crate::process::identity::machine_id(),
                worktree: repo.worktree_name(),
                external: true,
                leave: false,
                snapshot: head,
                begin: says("announced"),
                scope,
                task: None,
                settings: Default::default(),
            })
            .unwrap();
        assert_eq!(told(), [Some("announced".to_owned())]);
        store.append(head, says("in the journal")).unwrap();
        assert_eq!(told(), [Some("in the journal".to_owned())]);
        held.done().unwrap();
        store.flush().unwrap();
        assert_eq!(told(), [Some("in the journal".to_owned())], "it was found before it had a note");
    }
}
