//! What a sync that was killed has left: it is completed, or taken back, or somebody is told what is there.

use anyhow::Result;

use crate::mirror::down::ground::Ground;
use crate::mirror::down::state::{Stage, State};
use crate::mirror::pause::record::{self, UP, waiting};

/// What became of a sync that was found.
#[derive(Debug)]
pub(super) enum Found {
    /// There was none.
    Nothing,
    /// It had moved nothing, and is forgotten.
    TakenBack,
    /// It is done now; sentences about it.
    Completed(Vec<String>),
}

impl Ground<'_> {
    /// Settles what is there.
    ///
    /// # Errors
    /// Somebody has conflicts to resolve first.
    pub(super) fn resume(&self) -> Result<Found> {
        if record::is_there(self.repo, UP) {
            return Err(waiting(&record::work_tree(self.repo)).into());
        }
        let Some(mut state) = State::read(self.repo)? else { return Ok(Found::Nothing) };
        match state.stage.clone() {
            Stage::Stopped { dir } => Err(waiting(&dir).into()),
            Stage::Preparing { dir } => {
                self.repo.leave_join(&dir)?;
                State::forget(self.repo)?;
                Ok(Found::TakenBack)
            }
            Stage::Moving { to, dir } => {
                let branch = self.repo.read_ref(&self.mirror.private.head())?;
                let has_moved = branch.is_some() && branch != state.local;
                if let Some(branch) = branch.filter(|_| has_moved)
                    && self.repo.is_ancestor(to, branch)?
                {
                    // Who has moved it further has done so with the files at hand.
                    let trees = if branch == to { self.take_trees()? } else { Vec::new() };
                    let mut notes = self.complete(&state, to, &trees)?;
                    notes.insert(0, format!("a sync that was cut short was completed: {}", to.short()));
                    return Ok(Found::Completed(notes));
                }
                match dir {
                    None => State::forget(self.repo).map(|()| Found::TakenBack),
                    Some(dir) => {
                        // What was resolved there is somebody's work.
                        state.stage = Stage::Stopped { dir: dir.clone() };
                        state.write(self.repo)?;
                        Err(waiting(&dir).into())
                    }
                }
            }
        }
    }
}
