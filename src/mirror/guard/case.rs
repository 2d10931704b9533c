//! What the rules may ask about the upload at hand.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};

use crate::git::repo::Repo;
use crate::mirror::guard::destination::{Class, Destination};
use crate::mirror::guard::exceptions;
use crate::mirror::guard::finding::{Finding, Severity, Spot};
use crate::mirror::guard::secrets::scanner::Scanner;
use crate::mirror::policy::terms::Policy;

/// More findings of one rule and severity than this are counted and not kept: nobody reads them.
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
    /// By severity too: warnings are never to take the place of what stops the upload.
    of_rule: BTreeMap<(&'static str, Severity), usize>,
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
        // What somebody has let pass takes no place either: there is no more of it than there are exceptions.
        if !exceptions::is_let_pass(&finding, self.policy) {
            let count = found.of_rule.entry((finding.rule, finding.severity)).or_default();
            *count += 1;
            if *count > MOST {
                return;
            }
        }
        found.findings.push(finding);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::policy::file::File;

    fn found_of(policy: &Policy, findings: impl Iterator<Item = Finding>) -> (Vec<Finding>, usize) {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let destination = Destination::of(&repo, "there", "https://git.example/x").unwrap();
        let scanner = Scanner::new(None).unwrap();
        let case = Case::new(&repo, &destination, policy, &scanner);
        findings.for_each(|finding| case.add(finding));
        case.findings()
    }

    fn blocked(number: usize) -> Finding {
        Finding::blocked("G032", "a secret", Spot::default(), number.to_string())
    }

    #[test]
    fn however_many_warnings_there_were_what_stops_the_upload_is_kept() {
        let policy = Policy::join(None, &[]).unwrap();
        let warnings = (0..MOST + 5).map(|number| Finding { severity: Severity::Warning, ..blocked(number) });
        let (findings, uncounted) = found_of(&policy, warnings.chain([blocked(MOST + 5)]));
        assert_eq!((findings.len(), uncounted), (MOST + 1, 5));
        assert!(findings.iter().any(|finding| finding.severity == Severity::Blocked));
    }

    #[test]
    fn what_was_let_pass_takes_the_place_of_nothing_that_was_not() {
        let allow =
            format!("[[allow]]\nfingerprint = \"{}\"\nreason = \"a test\"\n", blocked(0).fingerprint());
        let policy = Policy::join(Some(File::read("policy", &allow).unwrap()), &[]).unwrap();
        let (findings, uncounted) = found_of(&policy, (0..=MOST).map(blocked));
        assert_eq!((findings.len(), uncounted), (MOST + 1, 0));
    }
}
