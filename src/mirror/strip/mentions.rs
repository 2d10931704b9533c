//! Commits that texts mention by their ids.

use std::cell::RefCell;
use std::collections::HashMap;

use anyhow::Result;

use crate::git::repo::Repo;
use crate::model::object::ObjectId;

/// What stands in the place of an id that has no counterpart.
pub const NAMELESS: &str = "a private commit";

/// Looks up which numbers in texts are private commits.
pub struct Mentions<'a> {
    repo: &'a Repo,
    publics: &'a [ObjectId],
    known: RefCell<HashMap<String, Option<ObjectId>>>,
}

impl<'a> Mentions<'a> {
    /// Of a repository in which all that is reached from `publics` is public.
    pub fn new(repo: &'a Repo, publics: &'a [ObjectId]) -> Self {
        Self { repo, publics, known: RefCell::default() }
    }

    /// The private commit that a number in a text names, in full or by its beginning.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub fn private(&self, hex: &str) -> Result<Option<ObjectId>> {
        let hex = hex.to_ascii_lowercase();
        if let Some(known) = self.known.borrow().get(&hex) {
            return Ok(*known);
        }
        let found = match self.repo.revision(&hex) {
            Some(found) if found.to_string().starts_with(&hex) && !self.is_public(found)? => Some(found),
            _ => None,
        };
        self.known.borrow_mut().insert(hex, found);
        Ok(found)
    }

    /// Whether everybody can read a commit.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub fn is_public(&self, commit: ObjectId) -> Result<bool> {
        for tip in self.publics {
            if self.repo.is_ancestor(commit, *tip)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
