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
use crate::store::experiments::{RECORDS, Store};
use crate::store::share::join::{Change, Join, Needed, written};
use crate::store::share::memory::Even;

/// From this many notes on it is cheaper to list all than to look up each.
const MANY: usize = 256;

/// So many notes are read before memory is let go of.
const AT_ONCE: usize = 1000;

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

/// What each side lacks.
#[derive(Debug, Default)]
pub(super) struct Gap {
    /// Local notes that must change.
    pub ours: BTreeMap<ObjectId, Change>,
    /// Notes of the remote that must change.
    pub theirs: BTreeMap<ObjectId, Change>,
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
        let mut read = 0;
        for object in suspects {
            let needed = match (ours.blob(object)?, theirs.blob(object)?) {
                (own, other) if own == other => continue,
                (Some(own), None) => Needed { theirs: Some(Change::Blob(own)), ..Needed::default() },
                (None, Some(other)) => Needed { ours: Some(Change::Blob(other)), ..Needed::default() },
                (Some(own), Some(other)) => {
                    read += 1;
                    if read % AT_ONCE == 0 {
                        // What was read of the packs would stay in memory until the end.
                        repo.rest();
                    }
                    self.join.both(repo, object, own, other)?
                }
                (None, None) => continue,
            };
            gap.ours.extend(needed.ours.map(|change| (object, change)));
            let Some(change) = needed.theirs else { continue };
            if !self.published.contains(&object) {
                gap.held.insert(object);
            } else if needed.is_newer {
                gap.newer.insert(object);
            } else {
                gap.theirs.insert(object, change);
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
                let commit = notes.commit(written(store.repo, &gap.ours), message, Timestamp::now())?;
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
    notes: Notes<'a>,
    all: Option<BTreeMap<ObjectId, ObjectId>>,
    /// A note without a text is none.
    empty: ObjectId,
}

impl<'a> Side<'a> {
    fn of(repo: &'a Repo, notes: Notes<'a>, is_many: bool) -> Result<Self> {
        let all = is_many.then(|| notes.all()).transpose()?;
        Ok(Self { notes, all, empty: repo.hash_blob(b"")? })
    }

    fn blob(&self, object: ObjectId) -> Result<Option<ObjectId>> {
        let found = match &self.all {
            Some(all) => all.get(&object).copied(),
            None => self.notes.blob_of(object)?,
        };
        Ok(found.filter(|blob| *blob != self.empty))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEIRS: &str = "refs/gx/remotes/lab/notes/experiments";

    #[test]
    fn what_one_side_lacks_is_the_blob_of_the_other_and_what_both_have_is_joined() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let object = |text: &str| repo.hash_blob(text.as_bytes()).unwrap();
        let [only_ours, only_theirs, both] = ["x", "y", "z"].map(object);
        let write = |name: &str, notes: [(ObjectId, &str); 2]| {
            let notes = notes.map(|(of, text)| (of, text.as_bytes().to_vec())).into();
            assert_eq!(
                Notes::open(&repo, name).unwrap().write(&notes, "x", Timestamp::now()).unwrap(),
                Swap::Done
            );
        };
        write(RECORDS, [(only_ours, "a\n"), (both, "b\nc\n")]);
        write(THEIRS, [(only_theirs, "d\n"), (both, "b\ne\n")]);
        let published = [only_ours, only_theirs, both].into();
        let levelling =
            Levelling { ours: RECORDS, theirs: THEIRS, even: None, published: &published, join: Join::Lines };
        let gap = levelling.gap(&repo).unwrap();
        assert_eq!(gap.theirs[&only_ours], Change::Blob(object("a\n")));
        assert_eq!(gap.ours[&only_theirs], Change::Blob(object("d\n")));
        let blobs = |changes| written(&repo, changes).collect::<Result<BTreeMap<_, _>>>().unwrap();
        let ours = blobs(&gap.ours);
        assert_eq!(repo.blob(ours[&both]).unwrap(), b"b\nc\ne\n");
        let theirs = blobs(&gap.theirs);
        assert_eq!(repo.blob(theirs[&both]).unwrap(), b"b\ne\nc\n");
        let levelling = Levelling { join: Join::Owner(&published), ..levelling };
        let gap = levelling.gap(&repo).unwrap();
        assert_eq!(gap.theirs[&both], Change::Blob(object("b\nc\n")));
        assert!(!gap.ours.contains_key(&both) && gap.ours.contains_key(&only_theirs));
    }
}
