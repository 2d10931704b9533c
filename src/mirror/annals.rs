//! Which public commit is which private one, and how that came about.

use std::collections::{HashMap, HashSet};

use anyhow::Result;

use crate::clock::Timestamp;
use crate::git::chronicle::Line;
use crate::git::repo::Repo;
use crate::mirror::configured::Mirror;
use crate::mirror::down::carry::TRAILER;
use crate::mirror::pairs::{Kind, Pairs};
use crate::mirror::standing::landed;
use crate::model::object::ObjectId;

/// How a public commit stands to the private branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It is not there yet.
    New,
    /// It came down and is in the private history as it is.
    Down,
    /// The private commit is the same with private files added.
    Anchor,
    /// It was made of the private commit.
    Up,
    /// It carries the change of the private commit.
    Picked,
}

/// One public commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub public: ObjectId,
    /// The private commit that stands for it: its counterpart, or the one that brought it in.
    pub private: Option<ObjectId>,
    /// How.
    pub how: How,
    /// When it was committed.
    pub at: Timestamp,
    /// The first line of its message.
    pub subject: String,
}

/// The latest public commits, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annals {
    /// At most as many as were asked for.
    pub entries: Vec<Entry>,
    /// How many published commits the public branch does not have, such as those of a closed request or of one that was
    /// squashed.
    pub elsewhere: usize,
}

/// How many merges of the private branch are looked at for those that brought something down.
const MERGES: usize = 10_000;

impl Annals {
    /// Reads them; nothing is fetched.
    ///
    /// # Errors
    /// An object is missing.
    pub fn of(repo: &Repo, mirror: &Mirror, most: usize) -> Result<Self> {
        let Some(public) = mirror.public_tip(repo)? else { return Ok(Self::default()) };
        let private = mirror.private_tip(repo)?;
        let pairs = Pairs::load(repo)?;
        let kinds: HashMap<ObjectId, Kind> =
            pairs.list().iter().rev().map(|pair| (pair.public, pair.kind)).collect();
        let missing: HashSet<ObjectId> = repo.commits_between(&[public], &[private])?.into_iter().collect();
        let brought: HashMap<ObjectId, ObjectId> = repo
            .chronicle(private, Line::FirstParents, MERGES, TRAILER)?
            .into_iter()
            .filter_map(|one| Some((one.trailer?.parse().ok()?, one.id)))
            .collect();
        let mut annals = Self::default();
        for told in repo.chronicle(public, Line::Whole, most, TRAILER)? {
            let counterpart = pairs.private_of(told.id);
            let how = match kinds.get(&told.id) {
                Some(Kind::Published) => How::Up,
                Some(Kind::Picked) => How::Picked,
                Some(Kind::Anchor) => How::Anchor,
                None if missing.contains(&told.id) => How::New,
                None => How::Down,
            };
            let private = match how {
                How::New => None,
                How::Down => Some(brought.get(&told.id).copied().unwrap_or(told.id)),
                _ => counterpart,
            };
            annals.entries.push(Entry { public: told.id, private, how, at: told.at, subject: told.subject });
        }
        let landed = landed(repo, &pairs, Some(public))?;
        let made = kinds.iter().filter(|(_, kind)| **kind != Kind::Anchor);
        annals.elsewhere = made.filter(|(id, _)| !landed.contains(*id)).count();
        Ok(annals)
    }
}
