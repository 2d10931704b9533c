//! The one question that every upload asks: may this leave?

use std::collections::HashSet;

use anyhow::Result;

use crate::error::Exit;
use crate::git::repo::Repo;
use crate::mirror::guard::case::Case;
use crate::mirror::guard::destination::Destination;
use crate::mirror::guard::exceptions;
use crate::mirror::guard::finding::{Finding, Severity, Spot};
use crate::mirror::guard::frontier::{Frontier, key, seen_there};
use crate::mirror::guard::leaving::Leaving;
use crate::mirror::guard::limits::Limits;
use crate::mirror::guard::look::{Depth, Looking};
use crate::mirror::guard::private::index::Index;
use crate::mirror::guard::remedies::of_published;
use crate::mirror::guard::rule::Look;
use crate::mirror::guard::rules::list::RULES;
use crate::mirror::guard::secrets::scanner::Scanner;
use crate::mirror::guard::secrets::told;
use crate::mirror::guard::update::Update;
use crate::mirror::policy::own_rules::own_rules;
use crate::mirror::policy::terms::Policy;
use crate::model::object::ObjectId;
use crate::model::upload::shown;

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

/// Looks at everything that these updates would bring to the destination, or, within [`Limits::of_published`], have
/// brought there.
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
    check_beyond(repo, destination, updates, policy, (limits, &[]))
}

/// The same, where these commits are known to be public, since the place itself has just said so: they hide what is
/// behind them, and a policy that was made stricter does not unpublish them.
///
/// # Errors
/// As of [`check`].
pub fn check_beyond(
    repo: &Repo,
    destination: &Destination,
    updates: &[Update],
    policy: &Policy,
    (limits, out): (&Limits, &[ObjectId]),
) -> Result<Report> {
    let scanner = scanner(repo)?;
    let case = Case::new(repo, destination, policy, &scanner);
    examine(&case, updates, limits, (Depth::Whole, out))
}

/// Looks at the paths of commits that are declared published at the destination, so that they need not be looked at
/// again: the whole answer is in [`Report::remember`].
///
/// Whoever calls has just fetched them from that very address. What a remote-tracking ref says proves nothing: it is
/// stale after a purge, and an upload past the guard moves it too. A private path in them is a finding, and while it is
/// not allowed nothing is kept.
///
/// # Errors
/// As of [`check`].
pub fn baseline(
    repo: &Repo,
    destination: &Destination,
    commits: &[ObjectId],
    policy: &Policy,
    limits: &Limits,
) -> Result<Report> {
    let published = |commit: &ObjectId| Update {
        source: PUBLISHED.to_owned(),
        new: Some(*commit),
        target: PUBLISHED.to_owned(),
        old: None,
    };
    let updates: Vec<Update> = commits.iter().map(published).collect();
    let scanner = scanner(repo)?;
    let case = Case::new(repo, destination, policy, &scanner);
    let mut report = examine(&case, &updates, limits, (Depth::Paths, &[]))?;
    report.frontier = Frontier::read(repo, destination, String::new()).declared(commits);
    Ok(report)
}

/// What stands for the ref of a commit that has left long ago.
const PUBLISHED: &str = "(published)";

/// What looks for secrets in a repository: by the built-in rules and by its own.
///
/// # Errors
/// Its own rules cannot be read or understood.
pub fn scanner(repo: &Repo) -> Result<Scanner> {
    let own = own_rules(repo)?;
    Scanner::new(own.as_ref().map(|(name, text)| (name.as_str(), text.as_str())))
}

/// `out` hides what is behind it besides.
fn examine(
    case: &Case<'_>,
    updates: &[Update],
    limits: &Limits,
    (depth, out): (Depth, &[ObjectId]),
) -> Result<Report> {
    let index =
        if depth == Depth::Whole { Index::for_upload(case, updates, limits)? } else { Index::default() };
    let frontier = Frontier::read(case.repo, case.destination, key(case, &index.stamp()));
    let hidden = [&frontier.commits(limits.hide), out].concat();
    let leaving = Leaving::of(case, updates, &hidden)?;
    if depth == Depth::Whole {
        for rule in RULES {
            match rule.look {
                Look::Update(look) => updates.iter().try_for_each(|update| look(case, update))?,
                Look::Whole(look) => look(case, &leaving)?,
                _ => {}
            }
        }
    }
    let mut looking = Looking::new(case, &leaving, limits, (depth, &index));
    looking.texts_and_trees()?;
    let paths = std::mem::take(&mut looking.walk.paths);
    looking.read_blobs(&paths)?;
    let said = looking.said();
    looking.settle(said, Spot::default())?;
    let is_whole = frontier.covers(case.repo, &leaving.passed_over());
    let frontier = frontier.advanced(&leaving.tips, &leaving.covered(), is_whole);
    let (mut findings, uncounted) = case.findings();
    told::blank(&mut findings);
    let (mut findings, allowed) = exceptions::split(findings, case.policy);
    tell_published(case, &mut findings);
    Ok(Report { findings, uncounted, allowed, commits: leaving.commits.len(), blobs: looking.read, frontier })
}

/// Gives findings in commits that are out, by what was last seen of the place, the remedies of these.
fn tell_published(case: &Case<'_>, findings: &mut [Finding]) {
    let is_stopped = |finding: &&mut Finding| finding.severity == Severity::Blocked;
    let of_commits = findings.iter_mut().filter(is_stopped).filter(|finding| finding.spot.commit.is_some());
    let mut of_commits = of_commits.peekable();
    if of_commits.peek().is_none() {
        return;
    }
    let there = seen_there(case.repo, case.destination).unwrap_or_default();
    // What cannot be listed changes no verdict: the remedies are those of commits that have not left.
    let out: HashSet<ObjectId> =
        case.repo.commits_between(&there, &[]).unwrap_or_default().into_iter().collect();
    for finding in of_commits.filter(|finding| finding.spot.commit.is_some_and(|id| out.contains(&id))) {
        finding.remedies = of_published(&shown(&case.destination.name), &finding.remedies);
    }
}

#[cfg(test)]
mod tests;
