//! Does the hook run at all? A real push to a throw-away repository, which the hook must answer and stop.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::git::object::NewCommit;
use crate::git::repo::Repo;
use crate::mirror::policy::terms::hex;
use crate::model::object::ObjectId;

/// Holds a number that nobody can know before; whoever sets it gets an answer and no push.
pub const VARIABLE: &str = "GX_GUARD_PROBE";

/// What the self-test came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fires {
    /// The hook ran, was gx's, and stopped the push.
    Yes,
    /// It did not: in the words of what was heard.
    No(String),
}

/// Pushes an empty commit, and listens for the answer.
///
/// # Errors
/// The push cannot be tried.
pub fn fires(repo: &Repo) -> Result<Fires> {
    let number = number()?;
    let tried = repo.try_push(commit(repo)?, (VARIABLE, &number))?;
    if tried.arrived {
        return Ok(Fires::No("a push went through and nobody looked at it".to_owned()));
    }
    if tried.said.contains(&answer(&number)) {
        return Ok(Fires::Yes);
    }
    let said = tried.said.lines().next().unwrap_or("nothing was said").to_owned();
    Ok(Fires::No(format!("a push was stopped, but not by the guard: {said}")))
}

/// Moves a ref of a remote in a throw-away repository, and listens whether the second hook answers.
///
/// # Errors
/// It cannot be tried.
pub fn hears(repo: &Repo) -> Result<Fires> {
    let number = number()?;
    let said = repo.try_move(commit(repo)?, (VARIABLE, &number))?;
    if said.contains(&answer(&number)) {
        return Ok(Fires::Yes);
    }
    let said = said.lines().next().unwrap_or("nothing was said").to_owned();
    Ok(Fires::No(format!("a ref of a remote moved, and the guard did not notice: {said}")))
}

fn number() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok().context("there is no randomness on this machine")?;
    Ok(hex(&bytes))
}

/// The same one each time, so that self-tests leave one object and not many.
fn commit(repo: &Repo) -> Result<ObjectId> {
    let tree = repo.write_tree_items(&[])?;
    let new =
        NewCommit { tree, parents: &[], message: "gx guard: self-test\n", at: Timestamp::from_micros(0) };
    repo.write_commit(&new)
}

/// What the hook says to a number; nobody who merely repeats it says that.
pub fn answer(number: &str) -> String {
    let hash = Sha256::digest(format!("gx guard probe {number}"));
    format!("gx guard: here, {}", hex(&hash[..16]))
}
