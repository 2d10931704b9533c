//! What the rules may ask about the upload at hand.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};

use crate::git::repo::Repo;
use crate::mirror::guard::destination::{Class, Destination};
use crate::mirror::guard::finding::{Finding, Severity, Spot};
use crate::mirror::guard::secrets::scanner::Scanner;
use crate::mirror::policy::terms::Policy;

/// More findings of one rule than this are counted and not kept: nobody reads them.
const MOST: usize = 1000;

/// The rule of what could not be looked at.
pub const UNCHECKED: &str = "G000";

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
    found: RefCell<Found>,
}

/// What was found so far.
#[derive(Default)]
struct Found {
    findings: Vec<Finding>,
    known: HashSet<(&'static str, Vec<u8>)>,
    of_rule: BTreeMap<&'static str, usize>,
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

    /// Whether anybody may read what lies at the destination.
    pub fn is_public(&self) -> bool {
        self.destination.class == Class::Public
    }

    /// Takes down a finding; the first of those that are about the same thing is kept.
    pub fn add(&self, finding: Finding) {
        let found = &mut *self.found.borrow_mut();
        if !found.known.insert((finding.rule, finding.key.clone())) {
            return;
        }
        let count = found.of_rule.entry(finding.rule).or_default();
        *count += 1;
        if *count <= MOST {
            found.findings.push(finding);
        }
    }

    /// Takes down that something could not be looked at, so that nothing leaves.
    pub fn unchecked(&self, what: impl Into<String>, spot: Spot, remedies: &[&str]) {
        let what = what.into();
        let key = what.clone().into_bytes();
        let finding =
            Finding { severity: Severity::Unchecked, ..Finding::blocked(UNCHECKED, what, spot, key) };
        self.add(remedies.iter().fold(finding, |finding, remedy| finding.remedy(*remedy)));
    }

    /// All that was found, and how many more were only counted.
    pub fn findings(&self) -> (Vec<Finding>, usize) {
        let Found { findings, of_rule, .. } = self.found.take();
        let uncounted = of_rule.values().map(|count| count.saturating_sub(MOST)).sum();
        (findings, uncounted)
    }
}
