//! What the rules may ask about the upload at hand.

use std::cell::RefCell;

use crate::git::repo::Repo;
use crate::mirror::guard::destination::Destination;
use crate::mirror::guard::finding::Finding;
use crate::mirror::guard::secrets::scanner::Scanner;
use crate::mirror::policy::terms::Policy;

/// One upload to one address, being looked at.
pub struct Case<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// Where it goes.
    pub destination: &'a Destination,
    /// What is allowed.
    pub policy: &'a Policy,
    /// What looks for secrets.
    pub scanner: &'a Scanner,
    found: RefCell<Vec<Finding>>,
}

impl<'a> Case<'a> {
    /// Nothing found so far.
    pub fn new(
        repo: &'a Repo,
        destination: &'a Destination,
        policy: &'a Policy,
        scanner: &'a Scanner,
    ) -> Self {
        Self { repo, destination, policy, scanner, found: RefCell::default() }
    }

    /// Takes down a finding.
    pub fn add(&self, finding: Finding) {
        self.found.borrow_mut().push(finding);
    }

    /// All that was found.
    pub fn findings(self) -> Vec<Finding> {
        self.found.into_inner()
    }
}
