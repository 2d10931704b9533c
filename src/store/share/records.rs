//! Bringing two refs of notes together: a union of lines for records, the owner's word for logs.
//!
//! What is compared is what has changed on either side since both were even, by the diffs of their trees. As it is
//! contents that are compared, a side that somebody has rewound is brought up again like any other.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::clock::Timestamp;
use crate::error::fault;
use crate::git::notes::Notes;
use crate::git::refs::Swap;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;
use crate::model::record::Record;
use crate::store::experiments::{RECORDS, Store};
use crate::store::share::memory::Even;

/// From this many notes on it is cheaper to list all than to look up each.
const MANY: usize = 256;

/// How long the local notes are tried to be written while other processes are faster.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whose notes are brought together, and how.
pub(super) struct Levelling<'a> {
    /// The local notes.
    pub ours: &'a str,
    /// Where the remote's are tracked.
    pub theirs: &'a str,
    /// When they were even last.
    pub even: Option<&'a Even>,
    /// Whose notes the remote is to have: those of experiments that are there or on their way.
    pub published: &'a BTreeSet<ObjectId>,
    /// How two notes become one.
    pub join: Join<'a>,
}

/// How two notes of one experiment become one.
pub(super) enum Join<'a> {
    /// Every line of both.
    Lines,
    /// That of whose experiment it is: these are ours.
    Owner(&'a BTreeSet<ObjectId>),
}

/// What each side lacks.
#[derive(Debug, Default)]
pub(super) struct Gap {
    /// Local notes that must change, whole.
    pub ours: BTreeMap<ObjectId, Vec<u8>>,
    /// Notes of the remote that must change, whole.
    pub theirs: BTreeMap<ObjectId, Vec<u8>>,
    /// What is not sent, since a newer gx has written to it.
    pub newer: BTreeSet<ObjectId>,
    /// What is not sent, since its experiment is not there.
    pub held: BTreeSet<ObjectId>,
    /// The local notes that were looked at.
    pub at: Option<ObjectId>,
    /// The remote's.
    pub their_tip: Option<ObjectId>,
}

impl Gap {
    /// The state after the remote has got what it lacked, at `tip`.
    pub fn even_at(&self, tip: Option<ObjectId>) -> Even {
        Even { theirs: tip, ours: self.at, owed: &self.newer | &self.held }
    }

    /// The state while it still lacks it.
    pub fn owing(&self) -> Even {
        let owed = self.theirs.keys().chain(&self.newer).chain(&self.held).copied().collect();
        Even { theirs: self.their_tip, ours: self.at, owed }
    }
}

impl Levelling<'_> {
    /// Finds what each side lacks; nothing is changed.
    pub fn gap(&self, repo: &Repo) -> Result<Gap> {
        let (ours, theirs) = (Notes::open(repo, self.ours)?, Notes::open(repo, self.theirs)?);
        let mut gap = Gap { at: ours.tip(), their_tip: theirs.tip(), ..Gap::default() };
        let suspects = self.suspects(repo, ours.tip(), theirs.tip())?;
        let is_many = suspects.len() > MANY;
        let (ours, theirs) = (Side::of(repo, ours, is_many)?, Side::of(repo, theirs, is_many)?);
        for object in suspects {
            if is_many && ours.id(object) == theirs.id(object) {
                continue;
            }
            let (own, other) = (ours.read(object)?, theirs.read(object)?);
            let (for_us, for_them) = self.join.both(object, &own, &other);
            if for_us != own {
                gap.ours.insert(object, for_us);
            }
            if for_them == other {
                continue;
            }
            if !self.published.contains(&object) {
                gap.held.insert(object);
            } else if matches!(self.join, Join::Lines) && Record::fold(&other).newer_version().is_some() {
                gap.newer.insert(object);
            } else {
                gap.theirs.insert(object, for_them);
            }
        }
        Ok(gap)
    }

    /// As [`Self::gap`], and fills the local side of it.
    pub fn level(&self, store: &Store<'_>, message: &str) -> Result<Gap> {
        let began = Instant::now();
        loop {
            let mut gap = self.gap(store.repo)?;
            if gap.ours.is_empty() {
                return Ok(gap);
            }
            let (base, notes) = (gap.at, Notes::open(store.repo, self.ours)?);
            if notes.tip() == base {
                let commit = notes.commit(&gap.ours, message, Timestamp::now())?;
                if store.repo.swap_ref(self.ours, commit, base, message)? == Swap::Done {
                    if self.ours == RECORDS {
                        store.remember_growth(base)?;
                    }
                    gap.at = Some(commit);
                    return Ok(gap);
                }
            }
            if began.elapsed() > PATIENCE {
                let told = fault(format!("`{}` is written by others without a pause", self.ours));
                return Err(told.hint("nothing is lost: run the same command again").into());
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Whose notes may differ.
    fn suspects(
        &self,
        repo: &Repo,
        ours: Option<ObjectId>,
        theirs: Option<ObjectId>,
    ) -> Result<BTreeSet<ObjectId>> {
        let changed = |old: Option<ObjectId>, new: Option<ObjectId>| -> Result<BTreeSet<ObjectId>> {
            Ok(match (old, new) {
                (_, Some(new)) => repo.changed_notes(old, new)?.into_keys().collect(),
                (Some(old), None) => repo.changed_notes(None, old)?.into_keys().collect(),
                (None, None) => BTreeSet::new(),
            })
        };
        // A state whose commits are gone cannot be compared with: then everything is looked at.
        let is_there = |commit: Option<ObjectId>| commit.is_none_or(|commit| repo.has_object(commit));
        let even = self.even.filter(|even| is_there(even.ours) && is_there(even.theirs));
        let mut suspects = changed(even.and_then(|even| even.ours), ours)?;
        suspects.extend(changed(even.and_then(|even| even.theirs), theirs)?);
        suspects.extend(even.iter().flat_map(|even| &even.owed));
        Ok(suspects)
    }
}

/// Puts back, from what is known of every remote, lines that somebody has taken out of the local records.
///
/// # Errors
/// The repository cannot be read or written.
pub fn put_back(store: &Store<'_>) -> Result<()> {
    let published = BTreeSet::new();
    for name in store.repo.ref_names("refs/gx/remotes/")? {
        if name.ends_with(&RECORDS["refs".len()..]) {
            let levelling = Levelling {
                ours: RECORDS,
                theirs: &name,
                even: None,
                published: &published,
                join: Join::Lines,
            };
            levelling.level(store, "gx: put records back")?;
        }
    }
    Ok(())
}

/// One side's notes; all of them listed where many are asked for.
struct Side<'a> {
    repo: &'a Repo,
    notes: Notes<'a>,
    all: Option<BTreeMap<ObjectId, ObjectId>>,
}

impl<'a> Side<'a> {
    fn of(repo: &'a Repo, notes: Notes<'a>, is_many: bool) -> Result<Self> {
        let all = is_many.then(|| notes.all()).transpose()?;
        Ok(Self { repo, notes, all })
    }

    fn id(&self, object: ObjectId) -> Option<ObjectId> {
        self.all.as_ref()?.get(&object).copied()
    }

    fn read(&self, object: ObjectId) -> Result<Vec<u8>> {
        match &self.all {
            Some(all) => all.get(&object).map_or(Ok(Vec::new()), |blob| self.repo.blob(*blob)),
            None => Ok(self.notes.read(object)?.unwrap_or_default()),
        }
    }
}

impl Join<'_> {
    /// What either side should hold.
    fn both(&self, object: ObjectId, ours: &[u8], theirs: &[u8]) -> (Vec<u8>, Vec<u8>) {
        match self {
            Self::Lines => (with_lines(ours, theirs), with_lines(theirs, ours)),
            Self::Owner(own) => {
                let rules = if theirs.is_empty() || own.contains(&object) && !ours.is_empty() {
                    ours
                } else {
                    theirs
                };
                (rules.to_vec(), rules.to_vec())
            }
        }
    }
}

/// A note with those lines of another that it lacks; their order means nothing.
pub(super) fn with_lines(note: &[u8], other: &[u8]) -> Vec<u8> {
    let lines = |text: &'_ [u8]| -> BTreeSet<Vec<u8>> {
        text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
    };
    let present = lines(note);
    let mut joined = note.to_vec();
    for line in lines(other).difference(&present) {
        if !joined.is_empty() && !joined.ends_with(b"\n") {
            joined.push(b'\n');
        }
        joined.extend_from_slice(line);
        joined.push(b'\n');
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_union_of_lines_is_the_same_from_either_side_and_keeps_what_nobody_understands() {
        let (a, b) = (b"{\"at\":1}\nwhat is this\n".as_slice(), b"{\"at\":2}\n{\"at\":1}".as_slice());
        let sorted = |text: Vec<u8>| {
            let mut lines: Vec<_> = text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(with_lines(a, b)), sorted([with_lines(b, a), b"\n".to_vec()].concat())[1..]);
        assert_eq!(with_lines(a, a), a);
        assert_eq!(with_lines(b"", b""), b"");
        assert_eq!(with_lines(&with_lines(a, b), b), with_lines(a, b));
    }
}
