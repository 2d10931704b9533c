//! The verified frontier: commits that this clone's guard has let pass to a place, and that hide what is behind them.
//!
//! Two things hide. What was let pass, under this very policy, these rules and this set of private files: when any of
//! them changes, it is looked at again, since nothing says that it has left. And what is out: let pass at any time, or
//! declared published, and there by the refs that were last seen of the place. These refs alone hide nothing: an
//! upload past the guard moves them too. What is out was seen by others; `gx guard scan --published` looks at it.

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
const RULES_VERSION: u32 = 3;

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
    /// Let pass, under what.
    passed: Vec<(String, ObjectId)>,
    /// Those of both that are out.
    out: Vec<ObjectId>,
}

/// What a frontier is to hide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hide {
    /// What was let pass under all that holds now, and what is out.
    Known,
    /// Only the former: what is out is looked at by what holds now.
    Passed,
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
                    (Some("passed"), Some(key), Some(id)) => {
                        found.passed.extend(id.parse().map(|id| (key.to_owned(), id)));
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
        let passed = self.passed.iter().map(|(_, id)| *id);
        let asked = self.declared.iter().copied().chain(passed);
        let asked: Vec<ObjectId> = asked.filter(|id| repo.has_object(*id)).collect();
        if asked.is_empty() {
            return;
        }
        // Of a place that no remote leads to nothing but a declaration is known.
        let Some(there) = seen_there(repo, destination) else { return self.out.clone_from(&self.declared) };
        // One walk tells them apart; where it cannot be gone, nothing is out.
        let Ok(not_there) = repo.commits_between(&asked, &there) else { return };
        let not_there: HashSet<ObjectId> = not_there.into_iter().collect();
        self.out = asked.into_iter().filter(|id| !not_there.contains(id)).collect();
    }

    /// The commits that hide themselves and what is behind them.
    pub fn commits(&self, hide: Hide) -> Vec<ObjectId> {
        let passed = self.passed.iter().filter(|(key, _)| *key == self.key).map(|(_, id)| *id);
        let out = self.out.iter().copied().filter(|_| hide == Hide::Known);
        passed.chain(out).collect()
    }

    /// All that was ever let pass or declared published, whatever holds now.
    pub fn ever(&self) -> Vec<ObjectId> {
        self.passed.iter().map(|(_, id)| *id).chain(self.declared.iter().copied()).collect()
    }

    /// What it becomes when these tips pass, behind which the `covered` commits lie.
    pub fn advanced(&self, tips: &[ObjectId], covered: &HashSet<ObjectId>) -> Self {
        let mut others = 0;
        let mut kept = self.passed.clone();
        kept.retain(|(key, id)| {
            if *key == self.key {
                // One that is out says so whatever holds later.
                return !tips.contains(id) && (!covered.contains(id) || self.out.contains(id));
            }
            others += usize::from(!self.out.contains(id));
            self.out.contains(id) || others <= MOST_OTHERS
        });
        let new = tips.iter().map(|tip| (self.key.clone(), *tip));
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
        let passed = self.passed.iter().map(|(key, id)| format!("passed {key} {id}\n"));
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
    let leads_there = |remote: &String| {
        let mut urls = repo.push_urls(remote).unwrap_or_default();
        urls.extend(repo.fetch_url(remote));
        urls.iter().any(|url| canonical(repo, url).as_ref().unwrap_or(url) == &destination.canonical)
    };
    let remotes = repo.remotes().unwrap_or_default().into_iter().filter(leads_there);
    let there: Vec<ObjectId> = remotes
        .flat_map(|remote| repo.known_branches(&remote).unwrap_or_default())
        .map(|(_, id)| id)
        .collect();
    (!there.is_empty()).then_some(there)
}
