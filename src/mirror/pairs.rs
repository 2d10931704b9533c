//! Which private commit stands for which public one: what upstream and the mirror have in common, whatever its ids.
//!
//! They lie in the ref [`REF`]: a commit whose tree holds a few binary files, each a run of pairs. What is added becomes
//! a file of its own; the last files are joined while they are no larger than what is added, as one counts in binary, so
//! that adding costs little and reading stays a matter of some files.

use std::collections::HashMap;

use anyhow::{Context, Result};

use crate::clock::Timestamp;
use crate::error::fault;
use crate::git::object::NewCommit;
use crate::git::raw::TreeItem;
use crate::git::refs::Swap;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;

/// Where the pairs lie; it goes to the private remote only.
pub const REF: &str = "refs/gx/mirror/pairs";

const HEAD: &[u8] = b"gx pairs 1\n";
const FILE: u32 = 0o100_644;
const TRIES: usize = 20;

/// Why two commits are the same to the mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Their trees were found to be equal, without what is private: upstream has what the private commit has.
    Anchor,
    /// The public one was made of the private one, whole, and has been published.
    Published,
    /// The public one carries the change of the private one, on another ground; nothing can be built on that.
    Picked,
}

/// A private commit and its public counterpart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The commit of the private repository.
    pub private: ObjectId,
    /// The commit of the public one.
    pub public: ObjectId,
    /// How they belong together.
    pub kind: Kind,
}

/// All pairs that are known here.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    list: Vec<Pair>,
    anchors: HashMap<ObjectId, ObjectId>,
    published: HashMap<ObjectId, ObjectId>,
    private: HashMap<ObjectId, ObjectId>,
}

impl Pairs {
    /// Reads them; none where nothing was ever recorded.
    ///
    /// # Errors
    /// They are damaged, or of a newer gx.
    pub fn load(repo: &Repo) -> Result<Self> {
        let at = repo.read_ref(REF)?;
        Ok(at.map(|at| Self::of_commit(repo, at)).transpose()?.unwrap_or_default())
    }

    /// Those of a commit such as another clone has pushed.
    ///
    /// # Errors
    /// As of [`Self::load`].
    pub fn of_commit(repo: &Repo, commit: ObjectId) -> Result<Self> {
        let mut pairs = Self::default();
        for item in repo.tree_items(repo.tree_of(commit)?)? {
            let run = parse(&repo.blob(item.id)?).with_context(|| format!("{REF} cannot be read"))?;
            run.into_iter().for_each(|pair| pairs.take(pair));
        }
        Ok(pairs)
    }

    /// The public commit that stands for a private one as a parent: its latest anchor, else what was first published of
    /// it, which no later policy changes.
    pub fn public_of(&self, private: ObjectId) -> Option<ObjectId> {
        self.anchors.get(&private).or_else(|| self.published.get(&private)).copied()
    }

    /// The private commit that a public one is the same as, was made of, or carries the change of.
    pub fn private_of(&self, public: ObjectId) -> Option<ObjectId> {
        self.private.get(&public).copied()
    }

    /// All pairs, in the order in which they were recorded.
    pub fn list(&self) -> &[Pair] {
        &self.list
    }

    /// The public commits that carry the change of a private one.
    pub fn picks_of(&self, private: ObjectId) -> impl Iterator<Item = ObjectId> {
        let picked = move |pair: &&Pair| pair.kind == Kind::Picked && pair.private == private;
        self.list.iter().filter(picked).map(|pair| pair.public)
    }

    /// Records pairs, those that are new among them; it is on the disk when this returns.
    ///
    /// # Errors
    /// They cannot be written, or others write all the time.
    pub fn add(repo: &Repo, new: &[Pair]) -> Result<()> {
        for _ in 0..TRIES {
            let old = repo.read_ref(REF)?;
            let mut known = old.map(|at| Self::of_commit(repo, at)).transpose()?.unwrap_or_default();
            let before = known.list.len();
            new.iter().for_each(|pair| known.take(*pair));
            let fresh = &known.list[before..];
            if fresh.is_empty() || write(repo, old, fresh)? == Swap::Done {
                return Ok(());
            }
        }
        Err(fault(format!("{REF} is changed by others all the time")).hint("try again").into())
    }

    fn take(&mut self, pair: Pair) {
        let is_new = match pair.kind {
            Kind::Anchor => self.anchors.insert(pair.private, pair.public) != Some(pair.public),
            Kind::Published => {
                let is_new = !self.published.contains_key(&pair.private);
                self.published.entry(pair.private).or_insert(pair.public);
                is_new
            }
            Kind::Picked => self.picks_of(pair.private).all(|public| public != pair.public),
        };
        if is_new {
            self.private.entry(pair.public).or_insert(pair.private);
            self.list.push(pair);
        }
    }
}

/// Adds a run to those that are there, and moves the ref to all of them.
fn write(repo: &Repo, old: Option<ObjectId>, fresh: &[Pair]) -> Result<Swap> {
    let mut items = match old {
        Some(old) => repo.tree_items(repo.tree_of(old)?)?,
        None => Vec::new(),
    };
    let (mut run, mut number) = (fresh.to_vec(), items.len());
    while let Some(last) = items.last() {
        let before = parse(&repo.blob(last.id)?)?;
        if before.len() > run.len() {
            break;
        }
        run.splice(..0, before);
        number -= 1;
        items.pop();
    }
    let blob = repo.write_blob(&bytes(&run))?;
    items.push(TreeItem { mode: FILE, name: format!("{number:08}").into_bytes(), id: blob });
    let tree = repo.write_tree_items(&items)?;
    let parents: Vec<ObjectId> = old.into_iter().collect();
    let new = NewCommit { tree, parents: &parents, message: "pairs\n", at: Timestamp::now() };
    let commit = repo.write_commit(&new)?;
    repo.sync_objects(&[blob, tree, commit])?;
    let swap = repo.swap_ref(REF, commit, old, "gx: pairs")?;
    if swap == Swap::Done {
        repo.sync_ref(REF)?;
    }
    Ok(swap)
}

/// Pairs as they are stored.
pub fn bytes(run: &[Pair]) -> Vec<u8> {
    let mut bytes = HEAD.to_vec();
    for pair in run {
        bytes.push(match pair.kind {
            Kind::Anchor => b'a',
            Kind::Published => b'p',
            Kind::Picked => b'c',
        });
        bytes.extend_from_slice(pair.private.as_bytes());
        bytes.extend_from_slice(pair.public.as_bytes());
    }
    bytes
}

/// Reads what [`bytes`] wrote. The ids of a repository all have the same length, which the whole length tells where the
/// bytes are whole.
///
/// # Errors
/// They are cut, or of a newer gx.
pub fn parse(bytes: &[u8]) -> Result<Vec<Pair>> {
    let body = bytes.strip_prefix(HEAD).context("its version is not known here")?;
    let of_length = |length: usize| body.chunks_exact(1 + 2 * length).map(|one| pair(one, length)).collect();
    let fits = |length: usize| body.len().is_multiple_of(1 + 2 * length);
    match (fits(20), fits(32)) {
        (true, false) => of_length(20),
        (false, true) => of_length(32),
        (true, true) => of_length(20).or_else(|_: anyhow::Error| of_length(32)),
        (false, false) => Err(fault("it is cut").into()),
    }
}

fn pair(bytes: &[u8], length: usize) -> Result<Pair> {
    let kind = match bytes[0] {
        b'a' => Kind::Anchor,
        b'p' => Kind::Published,
        b'c' => Kind::Picked,
        _ => return Err(fault("its version is not known here").into()),
    };
    let id = |from: usize| ObjectId::from_bytes(&bytes[from..from + length]);
    Ok(Pair { private: id(1)?, public: id(1 + length)?, kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> ObjectId {
        let mut bytes = [7; 20];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        ObjectId::from_bytes(&bytes).unwrap()
    }

    fn pair(private: u32, public: u32, kind: Kind) -> Pair {
        Pair { private: id(private), public: id(public), kind }
    }

    #[test]
    fn what_was_recorded_is_found_again_and_nothing_twice() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        assert!(Pairs::load(&repo).unwrap().list().is_empty());
        let first = pair(1, 101, Kind::Published);
        Pairs::add(&repo, &[first, first]).unwrap();
        let at = repo.read_ref(REF).unwrap();
        Pairs::add(&repo, &[first]).unwrap();
        assert_eq!(repo.read_ref(REF).unwrap(), at, "nothing new, nothing written");
        Pairs::add(&repo, &[pair(2, 102, Kind::Picked), pair(3, 103, Kind::Anchor)]).unwrap();
        let pairs = Pairs::load(&repo).unwrap();
        assert_eq!(pairs.list().len(), 3);
        assert_eq!((pairs.public_of(id(1)), pairs.public_of(id(3))), (Some(id(101)), Some(id(103))));
        assert_eq!(pairs.public_of(id(2)), None, "nothing can be built on a pick");
        assert_eq!(pairs.private_of(id(102)), Some(id(2)));
        assert_eq!(pairs.picks_of(id(2)).collect::<Vec<_>>(), [id(102)]);
    }

    #[test]
    fn what_was_published_stays_and_an_anchor_goes_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        Pairs::add(&repo, &[pair(1, 101, Kind::Published)]).unwrap();
        Pairs::add(&repo, &[pair(1, 999, Kind::Published)]).unwrap();
        assert_eq!(Pairs::load(&repo).unwrap().public_of(id(1)), Some(id(101)));
        Pairs::add(&repo, &[pair(1, 201, Kind::Anchor)]).unwrap();
        Pairs::add(&repo, &[pair(1, 202, Kind::Anchor)]).unwrap();
        let pairs = Pairs::load(&repo).unwrap();
        assert_eq!(pairs.public_of(id(1)), Some(id(202)));
        assert_eq!((pairs.private_of(id(101)), pairs.private_of(id(201))), (Some(id(1)), Some(id(1))));
    }

    #[test]
    fn many_small_additions_leave_few_files_and_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        for number in 0..37 {
            Pairs::add(&repo, &[pair(number, 1000 + number, Kind::Published)]).unwrap();
        }
        let tree = repo.tree_of(repo.read_ref(REF).unwrap().unwrap()).unwrap();
        assert!(repo.tree_items(tree).unwrap().len() <= 6);
        let list = Pairs::load(&repo).unwrap().list().to_vec();
        assert!(list.iter().enumerate().all(|(at, pair)| pair.private == id(at as u32)) && list.len() == 37);
    }

    #[test]
    fn both_lengths_of_ids_are_read_and_what_is_cut_or_newer_is_not() {
        let long = |digit| ObjectId::from_bytes(&[digit; 32]).unwrap();
        for count in [1, 41, 65, 82] {
            let short: Vec<Pair> = (0..count).map(|at| pair(at, at, Kind::Anchor)).collect();
            assert_eq!(parse(&bytes(&short)).unwrap(), short);
            let pair = Pair { private: long(9), public: long(250), kind: Kind::Picked };
            let wide = vec![pair; count as usize];
            assert_eq!(parse(&bytes(&wide)).unwrap(), wide);
        }
        let whole = bytes(&[pair(1, 2, Kind::Anchor)]);
        assert!(parse(&whole[..whole.len() - 1]).is_err() && parse(b"gx pairs 2\n").is_err());
    }
}
