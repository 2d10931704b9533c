//! The walk through the whole tree of every new commit, each entry once for each path at which it lies.
//!
//! Not by differences: these miss what was added and taken away again, what a merge brought in by itself, and what
//! was renamed out of a private folder. What a commit of the verified frontier has at the same path was looked at under
//! the same policy; it is taken as seen, folder by folder, where a new tree is walked beside it.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use anyhow::Result;

use crate::git::raw::{Kind, TakeName, TreeItem, torn};
use crate::git::repo::Repo;
use crate::mirror::guard::limits::Limits;
use crate::mirror::guard::paths::{PathNumber, Paths, Standing, TOP};
use crate::mirror::policy::terms::Policy;
use crate::model::object::ObjectId;

/// One who is told of each entry that was not met before.
pub trait Visit {
    /// An entry at a path; folders too.
    ///
    /// # Errors
    /// What the visitor cannot do.
    fn entry(&mut self, met: &Met<'_>) -> Result<()>;

    /// Between two trees, where nothing of the repository is in hand.
    ///
    /// # Errors
    /// As of [`Self::entry`].
    fn pause(&mut self, _paths: &Paths) -> Result<()> {
        Ok(())
    }
}

/// An entry that is met for the first time at its path.
pub struct Met<'a> {
    /// Its path, by its number.
    pub number: PathNumber,
    /// All paths.
    pub paths: &'a Paths,
    /// What the policy says of the path.
    pub standing: Standing,
    /// Mode, name, id.
    pub item: &'a TreeItem,
}

/// More paths than this are no work of people: a few small trees can be nested to billions of them.
const MOST_PATHS: usize = 8_000_000;

/// What was met so far.
#[derive(Default)]
pub struct Walk {
    limits: Limits,
    /// All paths that were met.
    pub paths: Paths,
    seen: Seen,
    /// Trees of the frontier whose entries are seen, but not yet taken down.
    verified: HashMap<PathNumber, Vec<ObjectId>>,
}

impl Walk {
    /// One that ends in time, whatever there is.
    pub fn within(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Takes the tree of a commit of the frontier as seen.
    pub fn trust(&mut self, tree: ObjectId) {
        self.verified.entry(TOP).or_default().push(tree);
    }

    /// Walks a tree from the top.
    ///
    /// # Errors
    /// A tree is missing or damaged ([`is_torn`](crate::git::raw::is_torn)), or the visitor fails.
    pub fn walk(
        &mut self,
        repo: &Repo,
        policy: &Policy,
        tree: ObjectId,
        visit: &mut dyn Visit,
    ) -> Result<()> {
        if !self.seen.insert(&(TOP, kind_of(0o040_000), tree)) {
            return Ok(());
        }
        let mut waiting = vec![(TOP, tree)];
        while let Some((folder, tree)) = waiting.pop() {
            if self.limits.is_over() {
                return Err(torn("the time was over before every tree was walked"));
            }
            if self.paths.count() > MOST_PATHS {
                return Err(torn(format!("there are more than {MOST_PATHS} paths")));
            }
            self.take_verified(repo, folder)?;
            read_tree(repo, tree, &mut |mode, name, id| {
                let number = self.paths.below(folder, name);
                if !self.seen.insert(&(number, kind_of(mode), id)) {
                    return Ok(());
                }
                let standing = self.paths.standing(number, policy);
                let item = TreeItem { mode, name: name.to_vec(), id };
                if item.is_folder() {
                    waiting.push((number, id));
                }
                visit.entry(&Met { number, paths: &self.paths, standing, item: &item })
            })?;
            visit.pause(&self.paths)?;
        }
        Ok(())
    }

    /// Takes down as seen what the frontier has in a folder; deeper folders wait until something differs there.
    fn take_verified(&mut self, repo: &Repo, folder: PathNumber) -> Result<()> {
        for tree in self.verified.remove(&folder).unwrap_or_default() {
            read_tree(repo, tree, &mut |mode, name, id| {
                let number = self.paths.below(folder, name);
                if self.seen.insert(&(number, kind_of(mode), id)) && mode & 0o170_000 == 0o040_000 {
                    self.verified.entry(number).or_default().push(id);
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// What was met, by eight bytes of each: a hash under a key that is drawn for this walk, so that nobody can make two
/// things that are one here, and of a million that two are by chance is one to thirty million.
#[derive(Default)]
struct Seen {
    hash: RandomState,
    known: HashSet<u64>,
}

impl Seen {
    /// Whether it is new.
    fn insert(&mut self, what: &(PathNumber, u8, ObjectId)) -> bool {
        self.known.insert(self.hash.hash_one(what))
    }
}

/// What an entry is: the same blob may be a file at first and a link later.
fn kind_of(mode: u32) -> u8 {
    (mode >> 12) as u8
}

fn read_tree(repo: &Repo, tree: ObjectId, take: &mut TakeName<'_>) -> Result<()> {
    repo.raw_here(&[tree], &mut |_, kind, bytes| match kind {
        Kind::Tree => repo.each_name(bytes, take),
        _ => Err(torn(format!("{tree} is a {} and no tree", kind.word()))),
    })
}
