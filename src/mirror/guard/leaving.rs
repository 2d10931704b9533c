//! What an upload would bring over: tags peeled, commits parents first, and loose trees and blobs.

use std::collections::{HashMap, HashSet};

use anyhow::Result;

use crate::git::raw::{Kind, is_torn};
use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::Spot;
use crate::mirror::guard::headers;
use crate::mirror::guard::update::Update;
use crate::model::object::ObjectId;

/// So many tips are looked at before memory is let go of.
const AT_ONCE: usize = 1000;

/// A commit that would leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCommit {
    /// Its id.
    pub id: ObjectId,
    /// Its parents, those that do not leave too.
    pub parents: Vec<ObjectId>,
    /// Which of [`Leaving::targets`] brings it there.
    pub target: u32,
}

/// An annotated tag, a tree or a blob that a ref names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loose {
    /// Its id.
    pub id: ObjectId,
    /// What it is.
    pub kind: Kind,
    /// Which of [`Leaving::targets`] brings it there.
    pub target: u32,
}

/// All that would leave, but for what hangs on it.
#[derive(Debug, Default)]
pub struct Leaving {
    /// The refs of the other side, by number.
    pub targets: Vec<String>,
    /// Annotated tags, and trees and blobs that a ref or a tag names.
    pub loose: Vec<Loose>,
    /// The commits that refs name, through tags too.
    pub tips: Vec<ObjectId>,
    /// The commits, parents first.
    pub commits: Vec<NewCommit>,
}

impl Leaving {
    /// Lists it; what cannot be seen from here is a finding.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub fn of(case: &Case<'_>, updates: &[Update], hidden: &[ObjectId]) -> Result<Self> {
        let mut leaving = Self::default();
        let mut brought: HashMap<ObjectId, u32> = HashMap::new();
        let mut seen = HashSet::new();
        for (number, update) in updates.iter().enumerate() {
            if number % AT_ONCE == 0 {
                // What was read of the packs would stay in memory until the end.
                case.repo.rest();
            }
            let Some(new) = update.new else { continue };
            let target = leaving.targets.len() as u32;
            leaving.targets.push(update.target.clone());
            if let Some(commit) = leaving.peel(case, new, target, &mut seen)? {
                brought.entry(commit).or_insert_with(|| {
                    leaving.tips.push(commit);
                    target
                });
            }
        }
        leaving.list(case, hidden, &mut brought)?;
        leaving.check_edges(case);
        Ok(leaving)
    }

    /// The refs of the other side, by number.
    pub fn target(&self, number: u32) -> &str {
        self.targets.get(number as usize).map_or("", String::as_str)
    }

    /// Follows tags to what they name, and takes down what is no commit.
    fn peel(
        &mut self,
        case: &Case<'_>,
        new: ObjectId,
        target: u32,
        seen: &mut HashSet<ObjectId>,
    ) -> Result<Option<ObjectId>> {
        let mut id = new;
        loop {
            let kind =
                case.repo.kind(id).or_else(|error| if is_torn(&error) { Ok(None) } else { Err(error) })?;
            let Some(kind) = kind else {
                let spot = Spot { object: Some(id), ..self.spot(target) };
                case.unchecked(format!("object {id} is not here"), spot, &["git fetch"]);
                return Ok(None);
            };
            if kind == Kind::Commit {
                return Ok(Some(id));
            }
            if seen.insert(id) {
                self.loose.push(Loose { id, kind, target });
            }
            if kind != Kind::Tag {
                return Ok(None);
            }
            match case.repo.raw(id).map(|(_, bytes)| headers::tagged(&bytes)) {
                Ok(Some(next)) => id = next,
                Ok(None) => {
                    let spot = Spot { object: Some(id), ..self.spot(target) };
                    case.unchecked(format!("the tag {id} names nothing"), spot, &["git fsck"]);
                    return Ok(None);
                }
                Err(error) if is_torn(&error) => {
                    let spot = Spot { object: Some(id), ..self.spot(target) };
                    case.unchecked(format!("{error:#}"), spot, &["git fsck"]);
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn spot(&self, target: u32) -> Spot {
        Spot { target: Some(self.target(target).to_owned()), ..Spot::default() }
    }

    fn list(
        &mut self,
        case: &Case<'_>,
        hidden: &[ObjectId],
        brought: &mut HashMap<ObjectId, u32>,
    ) -> Result<()> {
        let listed = match case.repo.descent_between(&self.tips, hidden) {
            Ok(listed) => listed,
            Err(error) if is_torn(&error) => {
                let what = format!("the commits that would leave cannot be listed: {error:#}");
                case.unchecked(what, Spot::default(), &["git fetch --unshallow", "git fsck"]);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        // Children first, so that each commit is brought by the ref that brings its child.
        for (id, parents) in listed.iter().rev() {
            let target = brought.get(id).copied().unwrap_or_default();
            parents.iter().for_each(|parent| {
                brought.entry(*parent).or_insert(target);
            });
        }
        let target = |id| brought.get(&id).copied().unwrap_or_default();
        self.commits =
            listed.into_iter().map(|(id, parents)| NewCommit { target: target(id), id, parents }).collect();
        Ok(())
    }

    /// Where a shallow clone ends among what would leave, nobody here knows what is behind.
    fn check_edges(&self, case: &Case<'_>) {
        let edges: HashSet<ObjectId> = case.repo.shallow_edges().into_iter().collect();
        if edges.is_empty() {
            return;
        }
        for commit in self.commits.iter().filter(|commit| edges.contains(&commit.id)) {
            let what =
                format!("this shallow clone ends at {}, and what is behind it cannot be seen", commit.id);
            let spot = Spot { commit: Some(commit.id), ..self.spot(commit.target) };
            case.unchecked(what, spot, &["git fetch --unshallow"]);
        }
    }
}
