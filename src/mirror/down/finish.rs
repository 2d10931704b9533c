//! Moving the private branch, and everything that follows from it.

use anyhow::Result;

use crate::error::fault;
use crate::git::refs::{Ref, Swap};
use crate::git::repo::Repo;
use crate::mirror::down::anchors::{anchor, landed};
use crate::mirror::down::ground::{ACCEPTED, Ground};
use crate::mirror::down::state::{Stage, State};
use crate::mirror::down::trees::Follower;
use crate::mirror::pause::leave::{leave, note};
use crate::model::object::ObjectId;
use crate::process::fail;

impl Ground<'_> {
    /// Moves the private branch to `to`, work trees with it; sentences about what could not be done.
    ///
    /// # Errors
    /// Something is in the way, or the branch has moved meanwhile; then nothing was moved.
    pub(super) fn advance(&self, state: &mut State, to: ObjectId) -> Result<Vec<String>> {
        let repo = self.repo;
        let trees = self.take_trees()?;
        let from = ground_of(repo, state)?;
        trees.iter().try_for_each(|tree| tree.check(from, to))?;
        let dir = match &state.stage {
            Stage::Preparing { dir } | Stage::Stopped { dir } => Some(dir.clone()),
            Stage::Moving { dir, .. } => dir.clone(),
        };
        let before = state.stage.clone();
        state.stage = Stage::Moving { to, dir };
        state.write(repo)?;
        fail::point("down-written");
        let (name, log) = (self.mirror.private.head(), format!("gx: sync-down {}", state.public.short()));
        if repo.swap_ref(&name, to, state.local, &log)? == Swap::Lost {
            state.stage = before;
            match state.stage {
                Stage::Stopped { .. } => state.write(repo)?,
                _ => State::forget(repo)?,
            }
            return Err(fault(format!(
                "`{}` moved meanwhile; nothing was changed",
                self.mirror.private.branch
            ))
            .hint("give this one up, `gx sync abort`, if one is shown by `gx mirror status`")
            .hint("then run `gx sync-down` again: what was resolved is remembered")
            .into());
        }
        repo.sync_ref(&name)?;
        fail::point("down-moved");
        self.complete(state, to, &trees)
    }

    /// What follows from the move; it may have been done in part before.
    pub(super) fn complete(&self, state: &State, to: ObjectId, trees: &[Follower]) -> Result<Vec<String>> {
        let repo = self.repo;
        let from = ground_of(repo, state)?;
        let mut notes: Vec<String> = trees.iter().flat_map(|tree| tree.follow(from, to)).collect();
        fail::point("down-followed");
        landed(repo, &self.mirror, state.base, state.public)?;
        anchor(repo, &self.mirror, to, state.public)?;
        accept(repo, state.public)?;
        fail::point("down-anchored");
        if let Stage::Moving { dir: Some(dir), .. } = &state.stage {
            notes.extend(leave(repo, dir)?.as_deref().map(note));
        }
        State::forget(repo)?;
        Ok(notes)
    }
}

/// Remembers that the public commit was taken in.
///
/// # Errors
/// The ref cannot be written.
pub(super) fn accept(repo: &Repo, public: ObjectId) -> Result<()> {
    if repo.read_ref(ACCEPTED)? == Some(public) {
        return Ok(());
    }
    repo.set_refs(&[Ref { name: ACCEPTED.to_owned(), target: public }])
}

/// What the work trees hold before: the branch, or nothing at all where there was none.
fn ground_of(repo: &Repo, state: &State) -> Result<ObjectId> {
    state.local.map_or_else(|| repo.empty_tree(), Ok)
}
