//! The short way for ordinary files: those whose bytes Git stores as they are, without filter or conversion.
//!
//! Starting the `git` program costs more than everything else that a short run does; a few edited text
//! files need none. Whatever is not ordinary goes the long way, through the program.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, Result};

use crate::git::object::Entry;
use crate::git::repo::Repo;
use crate::git::worktree::Target;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

/// More files than this are faster in one call of the program.
const FEW: usize = 32;

/// A larger file is not read into memory for this, in bytes.
const SMALL: u64 = 8 << 20;

impl Repo {
    /// Of which paths Git stores the bytes as they are.
    pub(super) fn plain(&self, paths: &[&RepoPath]) -> Vec<bool> {
        if paths.is_empty() || self.setting("core.autocrlf").is_some_and(|value| value != "false") {
            return vec![false; paths.len()];
        }
        self.settings.converting(paths).into_iter().map(|converts| !converts).collect()
    }

    /// Whether Git stores the bytes of this path as they are.
    pub(super) fn is_plain(&self, path: &RepoPath) -> bool {
        self.plain(&[path]) == [true]
    }

    fn trusts_mode_bits(&self) -> bool {
        self.setting("core.fileMode").as_deref() != Some("false")
    }

    /// The tree of HEAD without the removed paths and with the changed ones as they are in the work tree;
    /// nothing where that takes the program.
    pub(super) fn plain_tree(
        &self,
        head: ObjectId,
        changed: &[RepoPath],
        removed: &[RepoPath],
    ) -> Result<Option<ObjectId>> {
        let all: Vec<&RepoPath> = changed.iter().chain(removed).collect();
        if all.len() > FEW || !self.trusts_mode_bits() || has_nested(&all) {
            return Ok(None);
        }
        if self.plain(&changed.iter().collect::<Vec<_>>()).contains(&false) {
            return Ok(None);
        }
        let mut targets: Vec<Target> = removed.iter().map(|path| (path.clone(), None)).collect();
        for path in changed {
            let place = self.work_dir().join(path.as_path());
            let entry = match fs::symlink_metadata(&place) {
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                Ok(meta) if meta.is_file() && meta.len() <= SMALL => {
                    let content = fs::read(&place).with_context(|| format!("cannot read {path}"))?;
                    let mode = if meta.permissions().mode() & 0o100 == 0 { 0o100_644 } else { 0o100_755 };
                    Some(Entry { mode, id: self.write_blob(&content)? })
                }
                _ => return Ok(None),
            };
            targets.push((path.clone(), entry));
        }
        let head_tree = self.tree_of(head)?;
        let tree = self.edit_tree(head_tree, &targets)?;
        let mut written = self.new_trees(tree, head_tree)?;
        written.extend(targets.iter().filter_map(|(_, entry)| Some((*entry)?.id)));
        self.sync_objects(&written)?;
        Ok(Some(tree))
    }

    /// Writes one ordinary file of the work tree, whose path is [plain](Self::plain); false where that takes the
    /// program.
    pub(super) fn write_plain(&self, path: &RepoPath, entry: Entry) -> Result<bool> {
        let place = self.work_dir().join(path.as_path());
        let is_file = |mode| mode == 0o100_644 || mode == 0o100_755;
        let is_free = fs::symlink_metadata(&place).map_or(true, |meta| meta.is_file());
        if !is_file(entry.mode)
            || !is_free
            || self.not_a_folder_above(path).is_some()
            || !place.parent().is_some_and(Path::is_dir)
        {
            return Ok(false);
        }
        // Beside the repository first, so that the user's file is never half written.
        let new = self.scratch("restored")?;
        let mode = if entry.mode == 0o100_755 { 0o777 } else { 0o666 };
        let write = || {
            let mut file = File::options().write(true).create(true).truncate(true).mode(mode).open(&new)?;
            file.write_all(&self.blob(entry.id)?)?;
            file.sync_all()?;
            Ok::<_, anyhow::Error>(())
        };
        let moved = write().and_then(|()| Ok(fs::rename(&new, &place)?));
        if moved.is_err() {
            // Another file system, say: the program writes in place.
            let _ = fs::remove_file(&new);
        }
        Ok(moved.is_ok())
    }
}

/// Whether one of the paths lies below another: a file has become a folder, or the other way round.
fn has_nested(paths: &[&RepoPath]) -> bool {
    paths.iter().any(|outer| {
        let prefix = [outer.as_bytes(), b"/"].concat();
        paths.iter().any(|inner| inner.as_bytes().starts_with(&prefix))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_became_a_folder_is_no_ordinary_change() {
        let paths: Vec<RepoPath> = ["a", "ab", "a/b"].map(RepoPath::from).to_vec();
        assert!(has_nested(&paths.iter().collect::<Vec<_>>()));
        assert!(!has_nested(&paths[..2].iter().collect::<Vec<_>>()));
    }
}
