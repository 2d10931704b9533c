//! A plan that waits for somebody to decide: what is wanted, what was decided so far, and what is open.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::error::fault;
use crate::git::repo::Repo;
use crate::mirror::pause::record::{self, Moved, UP, nothing_waits};
use crate::mirror::up::wanted::{Decision, Wanted};
use crate::model::object::ObjectId;

const VERSION: u32 = 1;

/// A plan that waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Waiting {
    version: u32,
    /// What is to be planned, with what was decided before.
    pub wanted: Wanted,
    /// What is open.
    pub open: Open,
    /// The refs that looking at the public repository has moved.
    pub seen: Vec<Moved>,
    /// How far it has come.
    pub stage: Stage,
}

/// What somebody has to decide about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// What the change is called.
    pub name: String,
    /// The commit that has it.
    pub tip: ObjectId,
    /// The public tree that it is put upon.
    pub ground: ObjectId,
    /// A commit of that tree, which nobody else will see.
    pub ours: ObjectId,
    /// One of the tree that has the change, without what is private.
    pub theirs: ObjectId,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// A work tree is being made; nobody was told of it yet.
    Preparing,
    /// Somebody resolves conflicts there.
    Stopped,
    /// It was decided; the work tree goes, and the plan is made.
    Decided,
}

impl Waiting {
    /// One that begins here.
    pub fn new(wanted: Wanted, open: Open, seen: Vec<Moved>) -> Self {
        Self { version: VERSION, wanted, open, seen, stage: Stage::Preparing }
    }

    /// Reads it; nothing where no plan waits.
    ///
    /// # Errors
    /// It cannot be read, or a newer gx has written it.
    pub fn read(repo: &Repo) -> Result<Option<Self>> {
        let Some(waiting) = record::read::<Self>(repo, UP)? else { return Ok(None) };
        if waiting.version != VERSION {
            return Err(fault("a newer gx has begun a plan here").hint("finish it with that one").into());
        }
        Ok(Some(waiting))
    }

    /// As [`Self::read`], where there must be one.
    ///
    /// # Errors
    /// As there, or no plan waits.
    pub fn needed(repo: &Repo) -> Result<Self> {
        Self::read(repo)?.ok_or_else(nothing_waits)
    }

    /// Goes on to a stage; that is on the disk when this returns.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn reach(&mut self, repo: &Repo, stage: Stage) -> Result<()> {
        self.stage = stage;
        record::write(repo, UP, self)
    }

    /// Takes down what was decided: a tree, or nothing where the change is left out.
    pub fn decide(&mut self, tree: Option<ObjectId>) {
        let Open { tip, ground, .. } = self.open;
        self.wanted.decisions.push(Decision { tip, ground, tree });
    }

    /// Forgets it.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn forget(repo: &Repo) -> Result<()> {
        record::forget(repo, UP)
    }
}
