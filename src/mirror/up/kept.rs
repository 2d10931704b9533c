//! Plans, kept under private refs with all that they built, so that a later push is exactly what was looked at.

use anyhow::{Context, Result};

use crate::clock::Timestamp;
use crate::error::fault;
use crate::git::object::NewCommit;
use crate::git::raw::TreeItem;
use crate::git::refs::Ref;
use crate::git::repo::Repo;
use crate::mirror::pairs::{self, Kind, Pair};
use crate::mirror::up::offer::Built;
use crate::mirror::up::plan::{Mode, Plan};
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

/// Plans that may be pushed.
const PLANS: &str = "refs/gx/mirror/plans/";
/// Plans of which a push has begun: whether it came through, the other side knows.
const BEGUN: &str = "refs/gx/mirror/begun/";
/// Plans that are public.
const PUBLISHED: &str = "refs/gx/mirror/published/";

const RECORD: &str = "plan.json";
const PAIRS: &str = "pairs";
const FILE: u32 = 0o100_644;
/// The fewest digits that a digest may be called by.
const FEWEST: usize = 6;

/// How far a plan has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It was made.
    Planned,
    /// It is being pushed, or a push of it was cut short.
    Begun,
    /// It is public, and its pairs are recorded.
    Published,
}

impl Stage {
    fn folder(self) -> &'static str {
        match self {
            Self::Planned => PLANS,
            Self::Begun => BEGUN,
            Self::Published => PUBLISHED,
        }
    }
}

/// A plan with what belongs to it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// It.
    pub plan: Plan,
    /// What is to be recorded when it is public.
    pub pairs: Vec<Pair>,
    /// How far it has come.
    pub stage: Stage,
    at: ObjectId,
}

impl Kept {
    /// Keeps a new plan; it is on the disk when this returns.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(repo: &Repo, plan: &Plan, built: &Built) -> Result<()> {
        let kind = if plan.mode == Mode::Strip { Kind::Published } else { Kind::Picked };
        let pairs: Vec<Pair> = built
            .pairs
            .iter()
            .map(|(private, public)| Pair { private: *private, public: *public, kind })
            .collect();
        let file = |name: &str, id| TreeItem { mode: FILE, name: name.as_bytes().to_vec(), id };
        let (record, runs) = (repo.write_blob(&plan.bytes()?)?, repo.write_blob(&pairs::bytes(&pairs))?);
        let tree = repo.write_tree_items(&[file(RECORD, record), file(PAIRS, runs)])?;
        let parents: Vec<ObjectId> = [Some(plan.tip), plan.public].into_iter().flatten().collect();
        let new = NewCommit { tree, parents: &parents, message: "plan\n", at: Timestamp::now() };
        let at = repo.write_commit(&new)?;
        repo.sync_objects(&[record, runs, tree, plan.tip, at])?;
        repo.set_refs(&[Ref { name: format!("{PLANS}{}", plan.digest), target: at }])
    }

    /// The plan that a digest, or its beginning, means.
    ///
    /// # Errors
    /// None or several, or it was changed since.
    pub fn find(repo: &Repo, digest: &str) -> Result<Self> {
        let digest = digest.to_ascii_lowercase();
        let mut found = Vec::new();
        for stage in [Stage::Published, Stage::Begun, Stage::Planned] {
            for one in repo.refs(stage.folder())? {
                let name = one.name[stage.folder().len()..].to_owned();
                if name.starts_with(&digest) && found.iter().all(|(_, _, other)| *other != name) {
                    found.push((stage, one.target, name));
                }
            }
        }
        match &found[..] {
            [(stage, at, name)] if digest.len() >= FEWEST => Self::read(repo, *stage, *at, name),
            [_, _, ..] => Err(fault(format!("`{digest}` is the beginning of several plans"))
                .hint("give more of its digits")
                .into()),
            [_] => Err(fault(format!("`{digest}` is too short for the digest of a plan"))
                .hint(format!("give at least {FEWEST} of its digits"))
                .into()),
            [] => Err(fault(format!("there is no plan `{digest}`"))
                .hint("make one: `gx sync-up exp-12`, or `gx sync-up --mode strip`")
                .into()),
        }
    }

    /// The plans of which a push has begun and whose end is not known.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn begun(repo: &Repo) -> Result<Vec<Self>> {
        let refs = repo.refs(BEGUN)?;
        refs.iter().map(|one| Self::read(repo, Stage::Begun, one.target, &one.name[BEGUN.len()..])).collect()
    }

    fn read(repo: &Repo, stage: Stage, at: ObjectId, name: &str) -> Result<Self> {
        let tree = repo.tree_of(at)?;
        let blob = |name: &str| -> Result<Vec<u8>> {
            let entry = repo.entry(tree, &RepoPath::from(name))?;
            repo.blob(entry.with_context(|| format!("the plan has no {name}"))?.id)
        };
        let plan: Plan = serde_json::from_slice(&blob(RECORD)?).context("the plan cannot be read")?;
        let pairs = pairs::parse(&blob(PAIRS)?)?;
        let kept = Self { plan, pairs, stage, at };
        let digest = kept.plan.digest_of(&kept.commits());
        if digest != name || digest != kept.plan.digest {
            return Err(fault(format!("the plan `{name}` is not what its digest says"))
                .hint("plan again: `gx sync-up`")
                .into());
        }
        Ok(kept)
    }

    /// The public commits of it, each once.
    pub fn commits(&self) -> Vec<ObjectId> {
        let mut commits: Vec<ObjectId> = self.pairs.iter().map(|pair| pair.public).collect();
        commits.dedup();
        commits
    }

    /// Writes down how far it has come now.
    ///
    /// # Errors
    /// A ref cannot be written.
    pub fn move_to(&mut self, repo: &Repo, stage: Stage) -> Result<()> {
        if stage == self.stage {
            return Ok(());
        }
        let name = |stage: Stage| format!("{}{}", stage.folder(), self.plan.digest);
        repo.set_refs(&[Ref { name: name(stage), target: self.at }])?;
        repo.delete_refs(&[Ref { name: name(self.stage), target: self.at }])?;
        self.stage = stage;
        Ok(())
    }
}
