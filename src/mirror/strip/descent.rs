//! Who descends from whom, among commits of which some are only being made.

use std::collections::{HashMap, HashSet};

use anyhow::Result;

use crate::git::repo::Repo;
use crate::model::object::ObjectId;

/// Commits in an order in which parents come first; what is beyond them, the repository knows.
pub struct Descent<'a> {
    repo: &'a Repo,
    known: HashMap<ObjectId, (usize, Vec<ObjectId>)>,
}

impl<'a> Descent<'a> {
    /// None yet.
    pub fn new(repo: &'a Repo) -> Self {
        Self { repo, known: HashMap::new() }
    }

    /// Adds a commit whose parents were added before, or are beyond.
    pub fn add(&mut self, commit: ObjectId, parents: Vec<ObjectId>) {
        let number = self.known.len();
        self.known.entry(commit).or_insert((number, parents));
    }

    /// The parents of one that was added.
    pub fn parents(&self, commit: ObjectId) -> Option<&[ObjectId]> {
        self.known.get(&commit).map(|(_, parents)| parents.as_slice())
    }

    /// Whether `old` is `new` or an ancestor of it.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub fn is_ancestor(&self, old: ObjectId, new: ObjectId) -> Result<bool> {
        let oldest = self.known.get(&old).map(|(number, _)| *number);
        let (mut waiting, mut seen) = (vec![new], HashSet::new());
        while let Some(at) = waiting.pop() {
            if at == old {
                return Ok(true);
            }
            if !seen.insert(at) {
                continue;
            }
            match (self.known.get(&at), oldest) {
                // What was added before `old` cannot descend from it.
                (Some((number, _)), Some(oldest)) if *number <= oldest => {}
                (Some((_, parents)), _) => waiting.extend(parents),
                // Nothing beyond descends from what was added.
                (None, Some(_)) => {}
                (None, None) => {
                    if self.repo.is_ancestor(old, at)? {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }
}
