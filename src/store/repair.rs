//! After a power cut: the notes were not forced to disk, so they are checked once per boot.
//!
//! Only the journal, the snapshots and their refs are durable. Where the cut tore the notes, they
//! are taken back to the newest state that is whole, and the journal fills in the rest.

use anyhow::{Context, Result};

use crate::clock::Timestamp;
use crate::git::notes::{Notes, is_torn};
use crate::git::object::NewCommit;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;
use crate::store::experiments::{RECORDS, Store};
use crate::store::logs::LOGS;

impl Store<'_> {
    /// Checks both notes refs and mends what a power cut has torn.
    pub(super) fn repair(&self) -> Result<()> {
        // Also where the refs are whole: what no ref names yet is about to be written again.
        let torn = self.repo.set_torn_aside()?;
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
            if torn > 0 {
                self.join_history(name, &log)?;
            }
            if log.iter().any(|tip| !self.repo.has_object(*tip)) {
                self.repo.forget_reflog(name)?;
            }
        }
        Ok(())
    }

    /// Where notes are whole and what is torn lies before them, they go on from the newest commit that rests on nothing
    /// torn: else neither `git gc` nor a push would come to an end.
    fn join_history(&self, name: &str, log: &[ObjectId]) -> Result<()> {
        let Some(tip) = self.repo.read_ref(name)? else { return Ok(()) };
        if self.repo.is_connected(tip)? {
            return Ok(());
        }
        let mut base = None;
        for commit in log {
            if base.is_none() && self.repo.is_connected(*commit)? {
                base = Some(*commit);
            }
        }
        let parents: Vec<ObjectId> = base.into_iter().collect();
        let (tree, message) = (self.repo.tree_of(tip)?, "gx: go on after a power cut");
        let commit = NewCommit { tree, parents: &parents, message, at: Timestamp::now() };
        let joined = self.repo.write_commit(&commit)?;
        self.repo.reset_broken_ref(name, Some(joined)).with_context(|| format!("cannot mend `{name}`"))
    }
}

fn has_survived(repo: &Repo, name: &str) -> Result<bool> {
    match repo.read_ref(name) {
        Ok(None) => Ok(true),
        Ok(Some(tip)) => Notes::at(repo, name, tip).has_survived(),
        Err(error) => is_torn(&error).then_some(false).ok_or(error),
    }
}
