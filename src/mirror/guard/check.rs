//! The one question that every upload asks: may this leave?

use anyhow::Result;

use crate::git::repo::Repo;
use crate::mirror::guard::case::Case;
use crate::mirror::guard::destination::Destination;
use crate::mirror::guard::finding::Finding;
use crate::mirror::guard::rule::Look;
use crate::mirror::guard::rules::list::RULES;
use crate::mirror::guard::secrets::scanner::Scanner;
use crate::mirror::guard::update::Update;
use crate::mirror::policy::terms::Policy;

/// What came of looking at an upload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What was found, in the order in which it was met.
    pub findings: Vec<Finding>,
    /// How many commits were looked at.
    pub commits: usize,
    /// How many blobs were read.
    pub blobs: usize,
}

/// Looks at everything that these updates would bring to the destination.
///
/// # Errors
/// What could not be looked at is a finding; an error is a fault of the guard itself, and stops the upload too.
pub fn check(repo: &Repo, destination: &Destination, updates: &[Update], policy: &Policy) -> Result<Report> {
    let scanner = Scanner::new(None)?;
    let case = Case::new(repo, destination, policy, &scanner);
    for rule in RULES {
        if let Look::Update(look) = rule.look {
            updates.iter().try_for_each(|update| look(&case, update))?;
        }
    }
    Ok(Report { findings: case.findings(), commits: 0, blobs: 0 })
}
