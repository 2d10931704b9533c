//! Where both sides changed the same lines: a work tree of its own, and how it ends.

use std::path::PathBuf;

use anyhow::Result;

use crate::error::fault;
use crate::git::repo::Repo;
use crate::mirror::down::carry::Outcome;
use crate::mirror::down::ground::{Ground, Push};
use crate::mirror::down::resume::Found;
use crate::mirror::down::send::Sent;
use crate::mirror::down::state::{Stage, State};
use crate::mirror::pause::leave::{Left, leave};
use crate::mirror::pause::record::{self, UP, nothing_waits, waiting};
use crate::mirror::pause::resolve::{Decided, decided};
use crate::model::object::ObjectId;
use crate::process::fail;

/// How a sync is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiveUp {
    /// As if it had never begun.
    Abort,
    /// Upstream stays known as it is now, and nothing else is recorded.
    Skip,
}

/// What has ended a sync that had stopped.
#[derive(Debug)]
pub struct Ended {
    /// What became of the branch.
    pub outcome: Outcome,
    /// What a person should know besides.
    pub notes: Vec<String>,
    /// What became of the private branch over there.
    pub sent: Sent,
}

impl Ground<'_> {
    /// Makes the work tree in which somebody decides; nothing else moves.
    pub(super) fn stop(&self, mut state: State) -> Result<Outcome> {
        let dir = record::work_tree(self.repo);
        state.stage = Stage::Preparing { dir: dir.clone() };
        state.write(self.repo)?;
        fail::point("down-preparing");
        let place = match self.repo.join_in_worktree(&dir, state.base, state.public) {
            Ok(place) => place,
            Err(error) => {
                self.resume()?;
                return Err(error);
            }
        };
        fail::point("down-prepared");
        state.stage = Stage::Stopped { dir: dir.clone() };
        state.write(self.repo)?;
        let paths = place.unmerged()?.into_iter().map(|one| one.path).collect();
        Ok(Outcome::Stopped { dir, paths })
    }

    /// Goes on with what was resolved.
    ///
    /// # Errors
    /// No sync has stopped, or something is not resolved yet; then nothing was changed.
    pub fn go_on(&mut self, push: Push) -> Result<Ended> {
        let _lock = record::lock(self.repo)?;
        let mut state = stopped(self.repo)?;
        if !matches!(state.stage, Stage::Stopped { .. }) {
            match (self.resume(), &state.stage) {
                // It had come further than anybody was told.
                (Ok(Found::Completed(notes)), Stage::Moving { to, .. }) => {
                    let outcome = self.moved(*to, state.public)?;
                    return Ok(Ended { outcome, notes, sent: self.send_if(push)? });
                }
                (Ok(_), _) => {
                    return Err(fault("that sync had moved nothing; nothing of it is left")
                        .hint("begin again: `gx sync-down`")
                        .into());
                }
                // What was resolved is still to be committed.
                (Err(error), _) => state = again(self.repo, error)?,
            }
        }
        let dir = place_of(&state)?;
        let place = record::open(self.repo, &dir)?;
        let to = self.resolved(&place, &state)?;
        fail::point("down-resolved");
        let notes = self.advance(&mut state, to)?;
        let outcome = self.moved(to, state.public)?;
        Ok(Ended { outcome, notes, sent: self.send_if(push)? })
    }

    /// Gives it up. Gives what is left of the work tree, which is gone then.
    ///
    /// # Errors
    /// No sync has stopped, or it has been made already.
    pub fn give_up(&self, how: GiveUp) -> Result<Left> {
        let _lock = record::lock(self.repo)?;
        let mut state = stopped(self.repo)?;
        if !matches!(state.stage, Stage::Stopped { .. }) {
            match self.resume() {
                Ok(Found::Completed(_)) => {
                    return Err(fault("the branch had moved already; the sync was completed instead")
                        .hint("see it: `gx mirror log`")
                        .into());
                }
                Ok(Found::Nothing | Found::TakenBack) => {
                    self.restore(how, &state)?;
                    return Ok(Left::default());
                }
                Err(error) => state = again(self.repo, error)?,
            }
        }
        let dir = &place_of(&state)?;
        let files = record::keep_files(self.repo, dir)?;
        self.restore(how, &state)?;
        fail::point("down-restored");
        let aside = leave(self.repo, dir)?;
        State::forget(self.repo)?;
        Ok(Left { files, aside })
    }

    /// Puts the refs back that looking had moved, those that nobody has moved since.
    fn restore(&self, how: GiveUp, state: &State) -> Result<()> {
        if how == GiveUp::Skip { Ok(()) } else { record::put_back(self.repo, &state.seen) }
    }

    /// The commit that holds what somebody has decided.
    fn resolved(&self, place: &Repo, state: &State) -> Result<ObjectId> {
        match decided(place, state.base, state.public)? {
            Decided::Commit(commit) => Ok(commit),
            Decided::Tree(tree) => {
                let incoming = place.commits_between(&[state.public], &[state.base])?.len();
                self.merge_commit(tree, state, incoming)
            }
        }
    }
}

/// The sync that has stopped.
fn stopped(repo: &Repo) -> Result<State> {
    State::read(repo)?.ok_or_else(nothing_waits)
}

/// As [`stopped`], where settling it came to what `error` says.
fn again(repo: &Repo, error: anyhow::Error) -> Result<State> {
    match State::read(repo)? {
        Some(state) if matches!(state.stage, Stage::Stopped { .. }) => Ok(state),
        _ => Err(error),
    }
}

/// The work tree of a sync that has stopped.
fn place_of(state: &State) -> Result<PathBuf> {
    match &state.stage {
        Stage::Stopped { dir } => Ok(dir.clone()),
        Stage::Preparing { .. } | Stage::Moving { .. } => Err(nothing_waits()),
    }
}

/// What a person is told who begins a sync while another one waits.
///
/// # Errors
/// One waits.
pub fn check_none_waits(repo: &Repo) -> Result<()> {
    if record::is_there(repo, UP) {
        return Err(waiting(&record::work_tree(repo)).into());
    }
    match State::read(repo)?.map(|state| state.stage) {
        Some(Stage::Stopped { dir }) => Err(waiting(&dir).into()),
        _ => Ok(()),
    }
}
