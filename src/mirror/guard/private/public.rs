//! What was public beside what is private: a line that stands in a public file is no private one.

use std::collections::HashSet;

use anyhow::Result;

use crate::git::repo::Repo;
use crate::mirror::guard::private::grow::trees;
use crate::mirror::guard::private::lines;
use crate::mirror::guard::walk::{Met, Visit, Walk};
use crate::mirror::policy::terms::Policy;
use crate::model::object::ObjectId;

/// So many blobs are read at once.
const CHUNK: usize = 4096;

/// The files at public paths of some trees, and their lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// The files.
    pub blobs: HashSet<ObjectId>,
    /// Their lines.
    pub lines: HashSet<u64>,
}

#[derive(Default)]
struct Publics(HashSet<ObjectId>);

impl Visit for Publics {
    fn entry(&mut self, met: &Met<'_>) -> Result<()> {
        if !met.standing.is_private && !met.standing.is_never && met.item.is_blob() {
            self.0.insert(met.item.id);
        }
        Ok(())
    }
}

impl Open {
    /// Of trees.
    ///
    /// # Errors
    /// Something is missing or damaged.
    pub fn of_trees(repo: &Repo, policy: &Policy, trees: &[ObjectId]) -> Result<Self> {
        let (mut walk, mut publics) = (Walk::default(), Publics::default());
        trees.iter().try_for_each(|tree| walk.walk(repo, policy, *tree, &mut publics))?;
        let blobs: Vec<Option<ObjectId>> = publics.0.iter().map(|id| Some(*id)).collect();
        let mut open = Self { blobs: publics.0, lines: HashSet::new() };
        for chunk in blobs.chunks(CHUNK) {
            let ids: Vec<ObjectId> = chunk.iter().flatten().copied().collect();
            repo.check_here(&ids)?;
            open.lines.extend(repo.map_blobs(chunk, &|_, content| lines::of(content))?.into_iter().flatten());
        }
        Ok(open)
    }

    /// What was public before a commit and stayed so in it: what it made private is not among it, nor what it took
    /// out of a private file in the same step.
    ///
    /// # Errors
    /// Something is missing or damaged.
    pub fn around(repo: &Repo, policy: &Policy, commit: ObjectId) -> Result<Self> {
        let parents = repo.parents(commit)?;
        if parents.is_empty() {
            return Ok(Self::default());
        }
        let of = |commits: &[ObjectId]| {
            let trees: Vec<ObjectId> = trees(repo, commits)?.into_iter().map(|(_, tree)| tree).collect();
            Self::of_trees(repo, policy, &trees)
        };
        let (before, then) = (of(&parents)?, of(&[commit])?);
        Ok(Self {
            blobs: before.blobs.intersection(&then.blobs).copied().collect(),
            lines: before.lines.intersection(&then.lines).copied().collect(),
        })
    }
}
