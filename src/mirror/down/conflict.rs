//! Where both sides changed the same lines: a work tree of its own, and how it ends.

use std::path::Path;

use anyhow::Result;

use crate::error::fault;
use crate::git::joining::{Joined, Unmerged};
use crate::git::object::Entry;
use crate::git::refs::Ref;
use crate::git::repo::Repo;
use crate::mirror::down::carry::Outcome;
use crate::mirror::down::ground::{Ground, Push};
use crate::mirror::down::resume::waiting;
use crate::mirror::down::send::Sent;
use crate::mirror::down::state::{self, Stage, State};
use crate::model::object::ObjectId;
use crate::model::path::{RepoPath, list};
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
        let dir = state::work_tree(self.repo);
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
        let _lock = state::lock(self.repo)?;
        let mut state = stopped(self.repo)?;
        if let Stage::Moving { to, .. } = state.stage {
            match self.resume() {
                // It had come further than anybody was told.
                Ok(notes) => {
                    let outcome = self.moved(to, state.public)?;
                    return Ok(Ended { outcome, notes, sent: self.send_if(push)? });
                }
                Err(_) => state = stopped(self.repo)?,
            }
        }
        let Stage::Stopped { dir } = state.stage.clone() else {
            self.resume()?;
            return Err(fault("that sync had not come far; nothing of it is left")
                .hint("begin again: `gx sync-down`")
                .into());
        };
        let place = self.open_join(&dir)?;
        let to = self.resolved(&place, &state)?;
        fail::point("down-resolved");
        let notes = self.advance(&mut state, to)?;
        let outcome = self.moved(to, state.public)?;
        Ok(Ended { outcome, notes, sent: self.send_if(push)? })
    }

    /// Gives it up. Gives the tree of the files as they were in the work tree, which is gone then.
    ///
    /// # Errors
    /// No sync has stopped, or it has been made already.
    pub fn give_up(&self, how: GiveUp) -> Result<Option<ObjectId>> {
        let _lock = state::lock(self.repo)?;
        let mut state = stopped(self.repo)?;
        if matches!(state.stage, Stage::Moving { .. } | Stage::Preparing { .. }) {
            let told = self.resume();
            match State::read(self.repo)? {
                Some(stopped) => state = stopped,
                None if told?.is_empty() => {
                    self.restore(how, &state)?;
                    return Ok(None);
                }
                None => {
                    return Err(fault("the branch had moved already; the sync was completed instead")
                        .hint("see it: `gx mirror log`")
                        .into());
                }
            }
        }
        let Stage::Stopped { dir } = &state.stage else { return Ok(None) };
        let kept = match self.repo.open_worktree(dir) {
            Ok(place) => {
                place.remember_resolutions()?;
                Some(place.files_as_tree()?)
            }
            // Somebody has removed it by hand.
            Err(_) => None,
        };
        self.restore(how, &state)?;
        fail::point("down-restored");
        self.repo.leave_join(dir)?;
        State::forget(self.repo)?;
        Ok(kept)
    }

    /// Puts the refs back that looking had moved, those that nobody has moved since.
    fn restore(&self, how: GiveUp, state: &State) -> Result<()> {
        if how == GiveUp::Skip {
            return Ok(());
        }
        for moved in &state.seen {
            if self.repo.read_ref(&moved.name)? != Some(moved.to) {
                continue;
            }
            match moved.from {
                Some(target) => self.repo.set_refs(&[Ref { name: moved.name.clone(), target }])?,
                None => {
                    let gone = Ref { name: moved.name.clone(), target: moved.to };
                    self.repo.delete_refs(&[gone])?;
                }
            }
        }
        Ok(())
    }

    fn open_join(&self, dir: &Path) -> Result<Repo> {
        self.repo.open_worktree(dir).map_err(|_| {
            fault(format!("the work tree of the sync is gone: {}", dir.display()))
                .hint("give the sync up and begin again: `gx sync abort`, then `gx sync-down`")
                .into()
        })
    }

    /// The commit that holds what somebody has decided.
    fn resolved(&self, place: &Repo, state: &State) -> Result<ObjectId> {
        let (dir, head) = (place.work_dir().display().to_string(), place.head()?.commit);
        let is_merging = place.operation() == Some("merge");
        let is_committed = place.is_ancestor(state.base, head)? && place.is_ancestor(state.public, head)?;
        if !is_merging && !is_committed {
            return Err(fault(format!("the merge in {dir} was given up there"))
                .hint("give the sync up too: `gx sync abort`")
                .into());
        }
        if is_merging {
            stage_resolved(place, &dir)?;
        }
        let edited = place.unstaged()?;
        if !edited.is_empty() {
            return Err(fault(format!("edited in {dir} and not staged: {}", list(&edited)))
                .hint(format!(
                    "stage it: `git -C {dir} add PATH`, or put it back: `git -C {dir} restore PATH`"
                ))
                .into());
        }
        let tree = place.index_tree()?;
        self.check_markers(place, state, tree)?;
        if !is_merging {
            if tree != place.tree_of(head)? {
                return Err(fault(format!("staged in {dir} and not committed"))
                    .hint(format!("commit it: `git -C {dir} commit`"))
                    .into());
            }
            // Somebody has committed it by hand.
            return Ok(head);
        }
        place.remember_resolutions()?;
        let incoming = place.commits_between(&[state.public], &[state.base])?.len();
        self.merge_commit(tree, state, incoming)
    }

    /// No path that was in conflict has a marker of it left that neither side has.
    fn check_markers(&self, place: &Repo, state: &State, tree: ObjectId) -> Result<()> {
        let Joined::Conflict(paths) = place.join(state.base, state.public)? else { return Ok(()) };
        let has = |tree: ObjectId, path: &RepoPath| -> Result<Option<usize>> {
            let entry = place.entry(tree, path)?.filter(|entry| is_file(*entry));
            Ok(entry.map(|entry| place.blob(entry.id)).transpose()?.and_then(|text| marker(&text)))
        };
        for path in &paths {
            let Some(line) = has(tree, path)? else { continue };
            let sides = [place.tree_of(state.base)?, place.tree_of(state.public)?];
            if sides.into_iter().map(|side| has(side, path)).any(|found| matches!(found, Ok(Some(_)))) {
                continue;
            }
            return Err(fault(format!("a conflict marker is left in {path}, line {line}"))
                .hint(format!(
                    "edit {}, then run `gx sync continue`",
                    place.work_dir().join(path.as_path()).display()
                ))
                .into());
        }
        Ok(())
    }
}

/// The sync that has stopped.
fn stopped(repo: &Repo) -> Result<State> {
    State::read(repo)?
        .ok_or_else(|| fault("no sync waits for anything").hint("begin one: `gx sync-down`").into())
}

/// Stages what was resolved by taking the markers out. Whatever git could not put markers into, such as a file that one
/// side removed, must be staged by whoever decides: there it does not show that somebody has.
fn stage_resolved(place: &Repo, dir: &str) -> Result<()> {
    let (mut ready, mut open) = (Vec::new(), Vec::new());
    for one in place.unmerged()? {
        let text = std::fs::read(place.work_dir().join(one.path.as_path()));
        let is_ready = has_markers_by_itself(place, &one)? && text.is_ok_and(|text| marker(&text).is_none());
        if is_ready { ready.push(one.path) } else { open.push(one.path) }
    }
    if !open.is_empty() {
        let hint = format!(
            "edit them, and `git -C {dir} add PATH` or `git -C {dir} rm PATH` where a whole file is to be chosen"
        );
        return Err(fault(format!("not resolved yet in {dir}: {}", list(&open))).hint(hint).into());
    }
    place.stage(&ready)
}

fn has_markers_by_itself(place: &Repo, one: &Unmerged) -> Result<bool> {
    let (Some(ours), Some(theirs)) = (one.ours, one.theirs) else { return Ok(false) };
    if !is_file(ours) || !is_file(theirs) {
        return Ok(false);
    }
    let is_text = |id| Ok::<_, anyhow::Error>(!place.blob(id)?.iter().take(8000).any(|byte| *byte == 0));
    Ok(is_text(ours.id)? && is_text(theirs.id)?)
}

fn is_file(entry: Entry) -> bool {
    !entry.is_symlink() && !entry.is_submodule()
}

/// The first line, from 1, that git has written to say where a conflict begins or ends.
fn marker(text: &[u8]) -> Option<usize> {
    let is_marker = |line: &[u8]| {
        [b'<', b'>'].iter().any(|sign| {
            let rest = line.strip_prefix(&[*sign; 7][..]);
            rest.is_some_and(|rest| rest.is_empty() || rest[0] == b' ' || rest[0] == b'\r')
        })
    };
    text.split(|byte| *byte == b'\n').position(is_marker).map(|at| at + 1)
}

/// What a person is told who begins a sync while another one waits.
///
/// # Errors
/// One waits.
pub fn check_none_waits(repo: &Repo) -> Result<()> {
    match State::read(repo)?.map(|state| state.stage) {
        Some(Stage::Stopped { dir }) => Err(waiting(&dir).into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::marker;

    #[test]
    fn only_what_git_writes_about_a_conflict_is_a_marker() {
        assert_eq!(marker(b"a\n<<<<<<< HEAD\nb\n"), Some(2));
        assert_eq!(marker(b"a\nb\nc\n>>>>>>> 1234\r\n"), Some(4));
        assert_eq!(marker(b"<<<<<<<\n"), Some(1));
        assert_eq!(marker(b"Title\n=======\n<<<<<<<< eight\n <<<<<<< in\n>>>>>>>x\n"), None);
    }
}
