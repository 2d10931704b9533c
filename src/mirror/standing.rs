//! How the two repositories stand to each other: what is public, what is withheld, what differs, what is wrong.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use anyhow::Result;

use crate::git::repo::Repo;
use crate::mirror::configured::Mirror;
use crate::mirror::down::ground::ACCEPTED;
use crate::mirror::down::state::{Stage, State};
use crate::mirror::hook::install::is_in;
use crate::mirror::pairs::{Kind, Pairs};
use crate::mirror::pause::record::{self, UP};
use crate::mirror::setup::plan::DISABLED;
use crate::mirror::setup::remotes::is_declared;
use crate::model::object::ObjectId;
use crate::model::path::{RepoPath, list};

/// Hears how many of how many commits have been looked at.
pub type Hear<'a> = dyn FnMut(usize, usize) + 'a;

/// How they stand, as far as is known here.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The private branch here, or as it was last seen.
    pub private: ObjectId,
    /// The public branch as it was last seen; nothing before the first look.
    pub public: Option<ObjectId>,
    /// Private commits with a public part that upstream does not have.
    pub ahead: usize,
    /// Private commits that touch nothing public.
    pub inner: usize,
    /// Public commits that the private branch lacks, and that were not made of its own.
    pub behind: usize,
    /// Private commits that the private repository lacks.
    pub unsent: usize,
    /// The files of the private branch, counted.
    pub files: Files,
    /// What differs between the public tree and the private one without its private files.
    pub drift: Vec<RepoPath>,
    /// Where conflicts wait to be resolved.
    pub waiting: Option<PathBuf>,
    /// What is wrong, each with what to do.
    pub alarms: Vec<String>,
}

/// The files of the private branch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// Those that are, or may become, public.
    pub public: usize,
    /// Those that stay.
    pub withheld: usize,
    /// Where those lie: a folder with how many, or a file.
    pub places: BTreeMap<String, usize>,
}

/// Where somebody has to decide about a sync, whichever way it goes.
fn waiting(repo: &Repo) -> Result<Option<PathBuf>> {
    Ok(match State::read(repo)?.map(|state| state.stage) {
        Some(Stage::Stopped { dir }) => Some(dir),
        _ => record::is_there(repo, UP).then(|| record::work_tree(repo)),
    })
}

impl Standing {
    /// Looks at what is here; nothing is fetched.
    ///
    /// # Errors
    /// An object is missing.
    pub fn of(repo: &Repo, mirror: &Mirror, hear: &mut Hear<'_>) -> Result<Self> {
        let (private, public) = (mirror.private_tip(repo)?, mirror.public_tip(repo)?);
        let pairs = Pairs::load(repo)?;
        let (ahead, inner) = unpublished(repo, mirror, (private, public), &pairs, hear)?;
        let there = repo.read_ref(&mirror.private.tracking())?;
        let count = |tip: ObjectId, hidden: &[ObjectId]| {
            Ok::<_, anyhow::Error>(repo.commits_between(&[tip], hidden)?.len())
        };
        let mut standing = Self {
            private,
            public,
            ahead,
            inner,
            behind: public.map_or(Ok(0), |public| incoming(repo, private, public, &pairs))?,
            unsent: count(private, there.as_slice())?,
            files: files(repo, mirror, private)?,
            drift: Vec::new(),
            waiting: waiting(repo)?,
            alarms: alarms(repo, mirror, public)?,
        };
        if let Some(public) = public {
            standing.compare(repo, mirror, public)?;
        }
        Ok(standing)
    }

    /// Whether the trees differ though neither side has anything that the other lacks.
    pub fn is_adrift(&self) -> bool {
        self.public.is_some() && !self.drift.is_empty() && self.ahead == 0 && self.behind == 0
    }

    fn compare(&mut self, repo: &Repo, mirror: &Mirror, public: ObjectId) -> Result<()> {
        let changes = repo.changes(repo.tree_of(self.private)?, repo.tree_of(public)?)?;
        let differing = changes.into_iter().map(|change| change.path);
        self.drift = differing.filter(|path| !mirror.policy.is_withheld(path.as_bytes())).collect();
        let leaked: Vec<RepoPath> =
            repo.files(repo.tree_of(public)?)?.into_iter().map(|(path, _)| path).collect();
        let leaked: Vec<RepoPath> =
            leaked.into_iter().filter(|path| mirror.policy.is_withheld(path.as_bytes())).collect();
        if !leaked.is_empty() {
            self.alarms
                .push(format!("the public branch has private files: {}   (gx guard audit)", list(&leaked)));
        }
        Ok(())
    }
}

/// All commits of the public branch, where any was published from here: else nobody asks for them.
///
/// # Errors
/// A commit is missing.
pub(super) fn landed(repo: &Repo, pairs: &Pairs, public: Option<ObjectId>) -> Result<HashSet<ObjectId>> {
    let is_made = pairs.list().iter().any(|pair| pair.kind != Kind::Anchor);
    let tips: Vec<ObjectId> = public.filter(|_| is_made).into_iter().collect();
    Ok(repo.commits_between(&tips, &[])?.into_iter().collect())
}

/// How many public commits could come down: what was made of commits of the private branch has nothing to bring.
fn incoming(repo: &Repo, private: ObjectId, public: ObjectId, pairs: &Pairs) -> Result<usize> {
    let lacking = repo.commits_between(&[public], &[private])?;
    let made: Vec<ObjectId> = lacking.iter().filter_map(|commit| pairs.private_of(*commit)).collect();
    if made.is_empty() {
        return Ok(lacking.len());
    }
    let own: HashSet<ObjectId> = repo.commits_between(&[private], &[public])?.into_iter().collect();
    Ok(lacking.len() - made.iter().filter(|commit| own.contains(commit)).count())
}

/// The private commits that upstream does not have, by what they are: those with a public part, those without.
fn unpublished(
    repo: &Repo,
    mirror: &Mirror,
    (private, public): (ObjectId, Option<ObjectId>),
    pairs: &Pairs,
    hear: &mut Hear<'_>,
) -> Result<(usize, usize)> {
    let mut hidden: Vec<ObjectId> = public.into_iter().collect();
    let landed = landed(repo, pairs, public)?;
    let mut published = HashSet::new();
    for pair in pairs.list() {
        match pair.kind {
            // Only the last anchors matter, but whatever is behind one is public as far as it can be.
            Kind::Anchor => hidden.push(pair.private),
            Kind::Published | Kind::Picked if landed.contains(&pair.public) => {
                published.insert(pair.private);
            }
            Kind::Published | Kind::Picked => {}
        }
    }
    let commits = repo.commits_between(&[private], &hidden)?;
    let (mut ahead, mut inner) = (0, 0);
    for (done, commit) in commits.iter().enumerate() {
        hear(done, commits.len());
        let parents = repo.parents(*commit)?;
        if parents.len() > 1 || published.contains(commit) {
            continue;
        }
        let before = match parents.first() {
            Some(parent) => repo.tree_of(*parent)?,
            None => repo.empty_tree()?,
        };
        let changes = repo.changes(before, repo.tree_of(*commit)?)?;
        let is_inner = changes.iter().all(|change| mirror.policy.is_withheld(change.path.as_bytes()));
        if is_inner { inner += 1 } else { ahead += 1 }
    }
    hear(commits.len(), commits.len());
    Ok((ahead, inner))
}

/// Counts the files; a first folder of which nothing may leave is told as one.
fn files(repo: &Repo, mirror: &Mirror, private: ObjectId) -> Result<Files> {
    let mut files = Files::default();
    let mut tops: BTreeMap<String, (usize, Vec<String>)> = BTreeMap::new();
    for (path, _) in repo.files(repo.tree_of(private)?)? {
        let shown = path.to_string();
        let top = shown.split_once('/').map_or(shown.clone(), |(top, _)| format!("{top}/"));
        let (open, closed) = tops.entry(top).or_default();
        if mirror.policy.is_withheld(path.as_bytes()) {
            files.withheld += 1;
            closed.push(shown);
        } else {
            files.public += 1;
            *open += 1;
        }
    }
    for (top, (open, closed)) in tops {
        match open {
            0 => drop(files.places.insert(top, closed.len())),
            _ => files.places.extend(closed.into_iter().map(|path| (path, 1))),
        }
    }
    Ok(files)
}

fn alarms(repo: &Repo, mirror: &Mirror, public: Option<ObjectId>) -> Result<Vec<String>> {
    let mut alarms = Vec::new();
    let (private, open) = (&mirror.private.remote, &mirror.public.remote);
    if repo.setting("remote.pushDefault").as_deref() != Some(private) {
        alarms.push(format!("a plain `git push` may go public   (git config remote.pushDefault {private})"));
    }
    if !repo.push_urls(open)?.iter().all(|url| url == DISABLED) {
        alarms.push(format!(
            "`git push {open}` is not disabled   (git config remote.{open}.pushurl {DISABLED})"
        ));
    }
    if !is_declared(repo, private)? {
        alarms.push(format!("`{private}` is not declared private   (gx remote trust {private} --private)"));
    }
    if !is_in(&repo.hook_folder()?.path, "pre-push") {
        alarms.push("no push asks the guard   (gx guard install)".to_owned());
    }
    if let (Some(before), Some(now)) = (repo.read_ref(ACCEPTED)?, public)
        && !repo.is_ancestor(before, now)?
    {
        alarms.push(format!(
            "upstream was rewritten: {} does not come from {}   (gx sync-down)",
            now.short(),
            before.short()
        ));
    }
    Ok(alarms)
}
