//! Looking at what is here without anybody pushing it: what could leave, and what is out already.

use anyhow::Result;

use crate::error::misuse;
use crate::git::raw::Kind;
use crate::git::repo::Repo;
use crate::mirror::guard::ask::{Asked, ask_about};
use crate::mirror::guard::destination::{Class, Destination};
use crate::mirror::guard::frontier::Frontier;
use crate::mirror::guard::limits::Limits;
use crate::mirror::guard::update::Update;
use crate::mirror::hook::alarm::Alarm;
use crate::mirror::keys;
use crate::model::object::ObjectId;

/// Refs that an ordinary push sends.
const ORDINARY: [&str; 2] = ["refs/heads/", "refs/tags/"];

/// All branches and tags, as if they went to each public place that is known; what passes passes the hook too.
///
/// # Errors
/// The guard cannot look.
pub fn ordinary(repo: &Repo) -> Result<Vec<Asked>> {
    let mut updates = Vec::new();
    for prefix in ORDINARY {
        let refs = repo.refs(prefix)?.into_iter();
        updates.extend(refs.map(|one| update(&one.name, one.target, &one.name)));
    }
    everywhere(repo, &updates)
}

/// What these revisions name, in the same way; an annotated tag with its own text.
///
/// # Errors
/// As [`ordinary`], and where one names nothing.
pub fn named(repo: &Repo, revisions: &[String]) -> Result<Vec<Asked>> {
    let mut updates = Vec::new();
    for revision in revisions {
        let Some(id) = repo.object_named(revision)? else {
            return Err(misuse(format!("`{revision}` names nothing here")).into());
        };
        let folder = if repo.kind(id)? == Some(Kind::Tag) { "refs/tags/" } else { "refs/heads/" };
        let is_ref = revision.starts_with("refs/");
        let target = if is_ref { revision.clone() } else { format!("{folder}{}", name_of(revision)) };
        updates.push(update(revision, id, &target));
    }
    everywhere(repo, &updates)
}

/// What is known of the remotes that nobody has declared private, by the policy that holds now; and what went there past
/// the guard, which somebody may have deleted there since: others can have fetched it.
///
/// # Errors
/// As [`ordinary`].
pub fn published(repo: &Repo, alarms: &[Alarm]) -> Result<Vec<Asked>> {
    let mut asked = Vec::new();
    for remote in repo.remotes()? {
        let branches = repo.known_branches(&remote)?;
        let mut updates: Vec<Update> = branches.iter().map(|(name, id)| update(name, *id, name)).collect();
        let own = alarms.iter().filter(|alarm| alarm.remote == remote && repo.has_object(alarm.new));
        // What this clone calls it is no name of the other side, and no rule about names is meant.
        updates.extend(own.map(|alarm| update(&there_called(alarm), alarm.new, &there_called(alarm))));
        if let Some(place) = places(repo, &remote)?.into_iter().find(|place| place.class == Class::Public) {
            asked.push(ask_about(repo, place, &updates, &Limits::of_published())?);
        }
    }
    Ok(asked)
}

/// What a remote or an address has by its own word, as far as it is known here, and how many refs are not.
///
/// What went from this clone is here, whether a ref of a remote remembers it or not.
///
/// # Errors
/// As [`ordinary`], and where it cannot be reached.
pub fn there(repo: &Repo, place: &str, may_ask: bool) -> Result<(Option<Asked>, usize)> {
    let Some(public) = places(repo, place)?.into_iter().find(|place| place.class == Class::Public) else {
        return Ok((None, 0));
    };
    let told = repo.all_advertised(place, may_ask)?;
    let all = told.len();
    let here = told.into_iter().filter(|(_, id)| repo.has_object(*id));
    let updates: Vec<Update> = here.map(|(name, id)| update(&name, id, &name)).collect();
    let unknown = all - updates.len();
    Ok((Some(ask_about(repo, public, &updates, &Limits::of_published())?), unknown))
}

/// What a branch is called there that this clone knows by a ref of its remote.
fn there_called(alarm: &Alarm) -> String {
    let own = format!("refs/remotes/{}/", alarm.remote);
    alarm
        .reference
        .strip_prefix(&own)
        .map_or_else(|| alarm.reference.clone(), |name| format!("refs/heads/{name}"))
}

/// Where what is published to a remote goes: to the public repository of a mirror not by a push, whose address is disabled.
fn places(repo: &Repo, remote: &str) -> Result<Vec<Destination>> {
    let set = |key| keys::set(repo, key);
    let public = set(keys::PUBLIC_REMOTE).unwrap_or_else(|| keys::PUBLIC.to_owned());
    match set(keys::PUBLIC_URL).filter(|_| public == remote) {
        Some(url) => Ok(vec![Destination::of(repo, remote, &repo.push_url_of(&url)?)?]),
        None => Destination::all(repo, remote),
    }
}

/// Asks about every public address that is configured; about one that stands for all where none is.
fn everywhere(repo: &Repo, updates: &[Update]) -> Result<Vec<Asked>> {
    let mut places: Vec<Destination> = Vec::new();
    for remote in repo.remotes()? {
        places.extend(self::places(repo, &remote)?);
    }
    if let Some(url) = keys::set(repo, keys::PUBLIC_URL) {
        places.push(Destination::of(repo, keys::PUBLIC, &repo.push_url_of(&url)?)?);
    }
    places.retain(|place| place.class == Class::Public);
    places.sort_by(|a, b| a.canonical.cmp(&b.canonical));
    places.dedup_by(|a, b| a.canonical == b.canonical);
    if places.is_empty() {
        places.push(anywhere("public"));
    }
    places.into_iter().map(|place| ask_about(repo, place, updates, &Limits::none())).collect()
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
    let place = anywhere(&format!("above {:?}", range.base));
    if let Some(base) = range.base {
        // Whoever names a base says that it is out already.
        Frontier::read(repo, &place, String::new()).declared(&[base]).write()?;
    }
    ask_about(repo, place, &[update], &Limits::none())
}

/// A place that everybody can read, wherever it is.
fn anywhere(canonical: &str) -> Destination {
    let (name, canonical) = ("any public place".to_owned(), canonical.to_owned());
    Destination { name, url: String::new(), canonical, class: Class::Public }
}

fn update(source: &str, new: ObjectId, target: &str) -> Update {
    Update { source: source.to_owned(), new: Some(new), target: target.to_owned(), old: None }
}

/// A revision as the name of a branch: what no name may hold becomes a dash.
fn name_of(revision: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "/-_.".contains(letter);
    revision.chars().map(|letter| if is_plain(letter) { letter } else { '-' }).collect()
}
