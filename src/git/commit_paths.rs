//! Committing some paths alone, whatever else is changed or staged.

use anyhow::Result;

use crate::clock::Timestamp;
use crate::git::object::NewCommit;
use crate::git::refs::Swap;
use crate::git::repo::Repo;
use crate::git::worktree::Target;
use crate::model::object::ObjectId;

impl Repo {
    /// Commits exactly these paths on the present branch; index entries follow where nothing else was staged. Nothing
    /// where the branch moved meanwhile: then nothing was changed.
    ///
    /// # Errors
    /// There is no commit yet, or the repository cannot be written.
    pub fn commit_paths(&self, targets: &[Target], message: &str, log: &str) -> Result<Option<ObjectId>> {
        let head = self.head()?;
        let head_tree = self.tree_of(head.commit)?;
        let tree = self.edit_tree(head_tree, targets)?;
        let parents = [head.commit];
        let commit =
            self.write_commit(&NewCommit { tree, parents: &parents, message, at: Timestamp::now() })?;
        let mut written = self.new_trees(tree, head_tree)?;
        written.extend(targets.iter().filter_map(|(_, entry)| Some((*entry)?.id)).chain([commit]));
        self.sync_objects(&written)?;
        let paths: Vec<_> = targets.iter().map(|(path, _)| path.clone()).collect();
        let staged = self.index_entries(&paths)?;
        let mut entries = Vec::new();
        for (path, entry) in targets {
            if staged.get(path).copied() == self.entry(head_tree, path)? {
                entries.push((path.clone(), *entry));
            }
        }
        if self.swap_ref(head.reference(), commit, Some(head.commit), log)? == Swap::Lost {
            return Ok(None);
        }
        self.sync_ref(head.reference())?;
        self.update_index(&entries)?;
        Ok(Some(commit))
    }
}
