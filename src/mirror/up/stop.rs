//! Planning that stops where a change conflicts with what is public: in a work tree of its own, and how that ends.

use std::fs::File;
use std::path::PathBuf;

use anyhow::Result;

use crate::clock::Timestamp;
use crate::error::fault;
use crate::git::object::NewCommit;
use crate::git::repo::Repo;
use crate::git::transfer::Wire;
use crate::mirror::pause::leave::{Left, leave};
use crate::mirror::pause::record::{self, DOWN, Moved, waiting};
use crate::mirror::pause::resolve::{Decided, decided};
use crate::mirror::strip::history::Hear;
use crate::mirror::up::ground::Ground;
use crate::mirror::up::planning::{Attempt, Keep, Planned, plan};
use crate::mirror::up::waiting::{Open, Stage, Waiting};
use crate::mirror::up::wanted::{Clash, Wanted};
use crate::model::object::ObjectId;
use crate::model::path::{RepoPath, list};
use crate::process::fail;

/// What came of planning.
#[derive(Debug)]
pub enum Came {
    /// There is something to look at.
    Planned(Box<Planned>),
    /// Somebody has to decide, in a work tree made for that.
    Stopped(Stopped),
}

/// Where somebody has to decide, and about what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// What the change is called.
    pub change: String,
    /// Where.
    pub dir: PathBuf,
    /// About what; empty where all was resolved as it was before.
    pub paths: Vec<RepoPath>,
}

/// How a plan that waits goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// With what was resolved.
    Resolved,
    /// Without the change.
    Without,
}

/// Plans and keeps nothing, not even a place to resolve what conflicts.
///
/// # Errors
/// As of [`plan`], or a change conflicts.
pub fn look(ground: &Ground<'_>, wanted: &Wanted, wire: &mut Wire, hear: &mut Hear<'_>) -> Result<Came> {
    match plan(ground, wanted, Keep::No, wire, hear)? {
        Attempt::Planned(planned) => Ok(Came::Planned(planned)),
        Attempt::Clash(clash) => {
            let Clash { change, paths, .. } = &*clash;
            Err(fault(format!("{} conflicts with what is public in {}", change.name, list(paths)))
                .hint("resolve it in a work tree made for that: the same without `--dry-run`")
                .hint("or take in what upstream has, `gx sync-down`, and make the change again on top")
                .into())
        }
    }
}

/// Plans, and keeps the plan; stops where somebody has to decide.
///
/// # Errors
/// As of [`plan`], or another sync waits for somebody.
pub fn begin(ground: &Ground<'_>, wanted: Wanted, wire: &mut Wire, hear: &mut Hear<'_>) -> Result<Came> {
    settle(ground.repo)?;
    attempt(ground, Begun { wanted, seen: ground.seen.clone(), lock: None }, wire, hear)
}

/// Goes on with a plan that waits. Gives besides what is left of the work tree, its files where the change is left out.
///
/// # Errors
/// None waits, or something is not resolved yet: then nothing was changed. Or as of [`plan`]: then the same again goes
/// on from there.
pub fn go_on(ground: &Ground<'_>, how: How, wire: &mut Wire, hear: &mut Hear<'_>) -> Result<(Came, Left)> {
    let repo = ground.repo;
    let lock = record::lock(repo)?;
    let mut waits = Waiting::needed(repo)?;
    let (dir, mut left) = (record::work_tree(repo), Left::default());
    waits.seen.extend(ground.seen.iter().cloned());
    match waits.stage {
        Stage::Preparing => {
            take_back(repo)?;
            return Err(fault("nobody was told of that plan yet; nothing of it is left")
                .hint("plan again: `gx sync-up`")
                .into());
        }
        Stage::Stopped => {
            let tree = match how {
                How::Without => {
                    left.files = record::keep_files(repo, &dir)?;
                    None
                }
                How::Resolved => Some(resolved(repo, &waits.open)?),
            };
            waits.decide(tree);
            waits.reach(repo, Stage::Decided)?;
        }
        Stage::Decided => {}
    }
    fail::point("up-decided");
    left.aside = leave(repo, &dir)?;
    let begun = Begun { wanted: waits.wanted, seen: waits.seen, lock: Some(lock) };
    Ok((attempt(ground, begun, wire, hear)?, left))
}

/// Gives a plan up that waits: every ref is as it was before. Gives what is left of the work tree, which is gone then.
///
/// # Errors
/// None waits, or something cannot be removed.
pub fn give_up(repo: &Repo) -> Result<Left> {
    let _lock = record::lock(repo)?;
    let waits = Waiting::needed(repo)?;
    let dir = record::work_tree(repo);
    let files = match waits.stage {
        Stage::Stopped => record::keep_files(repo, &dir)?,
        Stage::Preparing | Stage::Decided => None,
    };
    record::put_back(repo, &waits.seen)?;
    fail::point("up-restored");
    let aside = leave(repo, &dir)?;
    Waiting::forget(repo)?;
    Ok(Left { files, aside })
}

/// What planning begins with.
struct Begun {
    wanted: Wanted,
    /// The refs that looking has moved so far.
    seen: Vec<Moved>,
    /// What keeps other syncs out, where the plan had stopped before.
    lock: Option<File>,
}

fn attempt(ground: &Ground<'_>, begun: Begun, wire: &mut Wire, hear: &mut Hear<'_>) -> Result<Came> {
    let Begun { wanted, seen, lock } = begun;
    match plan(ground, &wanted, Keep::Yes, wire, hear)? {
        Attempt::Planned(planned) => {
            if lock.is_some() {
                Waiting::forget(ground.repo)?;
            }
            Ok(Came::Planned(planned))
        }
        Attempt::Clash(clash) => {
            let _lock = lock.map_or_else(|| record::lock(ground.repo), Ok)?;
            if record::is_there(ground.repo, DOWN) {
                return Err(waiting(&record::work_tree(ground.repo)).into());
            }
            stop(ground.repo, wanted, &clash, seen).map(Came::Stopped)
        }
    }
}

/// Makes the work tree in which somebody decides: on the public side, without what is private, the change being merged.
fn stop(repo: &Repo, wanted: Wanted, clash: &Clash, seen: Vec<Moved>) -> Result<Stopped> {
    let commit = |tree, parents: &[ObjectId], message: &str| {
        repo.write_commit(&NewCommit { tree, parents, message, at: Timestamp::now() })
    };
    let base = commit(clash.base, &[], "before the change\n")?;
    let ours = commit(clash.ground, &[base], "what is public\n")?;
    let theirs = commit(clash.own, &[base], &format!("{}, without what is private\n", clash.change.name))?;
    repo.sync_objects(&[clash.base, clash.ground, clash.own, base, ours, theirs])?;
    let (name, tip, ground) = (clash.change.name.clone(), clash.change.tip, clash.ground);
    let open = Open { name: name.clone(), tip, ground, ours, theirs };
    let mut waits = Waiting::new(wanted, open, seen);
    waits.reach(repo, Stage::Preparing)?;
    fail::point("up-preparing");
    let dir = record::work_tree(repo);
    let place = match repo.join_in_worktree(&dir, ours, theirs) {
        Ok(place) => place,
        Err(error) => {
            take_back(repo)?;
            return Err(error);
        }
    };
    waits.reach(repo, Stage::Stopped)?;
    let paths = place.unmerged()?.into_iter().map(|one| one.path).collect();
    Ok(Stopped { change: name, dir, paths })
}

/// The tree that somebody has decided upon; it is on the disk.
fn resolved(repo: &Repo, open: &Open) -> Result<ObjectId> {
    let place = record::open(repo, &record::work_tree(repo))?;
    match decided(&place, open.ours, open.theirs)? {
        Decided::Tree(tree) => Ok(tree),
        Decided::Commit(commit) => repo.tree_of(commit),
    }
}

/// Takes back what was killed before anybody was told of it.
///
/// # Errors
/// A plan waits for somebody.
fn settle(repo: &Repo) -> Result<()> {
    if !record::is_there(repo, record::UP) {
        return Ok(());
    }
    let _lock = record::lock(repo)?;
    match Waiting::read(repo)?.map(|waits| waits.stage) {
        Some(Stage::Preparing) => take_back(repo),
        Some(Stage::Stopped | Stage::Decided) => Err(waiting(&record::work_tree(repo)).into()),
        None => Ok(()),
    }
}

fn take_back(repo: &Repo) -> Result<()> {
    repo.leave_join(&record::work_tree(repo))?;
    Waiting::forget(repo)
}
