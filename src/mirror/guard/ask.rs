//! Asking the guard about one upload to one address, as hooks and commands do.

use anyhow::Result;

use crate::error::{Exit, Fault, Told, tell};
use crate::git::repo::Repo;
use crate::mirror::guard::check::{Report, check};
use crate::mirror::guard::destination::Destination;
use crate::mirror::guard::finding::Severity;
use crate::mirror::guard::update::Update;
use crate::mirror::policy::terms::Policy;

/// What was asked, and the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Where it goes.
    pub destination: Destination,
    /// How many refs.
    pub refs: usize,
    /// What was found.
    pub report: Report,
}

/// Asks whether these updates may go to an address.
///
/// # Errors
/// The guard cannot look at them: a fault with [`Exit::Unchecked`].
pub fn ask(repo: &Repo, name: &str, url: &str, updates: &[Update]) -> Result<Asked> {
    Destination::of(repo, name, url)
        .and_then(|destination| ask_about(repo, destination, updates))
        .map_err(unchecked)
}

/// The same for a place that is known already.
///
/// # Errors
/// As [`ask`].
pub fn ask_about(repo: &Repo, destination: Destination, updates: &[Update]) -> Result<Asked> {
    let policy = Policy::join(None, &[])?;
    let report = check(repo, &destination, updates, &policy).map_err(unchecked)?;
    Ok(Asked { destination, refs: updates.len(), report })
}

/// What becomes of it: what is certain to be blocked is told before what could not be looked at.
pub fn exit(report: &Report) -> Exit {
    let has = |severity| report.findings.iter().any(|finding| finding.severity == severity);
    match (has(Severity::Blocked), has(Severity::Unchecked)) {
        (true, _) => Exit::Blocked,
        (false, true) => Exit::Unchecked,
        (false, false) => Exit::Done,
    }
}

/// The guard's own trouble: nothing leaves where it cannot look.
pub fn unchecked(error: anyhow::Error) -> anyhow::Error {
    let told = tell(&error);
    if told.exit == Exit::Unchecked {
        return error;
    }
    let message = format!("the guard cannot check this: {}", told.message);
    Fault::from(Told { message, hints: told.hints, exit: Exit::Unchecked }).into()
}
