//! The one question that every upload asks: may this leave?

use anyhow::Result;

use crate::error::Exit;
use crate::git::repo::Repo;
use crate::mirror::guard::case::Case;
use crate::mirror::guard::destination::Destination;
use crate::mirror::guard::exceptions;
use crate::mirror::guard::finding::{Finding, Severity};
use crate::mirror::guard::frontier::Frontier;
use crate::mirror::guard::leaving::Leaving;
use crate::mirror::guard::limits::Limits;
use crate::mirror::guard::look::Looking;
use crate::mirror::guard::rule::Look;
use crate::mirror::guard::rules::list::RULES;
use crate::mirror::guard::secrets::scanner::Scanner;
use crate::mirror::guard::secrets::told;
use crate::mirror::guard::update::Update;
use crate::mirror::policy::own_rules::own_rules;
use crate::mirror::policy::terms::Policy;

/// What came of looking at an upload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What was found, in the order in which it was met, without what somebody has allowed.
    pub findings: Vec<Finding>,
    /// How many more findings there were, of rules that had too many to keep.
    pub uncounted: usize,
    /// What would have stopped it, had nobody looked at it and let it pass.
    pub allowed: Vec<Finding>,
    /// How many commits were looked at.
    pub commits: usize,
    /// How many blobs were read.
    pub blobs: usize,
    /// What will be known of the place when this has passed; see [`Self::remember`].
    pub frontier: Frontier,
}

impl Report {
    /// What the guard ends with: done, blocked, or could not check.
    pub fn exit(&self) -> Exit {
        match self.findings.iter().map(|finding| finding.severity).max() {
            None | Some(Severity::Warning) => Exit::Done,
            Some(Severity::Blocked) => Exit::Blocked,
            Some(Severity::Unchecked) => Exit::Unchecked,
        }
    }

    /// Keeps that this was let pass, so that it need not be looked at again; of what was stopped nothing is kept.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn remember(&self) -> Result<()> {
        if self.exit() == Exit::Done { self.frontier.write() } else { Ok(()) }
    }
}

/// Looks at everything that these updates would bring to the destination.
///
/// # Errors
/// What could not be looked at is a finding; an error is a fault of the guard itself, and stops the upload too.
pub fn check(
    repo: &Repo,
    destination: &Destination,
    updates: &[Update],
    policy: &Policy,
    limits: &Limits,
) -> Result<Report> {
    let own = own_rules(repo)?;
    let scanner = Scanner::new(own.as_ref().map(|(name, text)| (name.as_str(), text.as_str())))?;
    let case = Case::new(repo, destination, policy, &scanner);
    for rule in RULES {
        if let Look::Update(look) = rule.look {
            updates.iter().try_for_each(|update| look(&case, update))?;
        }
    }
    let frontier = Frontier::read(repo, destination, policy, &scanner);
    let leaving = Leaving::of(&case, updates, &frontier)?;
    let mut looking = Looking::new(&case, &leaving, limits);
    looking.texts_and_trees()?;
    let blobs = looking.blobs()?;
    let frontier = frontier.advanced(&leaving.tips, &leaving.covered());
    let (mut findings, uncounted) = case.findings();
    told::blank(&mut findings);
    let (findings, allowed) = exceptions::split(findings, policy);
    Ok(Report { findings, uncounted, allowed, commits: leaving.commits.len(), blobs, frontier })
}

#[cfg(test)]
mod tests;
