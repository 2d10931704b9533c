//! Going through all that would leave: texts and trees in order, and each new blob once, a share at a time.

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use anyhow::Result;

use crate::git::raw::{Kind, is_torn};
use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::Spot;
use crate::mirror::guard::headers;
use crate::mirror::guard::leaving::{Leaving, NewCommit};
use crate::mirror::guard::limits::{LATE, Limits};
use crate::mirror::guard::paths::{PathNumber, Paths, TOP};
use crate::mirror::guard::private::index::Index;
use crate::mirror::guard::private::said::Said;
use crate::mirror::guard::remedies::bring;
use crate::mirror::guard::rule::{Look, Seen, Text};
use crate::mirror::guard::rules::list::RULES;
use crate::mirror::guard::walk::{Met, Visit, Walk};
use crate::model::object::ObjectId;

/// So many commits are read at once.
const CHUNK: usize = 256;

/// So many blobs are read before the clock is looked at again and memory let go of.
pub(super) const SHARE: usize = 1000;

/// A blob that would leave, where it was met first.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewBlob {
    pub id: ObjectId,
    pub path: PathNumber,
    pub commit: ObjectId,
    pub target: u32,
    /// Whether it lies at a private path itself, which is a finding of its own.
    pub is_private: bool,
}

/// How much of what would leave is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// All of it.
    Whole,
    /// The paths alone, of what has left long ago.
    Paths,
}

/// One upload being gone through.
pub(super) struct Looking<'a> {
    pub case: &'a Case<'a>,
    pub leaving: &'a Leaving,
    pub limits: &'a Limits,
    depth: Depth,
    pub index: &'a Index,
    pub walk: Walk,
    /// Those that are met and not yet read: no more than a share of them and what one tree has.
    pub blobs: Vec<NewBlob>,
    /// How many were read.
    pub read: usize,
    /// The trees of what has passed to the place before and is next to what is new.
    pub published: Vec<ObjectId>,
    /// Messages that look like private files.
    pub said: RefCell<Vec<Said>>,
    /// Where each blob was met first, by eight bytes of it: a hash under a key that nobody knows.
    known_blobs: HashMap<u64, PathNumber>,
    hash: RandomState,
    /// Those met again under a path of another class, with that class.
    other_classes: HashSet<(ObjectId, u64)>,
    classes: HashMap<PathNumber, u64>,
}

impl<'a> Looking<'a> {
    pub fn new(
        case: &'a Case<'a>,
        leaving: &'a Leaving,
        limits: &'a Limits,
        (depth, index): (Depth, &'a Index),
    ) -> Self {
        Self {
            case,
            leaving,
            limits,
            depth,
            index,
            said: RefCell::default(),
            walk: Walk::within(*limits),
            blobs: Vec::new(),
            read: 0,
            published: Vec::new(),
            known_blobs: HashMap::new(),
            hash: RandomState::new(),
            other_classes: HashSet::new(),
            classes: HashMap::new(),
        }
    }

    /// Whether the time is over, which is taken down.
    pub fn is_late(&self) -> bool {
        let is_over = self.limits.is_over();
        if is_over {
            self.case.unchecked(LATE, Spot::default(), &["gx guard scan"]);
        }
        is_over
    }

    /// Looks at tags, commits and all their trees.
    pub fn texts_and_trees(&mut self) -> Result<()> {
        self.trust_frontier()?;
        for loose in &self.leaving.loose {
            let target = loose.target;
            match loose.kind {
                Kind::Tag => self.text(loose.id, target)?,
                Kind::Tree => self.tree(loose.id, loose.id, target)?,
                Kind::Blob => {
                    let (id, commit) = (loose.id, loose.id);
                    let paths = std::mem::take(&mut self.walk.paths);
                    self.take_blob(NewBlob { id, path: TOP, commit, target, is_private: false }, &paths);
                    self.walk.paths = paths;
                }
                Kind::Commit => {}
            }
        }
        for chunk in self.leaving.commits.chunks(CHUNK) {
            if self.is_late() {
                return Ok(());
            }
            self.commits(chunk)?;
            // What was read of the packs would stay in memory until the end.
            self.case.repo.rest();
        }
        Ok(())
    }

    /// Takes as seen what the parents have that do not leave: commits of the frontier, and what is behind them.
    fn trust_frontier(&mut self) -> Result<()> {
        let new: HashSet<ObjectId> = self.leaving.commits.iter().map(|commit| commit.id).collect();
        let hidden = self.leaving.covered().into_iter().filter(|parent| !new.contains(parent));
        for parent in hidden {
            // One that cannot be read merely hides nothing.
            match self.case.repo.raw_here(&[parent], &mut |_, _, bytes| {
                self.published.extend(headers::tree(bytes));
                Ok(())
            }) {
                Err(error) if !is_torn(&error) => return Err(error),
                _ => {}
            }
        }
        self.published.iter().for_each(|tree| self.walk.trust(*tree));
        Ok(())
    }

    fn commits(&mut self, chunk: &[NewCommit]) -> Result<()> {
        let ids: Vec<ObjectId> = chunk.iter().map(|commit| commit.id).collect();
        let mut trees = Vec::with_capacity(chunk.len());
        let case = self.case;
        let read = case.repo.raw_here(&ids, &mut |at, kind, bytes| {
            let target = self.leaving.target(chunk[at].target);
            let text = Text { id: chunk[at].id, target, is_commit: kind == Kind::Commit, bytes };
            trees.push(headers::tree(bytes));
            if self.depth == Depth::Whole { self.look_at_text(&text) } else { Ok(()) }
        });
        self.settle(read, Spot { commit: ids.first().copied(), ..Spot::default() })?;
        for (commit, tree) in chunk.iter().zip(trees) {
            match tree {
                Some(tree) => self.tree(tree, commit.id, commit.target)?,
                None => {
                    let spot = Spot { commit: Some(commit.id), ..Spot::default() };
                    case.unchecked(format!("the commit {} names no tree", commit.id), spot, &["git fsck"]);
                }
            }
        }
        Ok(())
    }

    fn text(&self, id: ObjectId, target: u32) -> Result<()> {
        let target = self.leaving.target(target);
        let read = self.case.repo.raw_here(&[id], &mut |_, kind, bytes| {
            self.look_at_text(&Text { id, target, is_commit: kind == Kind::Commit, bytes })
        });
        self.settle(read, Spot { object: Some(id), target: Some(target.to_owned()), ..Spot::default() })
    }

    fn look_at_text(&self, text: &Text<'_>) -> Result<()> {
        for rule in RULES {
            if let Look::Text(look) = rule.look {
                look(self.case, text)?;
            }
        }
        self.said.borrow_mut().extend(Said::of(self.case, self.index, text));
        Ok(())
    }

    fn tree(&mut self, tree: ObjectId, commit: ObjectId, target: u32) -> Result<()> {
        let case = self.case;
        let mut walk = std::mem::take(&mut self.walk);
        let walked = walk.walk(case.repo, case.policy, tree, &mut At { looking: self, commit, target });
        self.walk = walk;
        self.settle(walked, Spot { commit: Some(commit), object: Some(tree), ..Spot::default() })
    }

    /// Takes a blob once; and once more under a path at which rules look that pass over the first one.
    fn take_blob(&mut self, blob: NewBlob, paths: &Paths) {
        let first = match self.known_blobs.entry(self.hash.hash_one(blob.id)) {
            Entry::Vacant(new) => {
                new.insert(blob.path);
                return self.blobs.push(blob);
            }
            Entry::Occupied(known) => *known.get(),
        };
        if first == blob.path {
            return;
        }
        let class = self.class(blob.path, paths);
        if class != self.class(first, paths) && self.other_classes.insert((blob.id, class)) {
            self.blobs.push(blob);
        }
    }

    fn class(&mut self, path: PathNumber, paths: &Paths) -> u64 {
        let scanner = self.case.scanner;
        *self.classes.entry(path).or_insert_with(|| scanner.class(paths.path(path).as_bytes()))
    }

    /// What is missing or damaged is a finding, not a fault.
    pub fn settle(&self, done: Result<()>, spot: Spot) -> Result<()> {
        match done {
            Err(error) if is_torn(&error) => {
                let bring = bring(self.case.repo);
                let helps: &[&str] = if self.is_late() { &["gx guard scan"] } else { &[&bring, "git fsck"] };
                self.case.unchecked(format!("{error:#}"), spot, helps);
                Ok(())
            }
            other => other,
        }
    }
}

impl Leaving {
    /// The commits that are behind its tips for sure: new ones, and their parents.
    pub(super) fn covered(&self) -> HashSet<ObjectId> {
        self.commits.iter().flat_map(|commit| commit.parents.iter().copied()).collect()
    }

    /// The uppermost commits of what is hidden, each once.
    pub(super) fn passed_over(&self) -> Vec<ObjectId> {
        let new: HashSet<ObjectId> = self.commits.iter().map(|commit| commit.id).collect();
        let mut over = self.covered();
        over.extend(&self.tips);
        over.retain(|id| !new.contains(id));
        over.into_iter().collect()
    }
}

/// The walk through the tree of one commit.
struct At<'a, 'b> {
    looking: &'a mut Looking<'b>,
    commit: ObjectId,
    target: u32,
}

impl Visit for At<'_, '_> {
    fn entry(&mut self, met: &Met<'_>) -> Result<()> {
        let path = met.paths.path(met.number);
        let target = self.looking.leaving.target(self.target);
        let seen = Seen { target, commit: self.commit, path: &path, standing: met.standing, item: met.item };
        for rule in RULES {
            match rule.look {
                Look::Path(look) => look(self.looking.case, &seen)?,
                Look::Entry(look) if self.looking.depth == Depth::Whole => look(self.looking.case, &seen)?,
                _ => {}
            }
        }
        if met.item.is_blob() && self.looking.depth == Depth::Whole {
            let (path, commit, target) = (met.number, self.commit, self.target);
            let is_private = met.standing.is_private || met.standing.is_never;
            self.looking.take_blob(NewBlob { id: met.item.id, path, commit, target, is_private }, met.paths);
        }
        Ok(())
    }

    fn pause(&mut self, paths: &Paths) -> Result<()> {
        if self.looking.blobs.len() < SHARE { Ok(()) } else { self.looking.read_blobs(paths) }
    }
}
