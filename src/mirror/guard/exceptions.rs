//! What somebody has looked at and let pass, by fingerprint, with a reason and perhaps a last day.

use crate::clock::Timestamp;
use crate::mirror::guard::finding::{Finding, Severity};
use crate::mirror::policy::terms::Policy;

/// Parts what stops the upload from what was let pass.
///
/// An exception whose last day is over is told with the finding. What could not be looked at cannot be let pass.
pub fn split(findings: Vec<Finding>, policy: &Policy) -> (Vec<Finding>, Vec<Finding>) {
    let (mut left, mut allowed) = (Vec::new(), Vec::new());
    for mut finding in findings {
        match standing(&finding, policy) {
            Standing::LetPass => allowed.push(finding),
            Standing::Ended(until) => {
                finding.what.push_str(&format!(", and the exception for it ended on {until}"));
                left.push(finding);
            }
            Standing::Unspoken => left.push(finding),
        }
    }
    (left, allowed)
}

/// Whether somebody has let a finding pass, to this day.
pub fn is_let_pass(finding: &Finding, policy: &Policy) -> bool {
    matches!(standing(finding, policy), Standing::LetPass)
}

/// What exceptions say of a finding.
enum Standing<'a> {
    /// It may leave.
    LetPass,
    /// It might, until this day.
    Ended(&'a str),
    /// Nothing.
    Unspoken,
}

fn standing<'a>(finding: &Finding, policy: &'a Policy) -> Standing<'a> {
    let exceptions = &policy.file.allow;
    if exceptions.is_empty() || finding.severity == Severity::Unchecked {
        return Standing::Unspoken;
    }
    let (today, fingerprint) = (Timestamp::now().to_string(), finding.fingerprint());
    let mut ended = None;
    for one in exceptions.iter().filter(|one| one.fingerprint == fingerprint) {
        match one.until.as_deref().filter(|until| *until < &today[..10]) {
            Some(until) => ended = ended.or(Some(until)),
            None => return Standing::LetPass,
        }
    }
    ended.map_or(Standing::Unspoken, Standing::Ended)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::guard::finding::Spot;
    use crate::mirror::policy::file::File;

    #[test]
    fn an_exception_lets_pass_what_it_names_until_its_day_and_nothing_unchecked() {
        let found = |key: &str| Finding::blocked("G010", "a private path", Spot::default(), key);
        let (kept, ended, open) = (found("a"), found("b"), found("c"));
        let unchecked = Finding { severity: Severity::Unchecked, ..found("a") };
        let text = format!(
            "[[allow]]\nfingerprint = \"{}\"\nreason = \"an example\"\nuntil = \"9000-01-01\"\n\
             [[allow]]\nfingerprint = \"{}\"\nreason = \"for a week\"\nuntil = \"2001-01-07\"\n",
            kept.fingerprint(),
            ended.fingerprint()
        );
        let policy = Policy::join(Some(File::read("policy", &text).unwrap()), &[]).unwrap();
        let (left, allowed) = split(vec![kept.clone(), ended, open.clone(), unchecked.clone()], &policy);
        assert_eq!(allowed, [kept]);
        assert_eq!(left[0].what, "a private path, and the exception for it ended on 2001-01-07");
        assert_eq!(left[1..], [open, unchecked]);
        // A tip that is pushed allows itself nothing.
        let pushed = Policy::join(None, &[File::read("policy", &text).unwrap()]).unwrap();
        assert_eq!(split(allowed, &pushed).1, []);
    }
}
