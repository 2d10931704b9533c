//! What somebody has decided in the work tree of a sync, once nothing is left open there.

use anyhow::Result;

use crate::error::fault;
use crate::git::joining::{Joined, Unmerged};
use crate::git::object::Entry;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;
use crate::model::path::{RepoPath, list};

/// What somebody has decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// This tree; what it belongs to is still to be committed.
    Tree(ObjectId),
    /// This commit, made by hand.
    Commit(ObjectId),
}

/// What was decided in a work tree on `ours`, in which `theirs` was being merged.
///
/// # Errors
/// Something is still open, by its path; nothing was committed.
pub fn decided(place: &Repo, ours: ObjectId, theirs: ObjectId) -> Result<Decided> {
    let (dir, head) = (place.work_dir().display().to_string(), place.head()?.commit);
    let is_merging = place.operation() == Some("merge");
    let is_committed = place.is_ancestor(ours, head)? && place.is_ancestor(theirs, head)?;
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
            .hint(format!("stage it: `git -C {dir} add PATH`, or put it back: `git -C {dir} restore PATH`"))
            .into());
    }
    let tree = place.index_tree()?;
    check_markers(place, ours, theirs, tree)?;
    if is_merging {
        place.remember_resolutions()?;
        return Ok(Decided::Tree(tree));
    }
    if tree != place.tree_of(head)? {
        return Err(fault(format!("staged in {dir} and not committed"))
            .hint(format!("commit it: `git -C {dir} commit`"))
            .into());
    }
    Ok(Decided::Commit(head))
}

/// No path that was in conflict has a marker of it left that neither side has.
fn check_markers(place: &Repo, ours: ObjectId, theirs: ObjectId, tree: ObjectId) -> Result<()> {
    let Joined::Conflict(paths) = place.join(ours, theirs)? else { return Ok(()) };
    let has = |tree: ObjectId, path: &RepoPath, size: usize| -> Result<Option<usize>> {
        let entry = place.entry(tree, path)?.filter(|entry| is_file(*entry));
        Ok(entry.map(|entry| place.blob(entry.id)).transpose()?.and_then(|text| marker(&text, size)))
    };
    for (path, size) in paths.iter().zip(place.marker_sizes(&paths)?) {
        let Some(line) = has(tree, path, size)? else { continue };
        let sides = [place.tree_of(ours)?, place.tree_of(theirs)?];
        if sides.into_iter().map(|side| has(side, path, size)).any(|found| matches!(found, Ok(Some(_)))) {
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

/// Stages what was resolved by taking the markers out. Whatever git could not put markers into, such as a file that one
/// side removed, must be staged by whoever decides: there it does not show that somebody has.
fn stage_resolved(place: &Repo, dir: &str) -> Result<()> {
    let (mut ready, mut open) = (Vec::new(), Vec::new());
    let unmerged = place.unmerged()?;
    let paths: Vec<RepoPath> = unmerged.iter().map(|one| one.path.clone()).collect();
    for (one, size) in unmerged.into_iter().zip(place.marker_sizes(&paths)?) {
        let text = std::fs::read(place.work_dir().join(one.path.as_path()));
        let is_ready =
            has_markers_by_itself(place, &one)? && text.is_ok_and(|text| marker(&text, size).is_none());
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

/// The first line, from 1, that git has written to say where a conflict begins or ends, with so many signs; with one
/// more where either side has moved the file elsewhere (`merge-ort.c`, rename/rename).
fn marker(text: &[u8], size: usize) -> Option<usize> {
    let is_marker = |line: &[u8]| {
        [b'<', b'>'].iter().any(|sign| {
            let signs = line.iter().take_while(|byte| *byte == sign).count();
            let is_ended = line.get(signs).is_none_or(|next| matches!(next, b' ' | b'\r'));
            (size..=size + 1).contains(&signs) && is_ended
        })
    };
    text.split(|byte| *byte == b'\n').position(is_marker).map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::marker;

    #[test]
    fn only_what_git_writes_about_a_conflict_is_a_marker() {
        assert_eq!(marker(b"a\n<<<<<<< HEAD\nb\n", 7), Some(2));
        assert_eq!(marker(b"a\nb\nc\n>>>>>>> 1234\r\n", 7), Some(4));
        assert_eq!(marker(b"<<<<<<<\n", 7), Some(1));
        assert_eq!(marker(b"<<<<<<<< HEAD:moved\n", 7), Some(1));
        assert_eq!(marker(b"Title\n=======\n<<<<<<<<< nine\n <<<<<<< in\n>>>>>>>x\n", 7), None);
        assert_eq!(marker(b"<<<<<<< seven\n<<<<<<<<<<<< HEAD\n", 12), Some(2));
    }
}
