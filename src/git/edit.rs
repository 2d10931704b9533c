//! Trees with some paths set or removed.

use anyhow::{Context, Result, anyhow};

use crate::git::object::{Entry, first_name};
use crate::git::repo::Repo;
use crate::git::tree::{FOLDER, Item, Tree};
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

/// What is left of a path below a folder, and what is to be there.
type Edit<'a> = (&'a [u8], Option<Entry>);

impl Repo {
    /// Writes the tree `base` with some paths set or, with `None`, removed.
    ///
    /// # Errors
    /// A file would be where a folder is, or the reverse; what is removed in the same call is not in the way.
    pub fn edit_tree(&self, base: ObjectId, changes: &[(RepoPath, Option<Entry>)]) -> Result<ObjectId> {
        if changes.is_empty() {
            return Ok(base);
        }
        let edits: Vec<Edit<'_>> = changes.iter().map(|(path, entry)| (path.as_bytes(), *entry)).collect();
        let mut tree = self.tree(base)?;
        self.edit(&mut tree, edits).context("cannot write a tree")?;
        self.write_tree(&tree)
    }

    fn edit(&self, tree: &mut Tree, mut edits: Vec<Edit<'_>>) -> Result<()> {
        // What goes makes room for what comes: a folder where a file was, or a file where a folder was.
        edits.sort_by_key(|(path, entry)| (entry.is_some(), first_name(path).0.to_vec()));
        let is_removal = |edit: &Edit<'_>| edit.1.is_none();
        let name = |edit: &Edit<'_>| first_name(edit.0).0.to_vec();
        for group in
            edits.chunk_by(|one, other| (is_removal(one), name(one)) == (is_removal(other), name(other)))
        {
            self.edit_name(tree, &name(&group[0]), group)?;
        }
        Ok(())
    }

    /// Edits what one name of a folder stands for; all edits set something, or all remove.
    fn edit_name(&self, tree: &mut Tree, name: &[u8], edits: &[Edit<'_>]) -> Result<()> {
        let present = tree.get(name).cloned();
        let clash = || anyhow!("`{}` is both a file and a folder", RepoPath::new(name));
        let mut below = Vec::new();
        for (path, entry) in edits {
            match (first_name(path).1, entry) {
                (Some(rest), entry) => below.push((rest, *entry)),
                (None, Some(_)) if present.as_ref().is_some_and(Item::is_folder) => {
                    return Err(clash());
                }
                (None, Some(entry)) => tree.set(entry.mode, name, entry.id)?,
                (None, None) if present.as_ref().is_some_and(|item| !item.is_folder()) => tree.remove(name),
                (None, None) => {}
            }
        }
        if below.is_empty() {
            return Ok(());
        }
        let is_removal = below.iter().all(|(_, entry)| entry.is_none());
        let mut folder = match tree.get(name) {
            Some(item) if item.is_folder() => self.tree(item.id)?,
            _ if is_removal => return Ok(()),
            Some(_) => return Err(clash()),
            None => Tree::default(),
        };
        self.edit(&mut folder, below)?;
        if folder.is_empty() {
            tree.remove(name);
            return Ok(());
        }
        tree.set(FOLDER, name, self.write_tree(&folder)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_folders_take_each_others_place_only_where_the_other_goes() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join("a/b/c"), "1").unwrap();
        std::fs::write(folder.path().join("x"), "1").unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let base = repo.tree_of(repo.head().unwrap().commit).unwrap();
        let entry = Some(Entry { mode: 0o100_644, id: repo.write_blob(b"2").unwrap() });
        let edit = |changes: &[(&str, Option<Entry>)]| {
            let changes: Vec<_> =
                changes.iter().map(|(path, entry)| (RepoPath::from(*path), *entry)).collect();
            let files = repo.files(repo.edit_tree(base, &changes)?)?;
            Ok::<_, anyhow::Error>(
                files.iter().map(|(path, _)| path.to_string()).collect::<Vec<_>>().join(" "),
            )
        };
        assert_eq!(edit(&[("new/deep/file", entry), ("x", entry)]).unwrap(), "a/b/c new/deep/file x");
        assert_eq!(edit(&[("a/b/c", None), ("a", entry)]).unwrap(), "a x");
        assert_eq!(edit(&[("x/y", entry), ("x", None)]).unwrap(), "a/b/c x/y");
        assert_eq!(edit(&[("a/b/c", None), ("x", None), ("gone/y", None), ("a", None)]).unwrap(), "");
        for bad in
            [&[("a", entry)][..], &[("x/y", entry)], &[("n", entry), ("n/y", entry)], &[(".git/x", entry)]]
        {
            assert!(edit(bad).is_err(), "{bad:?}");
        }
    }
}
