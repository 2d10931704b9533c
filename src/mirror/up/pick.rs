//! Chosen changes, put upon the public tip one after the other.
//!
//! Both sides of each change are stripped before they are joined with what is public, so that a private file is in
//! nobody's way and a public one of the same name stays.

use anyhow::Result;

use crate::error::{fault, misuse};
use crate::git::raw::Kind;
use crate::mirror::strip::headers::Headers;
use crate::mirror::strip::mentions::{Mentions, NAMELESS};
use crate::mirror::strip::tree::{Left, Stripper};
use crate::mirror::up::ground::Ground;
use crate::mirror::up::offer::{Built, Outcome, Withheld};
use crate::mirror::up::wanted::{Change, Clash, Decision, Wanted};
use crate::model::object::ObjectId;
use crate::model::path::{self, RepoPath};

/// A change on its new ground.
struct Placed {
    tree: ObjectId,
    before: ObjectId,
    is_mixed: bool,
}

/// Each change as a commit of its own.
///
/// # Errors
/// Nothing was named, or one message is given for several changes.
pub fn pick(ground: &Ground<'_>, wanted: &Wanted) -> Result<Outcome> {
    let mut picking = Picking::new(ground, wanted)?;
    if wanted.message.is_some() && wanted.changes.len() > 1 {
        return Err(misuse("--message is for one change, or for `--mode squash`").into());
    }
    let all = match picking.place_all(wanted)? {
        Ok(all) => all,
        Err(clash) => return Ok(Outcome::Clash(clash)),
    };
    for (change, placed) in &all {
        let (_, bytes) = ground.repo.raw(change.tip)?;
        let old = Headers::parse(&bytes)?;
        let own = picking.message(wanted, &old, placed.is_mixed)?;
        let is_silent = own.is_none();
        let message = match own {
            Some(own) => own,
            None => picking.neutral(placed)?,
        };
        let message = ground.words.with_provenance(message, change.tip);
        let new = picking.commit(&old, placed.tree, &message)?;
        picking.built.pairs.push((change.tip, new));
        picking.built.silent.push(is_silent);
        picking.tip = Some(new);
    }
    Ok(Outcome::Built(picking.done()))
}

/// All changes as one commit.
///
/// # Errors
/// As of [`pick`], and where no message is for the public.
pub fn squash(ground: &Ground<'_>, wanted: &Wanted) -> Result<Outcome> {
    let mut picking = Picking::new(ground, wanted)?;
    let all = match picking.place_all(wanted)? {
        Ok(all) => all,
        Err(clash) => return Ok(Outcome::Clash(clash)),
    };
    let (mut last, mut said) = (None, Vec::new());
    for (change, _) in &all {
        let (_, bytes) = ground.repo.raw(change.tip)?;
        // Without a section of its own nothing of it is said, mixed or not: these are not the words for all of it.
        said.extend(picking.section(Headers::parse(&bytes)?.message)?);
        last = Some(bytes);
    }
    let Some(last) = last else { return Ok(Outcome::Built(picking.done())) };
    let message = match &wanted.message {
        Some(message) => picking.given(message)?,
        None if said.is_empty() => return Err(wordless()),
        None => said.join(&b'\n'),
    };
    let old = Headers::parse(&last)?;
    let new = picking.commit(&old, picking.tree, &message)?;
    picking.built.pairs.extend(all.iter().map(|(change, _)| (change.tip, new)));
    picking.built.silent.resize(all.len(), false);
    picking.tip = Some(new);
    Ok(Outcome::Built(picking.done()))
}

/// That nothing is said to the public.
pub fn wordless() -> anyhow::Error {
    fault("none of these commits has a `Public:` section, so nothing is known that the one commit could say")
        .hint("say it: `gx sync-up --mode squash --message TEXT`")
        .into()
}

/// Changes being put upon each other.
pub struct Picking<'a> {
    ground: &'a Ground<'a>,
    stripper: Stripper<'a>,
    mentions: Mentions<'a>,
    start: Option<ObjectId>,
    tip: Option<ObjectId>,
    tree: ObjectId,
    empty: ObjectId,
    built: Built,
}

impl<'a> Picking<'a> {
    fn new(ground: &'a Ground<'a>, wanted: &Wanted) -> Result<Self> {
        if wanted.changes.is_empty() {
            return Err(misuse("nothing was named that is to go up")
                .hint("name commits or experiments: `gx sync-up COMMIT` or `gx sync-up exp-12`")
                .hint("or the whole branch, without what is private: `gx sync-up --mode strip`")
                .into());
        }
        Self::upon(ground, wanted.onto.or(ground.public))
    }

    /// Begins on a public commit, or on nothing.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn upon(ground: &'a Ground<'a>, start: Option<ObjectId>) -> Result<Self> {
        let empty = ground.repo.empty_tree()?;
        let tree = start.map_or(Ok(empty), |start| ground.repo.tree_of(start))?;
        Ok(Self {
            stripper: Stripper::new(ground.repo, &ground.mirror.policy),
            mentions: Mentions::new(ground.repo, &ground.publics),
            built: Built::default(),
            tip: start,
            start,
            ground,
            tree,
            empty,
        })
    }

    /// Puts each change that does not stay upon the ones before it; or the first one about which somebody has to decide.
    fn place_all<'w>(&mut self, wanted: &'w Wanted) -> Result<Result<Vec<(&'w Change, Placed)>, Clash>> {
        let mut all = Vec::new();
        for change in &wanted.changes {
            match self.place(change, &wanted.decisions)? {
                Ok(placed) => all.extend(placed.map(|placed| (change, placed))),
                Err(clash) => return Ok(Err(clash)),
            }
        }
        Ok(Ok(all))
    }

    /// Joins a change with what is there, as somebody has decided where that is not clear; it is left where nothing of it
    /// is public, or it is there already.
    fn place(&mut self, change: &Change, decisions: &[Decision]) -> Result<Result<Option<Placed>, Clash>> {
        let about = |decision: &&Decision| decision.tip == change.tip;
        if decisions.iter().filter(about).any(|decision| decision.tree.is_none()) {
            self.hold_back(change, "it conflicts with what is public, and was skipped");
            return Ok(Ok(None));
        }
        let base = change.base.map(|base| self.look(base)).transpose()?;
        let theirs = self.look(change.tip)?;
        let withheld = base.map_or(0, |base| base.withheld);
        let base = base.and_then(|base| base.tree).unwrap_or(self.empty);
        let left = theirs.tree.unwrap_or(self.empty);
        if base == left {
            let is_nothing = theirs.withheld == withheld;
            self.hold_back(
                change,
                if is_nothing { "it changes nothing" } else { "it touches private paths only" },
            );
            return Ok(Ok(None));
        }
        let decided = decisions.iter().filter(about).find(|decision| decision.ground == self.tree);
        let tree = match self.ground.repo.merge_trees(base, self.tree, left)? {
            Ok(tree) => tree,
            Err(paths) => match decided.and_then(|decision| decision.tree) {
                Some(tree) => self.decided(tree)?,
                None => {
                    let (change, ground) = (change.clone(), self.tree);
                    return Ok(Err(Clash { change, base, ground, own: left, paths }));
                }
            },
        };
        if tree == self.tree {
            self.hold_back(change, "what is public has it already");
            return Ok(Ok(None));
        }
        let before = std::mem::replace(&mut self.tree, tree);
        Ok(Ok(Some(Placed { tree, before, is_mixed: theirs.withheld != withheld })))
    }

    /// What somebody has decided upon, without anything private that whoever decides has put there; what upstream has
    /// at such a path is upstream's own, and stays as it is.
    fn decided(&mut self, tree: ObjectId) -> Result<ObjectId> {
        let (bare, tree) = (self.stripped(self.tree)?, self.stripped(tree)?);
        let joined = self.ground.repo.merge_trees(bare, self.tree, tree)?;
        joined
            .map_err(|paths| fault(format!("what was resolved does not fit: {}", path::list(&paths))).into())
    }

    fn stripped(&mut self, tree: ObjectId) -> Result<ObjectId> {
        Ok(self.stripper.strip(tree)?.unwrap_or(self.empty))
    }

    fn look(&mut self, commit: ObjectId) -> Result<Left> {
        let repo = self.ground.repo;
        self.stripper.strip_into(repo.tree_of(commit)?, &mut &*repo)
    }

    fn hold_back(&mut self, change: &Change, why: &str) {
        self.built.withheld.push(Withheld { what: change.name.clone(), why: why.to_owned() });
    }

    fn message(&self, wanted: &Wanted, old: &Headers<'_>, is_mixed: bool) -> Result<Option<Vec<u8>>> {
        if let Some(message) = &wanted.message {
            return self.given(message).map(Some);
        }
        self.ground.words.message(old.message, is_mixed, &mut |hex| self.mention(hex))
    }

    /// What somebody says for the occasion; what is private in it is taken out all the same.
    ///
    /// # Errors
    /// What it mentions cannot be looked up.
    pub fn given(&self, message: &str) -> Result<Vec<u8>> {
        let message = format!("{}\n", message.trim());
        self.ground.words.cleaned(message.as_bytes(), &mut |hex| self.mention(hex))
    }

    /// What a message says to the public; nothing where it has no section for that.
    ///
    /// # Errors
    /// What it mentions cannot be looked up.
    pub fn section(&self, message: &[u8]) -> Result<Option<Vec<u8>>> {
        self.ground.words.section(message, &mut |hex| self.mention(hex))
    }

    fn mention(&self, hex: &str) -> Result<Option<String>> {
        let private = self.mentions.private(hex)?;
        Ok(private.map(|private| {
            let public = self.ground.pairs.public_of(private);
            public.map_or(NAMELESS.to_owned(), |public| public.to_string()[..hex.len()].to_owned())
        }))
    }

    /// What a commit says whose own words may not be published: what everybody sees anyway.
    fn neutral(&self, placed: &Placed) -> Result<Vec<u8>> {
        let changes = self.ground.repo.changes(placed.before, placed.tree)?;
        let paths: Vec<RepoPath> = changes.into_iter().map(|change| change.path).collect();
        Ok(format!("Update {}\n", path::list(&paths)).into_bytes())
    }

    /// Makes a commit on the present tip, by the people and at the moment of an old one.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn commit(&self, old: &Headers<'_>, tree: ObjectId, message: &[u8]) -> Result<ObjectId> {
        let words = &self.ground.words;
        let (author, committer) = (words.person(old.author), words.person(old.committer));
        let new = Headers {
            tree,
            parents: self.tip.into_iter().collect(),
            author: &author,
            committer: &committer,
            encoding: old.encoding,
            message,
        };
        self.ground.repo.write_raw(Kind::Commit, &new.bytes())
    }

    fn done(mut self) -> Built {
        self.built.tip = self.tip.filter(|tip| Some(*tip) != self.start);
        self.built
    }
}
