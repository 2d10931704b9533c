//! What the doctor found.

use anyhow::Result;
use serde::Serialize;

use crate::mirror::checkup::finding::{Found, Weight};
use crate::mirror::checkup::list::Check;
use crate::store::doctor::checks;
use crate::store::doctor::finding::Severity;

/// So many findings of one check are told.
const MOST: usize = 10;

/// The answer of `gx doctor`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Checkup {
    /// Every check, in the order in which they were made.
    pub checks: Vec<Checked>,
    /// How many findings are errors, those that were mended aside.
    pub errors: usize,
    /// How many are warnings, those that were mended aside.
    pub warnings: usize,
    /// How many were mended.
    pub fixed: usize,
    /// What to do next.
    pub next: Option<String>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Checked {
    /// What it is called.
    pub check: &'static str,
    /// What is as it should be where nothing was found.
    pub about: &'static str,
    /// The worst that is left.
    pub severity: Severity,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was found.
    pub found: String,
    /// Why it matters.
    pub why: String,
    /// The command that mends it.
    pub command: Option<String>,
    /// What was done about it.
    pub mended: Option<String>,
}

impl Checkup {
    /// What a check of the guard came to, in the words of the other checks.
    pub fn guarded(check: &Check, looked: Result<Vec<Found>>) -> checks::Checked {
        let found = looked.unwrap_or_else(|error| {
            let told = format!("it could not be looked at: {error:#}");
            vec![Found::error(told, "what nobody can look at may be broken", "gx doctor --json")]
        });
        let more = found.len().saturating_sub(MOST);
        let mut findings: Vec<checks::Told> = found.into_iter().take(MOST).map(told).collect();
        if more > 0
            && let Some(last) = findings.last().cloned()
        {
            findings.push(checks::Told { found: format!("and {more} more, such as these"), ..last });
        }
        checks::Checked { id: check.id, about: check.about, findings }
    }

    /// Puts what the checks came to into an answer.
    pub fn of(checked: Vec<checks::Checked>) -> Self {
        let checks: Vec<Checked> = checked.into_iter().map(Checked::of).collect();
        let findings = || checks.iter().flat_map(|check| &check.findings);
        let left = |severity| {
            findings().filter(|finding| finding.mended.is_none() && finding.severity == severity).count()
        };
        let can_fix = findings()
            .any(|finding| finding.mended.is_none() && finding.command.as_deref() == Some("gx doctor --fix"));
        Self {
            errors: left(Severity::Error),
            warnings: left(Severity::Warning),
            fixed: findings().filter(|finding| finding.mended.is_some()).count(),
            next: can_fix.then(|| "gx doctor --fix".to_owned()),
            checks,
        }
    }
}

fn told(found: Found) -> checks::Told {
    let severity = match found.weight {
        Weight::Note => Severity::Note,
        Weight::Warning => Severity::Warning,
        Weight::Error => Severity::Error,
    };
    let (found, why, command) = (found.found, found.why.to_owned(), Some(found.command));
    checks::Told { severity, found, why, command, mended: None }
}

impl Checked {
    fn of(checked: checks::Checked) -> Self {
        let findings: Vec<Finding> = checked
            .findings
            .into_iter()
            .map(|told| Finding {
                severity: told.severity,
                found: told.found,
                why: told.why,
                command: told.command,
                mended: told.mended,
            })
            .collect();
        let left = findings.iter().filter(|finding| finding.mended.is_none());
        let severity = left.map(|finding| finding.severity).max().unwrap_or(Severity::Ok);
        Self { check: checked.id, about: checked.about, severity, findings }
    }
}
