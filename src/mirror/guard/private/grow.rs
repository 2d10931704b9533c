//! Bringing the index up to date with the private history: only what is new since the last time is walked.

use std::collections::HashSet;

use anyhow::Result;

use crate::git::raw::Kind;
use crate::git::repo::Repo;
use crate::mirror::guard::headers;
use crate::mirror::guard::limits::Limits;
use crate::mirror::guard::private::index::Index;
use crate::mirror::guard::private::lines;
use crate::mirror::guard::walk::{Met, Visit, Walk};
use crate::mirror::policy::terms::Policy;
use crate::model::object::ObjectId;

/// So many commits are read at once, and blobs.
const CHUNK: usize = 1024;

/// Whether everything was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grown {
    /// It was.
    Whole,
    /// The time was over before.
    Late,
}

/// The blobs at private paths of one commit.
struct Privates<'a> {
    index: &'a mut Index,
    commit: ObjectId,
    number: Option<u32>,
    new: &'a mut Vec<(ObjectId, u32)>,
}

impl Visit for Privates<'_> {
    fn entry(&mut self, met: &Met<'_>) -> Result<()> {
        let is_private = met.standing.is_private || met.standing.is_never;
        if !is_private || !met.item.is_blob() || self.index.blobs.contains_key(&met.item.id) {
            return Ok(());
        }
        let number = *self.number.get_or_insert_with(|| {
            self.index.commits.push(self.commit);
            self.index.commits.len() as u32 - 1
        });
        self.index.blobs.insert(met.item.id, number);
        self.new.push((met.item.id, number));
        Ok(())
    }
}

impl Index {
    /// Looks at what the branches of this clone, those of its remotes and `tips` have and the index has not.
    ///
    /// # Errors
    /// Something is missing or damaged ([`is_torn`](crate::git::raw::is_torn)), or the index cannot be written.
    pub fn grow(
        &mut self,
        repo: &Repo,
        policy: &Policy,
        tips: &[ObjectId],
        limits: &Limits,
    ) -> Result<Grown> {
        let mut wanted: Vec<ObjectId> = tips.to_vec();
        for folder in ["refs/heads/", "refs/remotes/"] {
            wanted.extend(repo.refs(folder)?.into_iter().map(|one| one.target));
        }
        let known: HashSet<ObjectId> = self.tips.iter().copied().collect();
        let mut met = known.clone();
        wanted.retain(|id| met.insert(*id));
        // A ref of a folder or a file has no history, and one that is broken none here.
        wanted.retain(|id| matches!(repo.kind(*id), Ok(Some(Kind::Commit | Kind::Tag))));
        if wanted.is_empty() {
            return Ok(Grown::Whole);
        }
        let commits = repo.descent_between(&wanted, &self.tips)?;
        let mut walk = Walk::within(*limits);
        let own: HashSet<ObjectId> = commits.iter().map(|(commit, _)| *commit).collect();
        let mut behind: Vec<ObjectId> = commits.iter().flat_map(|(_, parents)| parents.clone()).collect();
        behind.retain(|parent| !own.contains(parent) && repo.has_object(*parent));
        trees(repo, &behind)?.into_iter().for_each(|(_, tree)| walk.trust(tree));
        let ids: Vec<ObjectId> = commits.into_iter().map(|(commit, _)| commit).collect();
        let mut new = Vec::new();
        for chunk in ids.chunks(CHUNK) {
            if limits.is_over() {
                return Ok(Grown::Late);
            }
            for (commit, tree) in trees(repo, chunk)? {
                let mut privates = Privates { index: self, commit, number: None, new: &mut new };
                walk.walk(repo, policy, tree, &mut privates)?;
            }
        }
        for chunk in new.chunks(CHUNK) {
            if limits.is_over() {
                return Ok(Grown::Late);
            }
            self.take_lines(repo, policy, chunk)?;
        }
        // What is behind another tip is known by that; only so many are kept as there are.
        self.tips.retain(|tip| !behind.contains(tip));
        self.tips.extend(wanted);
        self.write()?;
        Ok(Grown::Whole)
    }

    fn take_lines(&mut self, repo: &Repo, policy: &Policy, blobs: &[(ObjectId, u32)]) -> Result<()> {
        let mut wanted = Vec::with_capacity(blobs.len());
        for (id, _) in blobs {
            repo.check_here(&[*id])?;
            let is_small = repo.size(*id)?.is_some_and(|size| size <= policy.max_blob);
            wanted.push(is_small.then_some(*id));
        }
        let read = repo.map_blobs(&wanted, &|_, content| (lines::of(content), pointer(content)))?;
        for ((lines, pointer), (_, number)) in read.into_iter().zip(blobs) {
            for line in lines {
                self.lines.entry(line).or_insert(*number);
            }
            self.pointers.extend(pointer);
        }
        Ok(())
    }
}

/// The trees of commits.
///
/// # Errors
/// One is missing or damaged ([`is_torn`](crate::git::raw::is_torn)).
pub fn trees(repo: &Repo, commits: &[ObjectId]) -> Result<Vec<(ObjectId, ObjectId)>> {
    let mut trees = Vec::with_capacity(commits.len());
    repo.raw_here(commits, &mut |at, _, bytes| {
        trees.extend(headers::tree(bytes).map(|tree| (commits[at], tree)));
        Ok(())
    })?;
    Ok(trees)
}

/// What a Git LFS pointer names, by its SHA-256 (git-lfs-spec(5): small, and with this first line).
pub(super) fn pointer(content: &[u8]) -> Option<String> {
    const LARGEST: usize = 1024;
    if content.len() > LARGEST || !content.starts_with(b"version https://git-lfs.github.com/spec/") {
        return None;
    }
    let text = std::str::from_utf8(content).ok()?;
    let oid = text.lines().find_map(|line| line.strip_prefix("oid sha256:"))?.trim();
    (oid.len() == 64).then(|| oid.to_ascii_lowercase())
}
