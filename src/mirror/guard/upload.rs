//! The guard as one who is asked before gx itself uploads anything: hooks can be passed by, this cannot.

use std::cell::RefCell;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use anyhow::Result;

use crate::error::{Exit, fault};
use crate::git::repo::Repo;
use crate::mirror::guard::ask::{ask_under, held, unchecked};
use crate::mirror::guard::check::Report;
use crate::mirror::guard::destination::Destination;
use crate::mirror::guard::finding::{Finding, Severity};
use crate::mirror::guard::limits::Limits;
use crate::mirror::guard::update::Update;
use crate::model::object::ObjectId;
use crate::model::upload::{Leaving, Upload, UploadCheck, shown};

/// So many findings are told with the refusal.
const TOLD: usize = 3;

/// So many refs are looked at together: what is remembered of a share goes before the next. What one of them brings is
/// judged by the policies of all.
const SHARE: usize = 4096;

/// The guard over the uploads of one repository.
pub struct Guarded<'a> {
    repo: &'a Repo,
    share: usize,
    warnings: RefCell<Vec<Finding>>,
    /// What it has let pass, by the address: one upload asks more than once, as soon as it knows more. Of each eight
    /// bytes are kept, a hash under a key that nobody knows, since there may be a hundred thousand.
    passed: RefCell<HashSet<u64>>,
    hash: RandomState,
}

impl<'a> Guarded<'a> {
    /// Over those of this one.
    pub fn new(repo: &'a Repo) -> Self {
        let (warnings, passed) = (RefCell::default(), RefCell::default());
        Self { repo, share: SHARE, warnings, passed, hash: RandomState::new() }
    }

    /// What it has let pass and yet does not like, each thing once.
    pub fn warnings(&self) -> Vec<Finding> {
        self.warnings.take()
    }
}

impl UploadCheck for Guarded<'_> {
    fn check(&self, upload: &Upload) -> Result<()> {
        for url in &upload.urls {
            let named = |one: &Leaving| self.hash.hash_one((url, &one.name, one.new));
            let new = |one: &&Leaving| !self.passed.borrow().contains(&named(one));
            if !upload.refs.iter().any(|one| new(&one)) {
                continue;
            }
            let place = Destination::of(self.repo, &upload.remote, url).map_err(unchecked)?;
            let tips: Vec<ObjectId> = upload.refs.iter().map(|one| one.new).collect();
            let policy = held(self.repo, &place, &tips)?;
            for share in upload.refs.chunks(self.share) {
                let updates: Vec<Update> = share.iter().filter(new).map(update).collect();
                if !updates.is_empty() {
                    let asked = ask_under(self.repo, place.clone(), &policy, &updates, &Limits::none())?;
                    self.hear(&upload.remote, url, asked.report)?;
                }
                self.passed.borrow_mut().extend(share.iter().map(named));
            }
        }
        Ok(())
    }
}

impl Guarded<'_> {
    /// Takes the answer about a share of what goes to an address.
    fn hear(&self, remote: &str, url: &str, report: Report) -> Result<()> {
        let exit = report.exit();
        if exit != Exit::Done {
            return Err(refusal(remote, url, exit, &report.findings));
        }
        let mut warnings = self.warnings.borrow_mut();
        let new = report.findings.into_iter().filter(|finding| !warnings.contains(finding));
        let new: Vec<Finding> = new.collect();
        warnings.extend(new);
        Ok(())
    }
}

fn update(one: &Leaving) -> Update {
    Update { source: one.name.clone(), new: Some(one.new), target: one.name.clone(), old: one.old }
}

fn refusal(remote: &str, url: &str, exit: Exit, findings: &[Finding]) -> anyhow::Error {
    let grave: Vec<&Finding> =
        findings.iter().filter(|finding| finding.severity != Severity::Warning).collect();
    let place = shown(url);
    let mut told = match exit {
        Exit::Unchecked => fault(format!("the guard cannot check what would go to `{remote}` ({place})")),
        _ => fault(format!("the guard lets nothing go to `{remote}` ({place})")),
    };
    for finding in grave.iter().take(TOLD) {
        told = told.hint(finding.line());
    }
    if grave.len() > TOLD {
        told = told.hint(format!("and {} more", grave.len() - TOLD));
    }
    told.hint("all of it, and what to do about each: `gx guard scan`").exit(exit).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::error::tell;
    use crate::git::object::{Entry, NewCommit};
    use crate::model::path::RepoPath;

    #[test]
    fn what_one_share_brings_is_judged_by_the_policy_of_another_and_passes_without_it() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let start = repo.head().unwrap().commit;
        let with = |path: &str, text: &str| {
            let entry = Entry { mode: 0o100_644, id: repo.write_blob(text.as_bytes()).unwrap() };
            let tree = repo.tree_of(start).unwrap();
            let tree = repo.edit_tree(tree, &[(RepoPath::from(path), Some(entry))]).unwrap();
            let new = NewCommit { tree, parents: &[start], message: "x", at: Timestamp::now() };
            repo.write_commit(&new).unwrap()
        };
        let file = with("secret/plan.md", "a plan");
        let policy = with(".gx/policy.toml", "[paths]\nprivate = [\"secret/\"]\n");
        let leaving = |name: &str, new| Leaving { name: format!("refs/heads/{name}"), old: None, new };
        let told = |refs: Vec<Leaving>| {
            let urls = vec!["https://git.example/x".to_owned()];
            let guard = Guarded { share: 1, ..Guarded::new(&repo) };
            guard
                .check(&Upload { remote: "there".to_owned(), urls, refs })
                .map_err(|error| tell(&error).hints)
        };
        assert_eq!(told(vec![leaving("a", file)]), Ok(()));
        let hints = told(vec![leaving("a", file), leaving("b", policy)]).unwrap_err();
        assert!(hints[0].contains("secret/plan.md"), "{hints:?}");
    }
}
