//! Making commits again, one by one, each when its parents are made.

use std::collections::HashMap;

use anyhow::Result;

use crate::error::fault;
use crate::git::packing::Packing;
use crate::git::raw::Kind;
use crate::git::repo::Repo;
use crate::mirror::strip::descent::Descent;
use crate::mirror::strip::ground::Ground;
use crate::mirror::strip::headers::Headers;
use crate::mirror::strip::memory::Counterpart;
use crate::mirror::strip::mentions::{Mentions, NAMELESS};
use crate::mirror::strip::parents::{Parent, Trimmed, trim};
use crate::mirror::strip::tree::{Left, Stripper};
use crate::mirror::strip::words::Words;
use crate::model::object::ObjectId;

/// What a commit says where its own words may not be published.
pub const SILENT: &[u8] = b"Update\n";

/// The work on one branch.
pub struct Rewrite<'a> {
    ground: &'a Ground<'a>,
    words: Words,
    mentions: Mentions<'a>,
    stripper: Stripper<'a>,
    packing: Packing<'a>,
    fates: HashMap<ObjectId, Counterpart>,
    looks: HashMap<ObjectId, Look>,
    trees: HashMap<ObjectId, ObjectId>,
    old: Descent<'a>,
    new: Descent<'a>,
    empty: ObjectId,
}

/// The tree of a private commit, and what is left of it.
#[derive(Clone, Copy)]
struct Look {
    tree: ObjectId,
    left: Left,
}

/// What a commit that is made holds, and what it stands on.
struct Shape {
    tree: ObjectId,
    parents: Vec<ObjectId>,
    is_partial: bool,
}

impl<'a> Rewrite<'a> {
    /// Begins, with what is known from earlier work.
    ///
    /// # Errors
    /// The policy cannot be used.
    pub fn new(ground: &'a Ground<'a>, known: &[(ObjectId, Counterpart)]) -> Result<Self> {
        let repo: &'a Repo = ground.repo;
        let mut packing = Packing::new(repo);
        Ok(Self {
            words: Words::new(ground.policy, ground.provenance.clone())?,
            mentions: Mentions::new(repo, &ground.publics),
            stripper: Stripper::new(repo, ground.policy),
            empty: packing.put(Kind::Tree, b"")?,
            packing,
            fates: known.iter().copied().collect(),
            looks: HashMap::new(),
            trees: HashMap::new(),
            old: Descent::new(repo),
            new: Descent::new(repo),
            ground,
        })
    }

    /// Whether a private commit needs no work.
    pub fn is_known(&self, commit: ObjectId) -> bool {
        self.fates.contains_key(&commit) || self.ground.pairs.public_of(commit).is_some()
    }

    /// Makes the counterpart of a commit, given its bytes.
    ///
    /// # Errors
    /// It is damaged, or something that it needs is missing or cannot be written.
    pub fn take(&mut self, commit: ObjectId, bytes: &[u8]) -> Result<()> {
        let old = Headers::parse(bytes)?;
        let look = Look { tree: old.tree, left: self.stripper.strip_into(old.tree, &mut self.packing)? };
        let first = old.parents.first().map(|parent| self.look(*parent)).transpose()?;
        self.looks.insert(commit, look);
        self.old.add(commit, old.parents.clone());
        let parents: Vec<Parent> = old.parents.iter().map(|one| self.parent(*one)).collect::<Result<_>>()?;
        let before = |one, other| self.old.is_ancestor(one, other);
        let now = |one, other| self.new.is_ancestor(one, other);
        let trimmed = trim(&parents, &before, &now)?;
        let tree = look.left.tree.unwrap_or(self.empty);
        let had_changes = first.map_or(look.tree != self.empty, |first| first.tree != look.tree);
        if self.is_emptied(&parents, &trimmed, tree, had_changes)? {
            let public = trimmed.only.or_else(|| trimmed.parents.first().copied());
            self.fates.insert(commit, Counterpart::emptied(public));
            return Ok(());
        }
        let withheld_before = first.map_or(0, |first| first.left.withheld);
        let is_partial = look.left.withheld != withheld_before;
        self.make(commit, &old, Shape { tree, parents: trimmed.parents, is_partial })
    }

    /// Hands over what was made, and tells what became of each commit.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self) -> Result<HashMap<ObjectId, Counterpart>> {
        self.packing.finish()?;
        Ok(self.fates)
    }

    fn make(&mut self, commit: ObjectId, old: &Headers<'_>, shape: Shape) -> Result<()> {
        let Shape { tree, parents, is_partial } = shape;
        let mention = &mut |hex: &str| self.mention(commit, hex);
        let message = self.words.message(old.message, is_partial, mention)?;
        let is_silent = message.is_none();
        let message = self.words.with_provenance(message.unwrap_or_else(|| SILENT.to_vec()), commit);
        let (author, committer) = (self.words.person(old.author), self.words.person(old.committer));
        let new = Headers {
            tree,
            parents,
            author: &author,
            committer: &committer,
            encoding: old.encoding,
            message: &message,
        };
        let public = self.packing.put(Kind::Commit, &new.bytes())?;
        let fate = Counterpart { is_partial, is_silent, ..Counterpart::whole(public) };
        self.fates.insert(commit, fate);
        self.trees.insert(public, tree);
        self.new.add(public, new.parents);
        Ok(())
    }

    /// Whether nothing is left of a commit, as git-filter-repo decides (`_prunable`): what was empty before stays, but
    /// behind something that was emptied.
    fn is_emptied(
        &mut self,
        parents: &[Parent],
        trimmed: &Trimmed,
        tree: ObjectId,
        had_changes: bool,
    ) -> Result<bool> {
        if trimmed.parents.len() > 1 {
            return match trimmed.only {
                Some(only) => Ok(self.tree_of(only)? == tree),
                None => Ok(false),
            };
        }
        let is_unchanged = match trimmed.parents.first() {
            Some(parent) => self.tree_of(*parent)? == tree,
            None => tree == self.empty,
        };
        let is_behind = trimmed.parents.len() < parents.len() || matches!(parents, [one] if one.is_emptied);
        Ok(is_unchanged && (had_changes || is_behind))
    }

    /// The counterpart of a parent: what was made of it, what it is paired with, or, where it is public, itself.
    fn parent(&self, old: ObjectId) -> Result<Parent> {
        // A pair goes before what was made under it: it freezes what was published.
        if let Some(public) = self.ground.pairs.public_of(old) {
            if !self.ground.repo.has_object(public) {
                return Err(fault(format!("{public}, which was published of {old}, is not here"))
                    .hint("fetch what is public: `gx sync-down`")
                    .into());
            }
            return Ok(Parent { old, new: Some(public), is_emptied: false });
        }
        Ok(match self.fates.get(&old) {
            Some(fate) => Parent { old, new: fate.public, is_emptied: fate.is_emptied },
            None => Parent { old, new: Some(old), is_emptied: false },
        })
    }

    fn look(&mut self, commit: ObjectId) -> Result<Look> {
        if let Some(look) = self.looks.get(&commit) {
            return Ok(*look);
        }
        let tree = self.ground.repo.tree_of(commit)?;
        let look = Look { tree, left: self.stripper.strip_into(tree, &mut self.packing)? };
        self.looks.insert(commit, look);
        Ok(look)
    }

    fn tree_of(&mut self, public: ObjectId) -> Result<ObjectId> {
        if let Some(tree) = self.trees.get(&public) {
            return Ok(*tree);
        }
        let tree = self.ground.repo.tree_of(public)?;
        self.trees.insert(public, tree);
        Ok(tree)
    }

    /// What stands for a commit that a message mentions: its counterpart, where it is an ancestor. What another branch
    /// has become depends on when that was stripped, and this must not.
    fn mention(&self, commit: ObjectId, hex: &str) -> Result<Option<String>> {
        let Some(private) = self.mentions.private(hex)? else { return Ok(None) };
        let counterpart = match self.old.is_ancestor(private, commit)? {
            true => self.parent(private)?.new.filter(|public| *public != private),
            false => None,
        };
        Ok(Some(counterpart.map_or(NAMELESS.to_owned(), |public| public.to_string()[..hex.len()].to_owned())))
    }
}
