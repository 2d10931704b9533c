//! The verified frontier: commits that this clone's guard has let pass to a place, and that hide what is behind them.
//!
//! Two things hide. What was let pass, under this very policy, these rules and this set of private files: when any of
//! them changes, it is looked at again, since nothing says that it has left. And what is out: let pass at any time, or
//! declared published, and there by the refs that were last seen of the place. These refs alone hide nothing: an
//! upload past the guard moves them too. What is out was seen by others; `gx guard scan --published` looks at it, and
//! there only that hides which was looked at down to its roots, and not merely let pass on top of what is out.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::git::repo::Repo;
use crate::mirror::guard::case::Case;
use crate::mirror::guard::destination::{Class, Destination, canonical};
use crate::mirror::guard::tidy;
use crate::mirror::policy::terms::hex;
use crate::model::object::ObjectId;
use crate::process::identity::Identity;

/// Raised whenever a rule finds more than before: what was let pass is then looked at again.
const RULES_VERSION: u32 = 6;

const HEADER: &str = "gx frontier 2";

/// More commits than this are not kept: whatever they would hide is looked at once more.
const MOST: usize = 4096;

/// So many of a private place: there each experiment is a tip of its own, and the last ones cover what they came from.
const MOST_PRIVATE: usize = 64;

/// So many of those are kept that were let pass under something else and are not out, as far as is known.
const MOST_OTHERS: usize = 64;

/// So many places are kept; a continuous integration makes one for each base.
const MOST_PLACES: usize = 64;

/// What has been let pass to one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    file: PathBuf,
    /// How many commits are kept.
    most: usize,
    /// What passed was let pass under.
    key: String,
    /// Declared published.
    declared: Vec<ObjectId>,
    /// Let pass.
    passed: Vec<Passed>,
    /// Those of both that are out.
    out: HashSet<ObjectId>,
}

/// A commit that was let pass.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Passed {
    /// Under what.
    key: String,
    id: ObjectId,
    /// Whether all that is behind it was looked at under that too, and nothing of it was hidden by what is out.
    is_whole: bool,
}

/// What a frontier is to hide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hide {
    /// What was let pass under all that holds now, and what is out.
    #[default]
    Known,
    /// Only what was looked at as a whole under all that holds now: what is out is no secret and may yet be wrong there.
    Whole,
}

/// Under what something is let pass: the rules, the policy, and what was ever private.
pub fn key(case: &Case<'_>, privates: &str) -> String {
    let (policy, scanner) = (case.policy.digest(), case.scanner.digest());
    hex(&Sha256::digest(format!("{RULES_VERSION} {policy} {scanner} {privates}")))[..32].to_owned()
}

impl Frontier {
    /// What is known in this clone; nothing where the file cannot be understood.
    pub fn read(repo: &Repo, destination: &Destination, key: String) -> Self {
        let class = if destination.class == Class::Private { "private" } else { "public" };
        let place = hex(&Sha256::digest(&destination.canonical));
        let file = repo.gx_dir().join("guard/frontier").join(format!("{}-{class}", &place[..32]));
        let text = fs::read_to_string(&file).unwrap_or_default();
        let most = if destination.class == Class::Private { MOST_PRIVATE } else { MOST };
        let mut found = Self { file, most, key, ..Self::default() };
        let mut lines = text.lines();
        if lines.next() == Some(HEADER) {
            for line in lines {
                let mut words = line.split(' ');
                match (words.next(), words.next(), words.next()) {
                    (Some("out"), Some(id), None) => found.declared.extend(id.parse::<ObjectId>()),
                    (Some(word @ ("passed" | "whole")), Some(key), Some(id)) => {
                        let (key, is_whole) = (key.to_owned(), word == "whole");
                        found.passed.extend(id.parse().map(|id| Passed { key, id, is_whole }));
                    }
                    _ => {}
                }
            }
        }
        // Who may see what is private may see all of it: there nothing turns on what is out.
        if destination.class == Class::Public {
            found.find_out(repo, destination);
        }
        found
    }

    /// Asks the refs of the place what of it is out.
    fn find_out(&mut self, repo: &Repo, destination: &Destination) {
        let passed = self.passed.iter().map(|one| one.id);
        let asked = self.declared.iter().copied().chain(passed);
        let asked: Vec<ObjectId> = asked.filter(|id| repo.has_object(*id)).collect();
        if asked.is_empty() {
            return;
        }
        // Of a place that no remote leads to nothing but a declaration is known.
        let Some(there) = seen_there(repo, destination) else {
            self.out.extend(&self.declared);
            return;
        };
        // What was pushed last is what was last seen there; else one walk tells them apart, and where it cannot be gone
        // nothing is out.
        let seen: HashSet<&ObjectId> = there.iter().collect();
        if asked.iter().all(|id| seen.contains(id)) {
            self.out.extend(asked);
            return;
        }
        let Ok(not_there) = repo.commits_between(&asked, &there) else { return };
        let not_there: HashSet<ObjectId> = not_there.into_iter().collect();
        self.out = asked.into_iter().filter(|id| !not_there.contains(id)).collect();
    }

    /// The commits that hide themselves and what is behind them.
    pub fn commits(&self, hide: Hide) -> Vec<ObjectId> {
        let is_meant = |one: &&Passed| one.key == self.key && (hide == Hide::Known || one.is_whole);
        let passed = self.passed.iter().filter(is_meant).map(|one| one.id);
        let out = self.out.iter().copied().filter(|_| hide == Hide::Known);
        passed.chain(out).collect()
    }

    /// Whether all that is behind these commits was looked at under what holds now.
    pub fn covers(&self, repo: &Repo, commits: &[ObjectId]) -> bool {
        let whole = self.commits(Hide::Whole);
        let known: HashSet<&ObjectId> = whole.iter().collect();
        let open: Vec<ObjectId> = commits.iter().filter(|id| !known.contains(id)).copied().collect();
        // Without anything whole the list would be that of all that is out, which may be long.
        let is_behind = || repo.commits_between(&open, &whole).is_ok_and(|left| left.is_empty());
        open.is_empty() || (!whole.is_empty() && is_behind())
    }

    /// All that was ever let pass or declared published, whatever holds now.
    pub fn ever(&self) -> Vec<ObjectId> {
        self.passed.iter().map(|one| one.id).chain(self.declared.iter().copied()).collect()
    }

    /// What it becomes when these tips pass, behind which the `covered` commits lie; `is_whole` says whether nothing
    /// behind them was passed over that had only to be out.
    pub fn advanced(&self, tips: &[ObjectId], covered: &HashSet<ObjectId>, is_whole: bool) -> Self {
        let told: HashSet<&ObjectId> = tips.iter().collect();
        let (mut others, mut kept) = (0, self.passed.clone());
        kept.retain(|one| {
            let is_out = self.out.contains(&one.id);
            if one.key == self.key {
                // One that is out says so whatever holds later, and one that is whole says more than one that is not.
                let is_told = told.contains(&one.id) || (covered.contains(&one.id) && !is_out);
                return !is_told || (one.is_whole && !is_whole);
            }
            others += usize::from(!is_out);
            is_out || others <= MOST_OTHERS
        });
        let known: HashSet<ObjectId> =
            kept.iter().filter(|one| one.key == self.key).map(|one| one.id).collect();
        let new = tips.iter().filter(|tip| !known.contains(tip));
        let new = new.map(|tip| Passed { key: self.key.clone(), id: *tip, is_whole });
        Self { passed: new.chain(kept).take(self.most).collect(), ..self.clone() }
    }

    /// What it becomes when these are declared published.
    pub fn declared(&self, tips: &[ObjectId]) -> Self {
        let kept = self.declared.iter().filter(|id| self.out.contains(id) && !tips.contains(id));
        Self { declared: tips.iter().chain(kept).take(self.most).copied().collect(), ..self.clone() }
    }

    /// Keeps it, for the next upload to the same place.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self) -> Result<()> {
        let told = || format!("cannot write {}", self.file.display());
        let me = Identity::me();
        let new = self.file.with_extension(format!("{}-{}.tmp", me.pid, me.start));
        let declared = self.declared.iter().map(|id| format!("out {id}\n"));
        let word = |one: &Passed| if one.is_whole { "whole" } else { "passed" };
        let passed = self.passed.iter().map(|one| format!("{} {} {}\n", word(one), one.key, one.id));
        let text: String = std::iter::once(format!("{HEADER}\n")).chain(declared).chain(passed).collect();
        let folder = self.file.parent().unwrap_or(&self.file);
        fs::create_dir_all(folder).with_context(told)?;
        // One that is lost, or torn by a power cut, is made again by looking at everything.
        fs::write(&new, text).and_then(|()| fs::rename(&new, &self.file)).with_context(told)?;
        tidy::keep_newest(folder, "", MOST_PLACES);
        Ok(())
    }
}

/// The branches of a place as they were last seen; nothing where none was.
pub fn seen_there(repo: &Repo, destination: &Destination) -> Option<Vec<ObjectId>> {
    let is_there = |url: &String| canonical(repo, url).as_ref().unwrap_or(url) == &destination.canonical;
    let remotes = repo.addresses().unwrap_or_default();
    let there: Vec<ObjectId> = remotes
        .into_iter()
        .filter(|(_, addresses)| addresses.iter().any(is_there))
        .flat_map(|(remote, _)| repo.known_branches(&remote).unwrap_or_default())
        .map(|(_, id)| id)
        .collect();
    (!there.is_empty()).then_some(there)
}
