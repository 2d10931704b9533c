//! What the doctor found.

use serde::Serialize;

use crate::store::doctor::checks;
use crate::store::doctor::finding::Severity;

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
