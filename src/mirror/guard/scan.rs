//! Looking at what is here without anybody pushing it: what could leave, what is out already, what lies on the disk.

use std::path::PathBuf;

use anyhow::Result;

use crate::git::repo::Repo;
use crate::mirror::guard::ask::{Asked, ask_about};
use crate::mirror::guard::destination::{Class, Destination};
use crate::mirror::guard::finding::Finding;
use crate::mirror::guard::update::Update;
use crate::mirror::hook::alarm::is_public;
use crate::model::object::ObjectId;

/// Refs that an ordinary push sends.
const ORDINARY: [&str; 2] = ["refs/heads/", "refs/tags/"];

/// All branches and tags, as if they went to a public place.
///
/// # Errors
/// The guard cannot look.
pub fn ordinary(repo: &Repo) -> Result<Asked> {
    let mut updates = Vec::new();
    for prefix in ORDINARY {
        let refs = repo.refs(prefix)?.into_iter();
        updates.extend(refs.map(|one| update(&one.name, one.target, &one.name)));
    }
    ask_about(repo, anywhere(), &updates)
}

/// What these revisions name, as if it went to a public place.
///
/// # Errors
/// As [`ordinary`].
pub fn named(repo: &Repo, revisions: &[String]) -> Result<Asked> {
    let mut updates = Vec::new();
    for revision in revisions {
        let Some(id) = repo.revision(revision) else { continue };
        let is_ref = revision.starts_with("refs/");
        let target = if is_ref { revision.clone() } else { format!("refs/heads/{}", name_of(revision)) };
        updates.push(update(revision, id, &target));
    }
    ask_about(repo, anywhere(), &updates)
}

/// What is known of the remotes that nobody has declared private.
///
/// # Errors
/// As [`ordinary`].
pub fn published(repo: &Repo) -> Result<Vec<Asked>> {
    let mut asked = Vec::new();
    for remote in repo.remotes()? {
        if !is_public(repo, &remote)? {
            continue;
        }
        let branches = repo.known_branches(&remote)?;
        let updates: Vec<Update> = branches.iter().map(|(name, id)| update(name, *id, name)).collect();
        let url = repo.fetch_url(&remote)?;
        asked.push(ask_about(repo, Destination { name: remote, url, class: Class::Public }, &updates)?);
    }
    Ok(asked)
}

/// Commits over a base.
#[derive(Clone, Copy, Debug)]
pub struct Range<'a> {
    /// What was named.
    pub source: &'a str,
    /// Its commit.
    pub head: ObjectId,
    /// The branch that it would be.
    pub target: &'a str,
    /// What is public already.
    pub base: Option<ObjectId>,
}

/// The commits of a range, as if they went to a public place.
///
/// # Errors
/// As [`ordinary`].
pub fn range(repo: &Repo, range: &Range<'_>) -> Result<Asked> {
    let update = Update {
        source: range.source.to_owned(),
        new: Some(range.head),
        target: range.target.to_owned(),
        old: range.base,
    };
    ask_about(repo, anywhere(), &[update])
}

/// Files and folders on the disk.
///
/// # Errors
/// One of them cannot be read.
pub fn files(_repo: &Repo, _paths: &[PathBuf]) -> Result<(usize, Vec<Finding>)> {
    Ok((0, Vec::new()))
}

/// A place that everybody can read, wherever it is.
fn anywhere() -> Destination {
    Destination { name: "any public place".to_owned(), url: String::new(), class: Class::Public }
}

fn update(source: &str, new: ObjectId, target: &str) -> Update {
    Update { source: source.to_owned(), new: Some(new), target: target.to_owned(), old: None }
}

/// A revision as the name of a branch: what no name may hold becomes a dash.
fn name_of(revision: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "/-_.".contains(letter);
    revision.chars().map(|letter| if is_plain(letter) { letter } else { '-' }).collect()
}
