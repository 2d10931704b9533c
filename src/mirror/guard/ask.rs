//! Asking the guard about one upload to one address, as hooks and commands do.

use anyhow::Result;

use crate::error::{Exit, Fault, Told, tell};
use crate::git::repo::Repo;
use crate::mirror::guard::check::{Report, check};
use crate::mirror::guard::destination::{Class, Destination};
use crate::mirror::guard::limits::Limits;
use crate::mirror::guard::update::Update;
use crate::mirror::policy::mend;
use crate::mirror::policy::terms::Policy;
use crate::model::object::ObjectId;

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

/// Asks whether these updates may go to an address that Git has resolved.
///
/// # Errors
/// The guard cannot look at them: a fault with [`Exit::Unchecked`].
pub fn ask(repo: &Repo, name: &str, url: &str, updates: &[Update], limits: &Limits) -> Result<Asked> {
    let destination = Destination::of(repo, name, url).map_err(unchecked)?;
    ask_about(repo, destination, updates, limits)
}

/// The same for a place that is known already. What passes need not be looked at again.
///
/// # Errors
/// As [`ask`].
pub fn ask_about(
    repo: &Repo,
    destination: Destination,
    updates: &[Update],
    limits: &Limits,
) -> Result<Asked> {
    let tips: Vec<ObjectId> = updates.iter().filter_map(|update| update.new).collect();
    let policy = held(repo, &destination, &tips)?;
    ask_under(repo, destination, &policy, updates, limits)
}

/// The same under a policy that is known already: that of more than these updates.
///
/// # Errors
/// As [`ask`].
pub fn ask_under(
    repo: &Repo,
    destination: Destination,
    policy: &Policy,
    updates: &[Update],
    limits: &Limits,
) -> Result<Asked> {
    let report = check(repo, &destination, updates, policy, limits).map_err(unchecked)?;
    if !rests_on_a_day(policy, &report) {
        // Where it cannot be written, everything is looked at again next time.
        let _ = report.remember();
    }
    Ok(Asked { destination, refs: updates.len(), report })
}

/// What holds there for an upload of these tips. A policy on the private branch that nobody can read stops everything but
/// the push that mends it.
///
/// # Errors
/// A policy cannot be read: a fault with [`Exit::Unchecked`].
pub fn held(repo: &Repo, destination: &Destination, tips: &[ObjectId]) -> Result<Policy> {
    let policy = Policy::of(repo, tips).or_else(|error| match destination.class {
        Class::Private => mend::policy(repo, tips)?.ok_or(error),
        _ => Err(error),
    });
    policy.map_err(unchecked)
}

/// Whether it passes only until a day: then it must be looked at again after that.
fn rests_on_a_day(policy: &Policy, report: &Report) -> bool {
    let dated = policy.file.allow.iter().filter(|one| one.until.is_some());
    let dated: Vec<&str> = dated.map(|one| one.fingerprint.as_str()).collect();
    report.allowed.iter().any(|finding| dated.contains(&finding.fingerprint().as_str()))
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
