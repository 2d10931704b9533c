//! Bringing objects onto the disk itself, object by object.

use std::fs::File;
use std::io::ErrorKind;

use anyhow::{Context, Result};

use crate::git::repo::Repo;
use crate::model::object::ObjectId;

impl Repo {
    /// Puts objects that were just written onto the disk itself; who writes them leaves that to chance.
    ///
    /// As Git does under `core.fsync`: the file after its rename, whose directory entry goes with it.
    pub fn sync_objects(&self, ids: &[ObjectId]) -> Result<()> {
        for id in ids {
            let path = self.place.loose_path(*id);
            match File::open(&path).and_then(|file| file.sync_all()) {
                // An object that is in a pack was made durable when the pack was.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                synced => synced.with_context(|| format!("cannot sync {}", path.display()))?,
            }
        }
        Ok(())
    }

    /// The commit and every tree of it, for [`Self::sync_objects`]: those that `base` does not have.
    pub fn new_trees(&self, tree: ObjectId, base: ObjectId) -> Result<Vec<ObjectId>> {
        let mut found = Vec::new();
        self.collect_new_trees(tree, Some(base), &mut found)?;
        Ok(found)
    }

    fn collect_new_trees(
        &self,
        tree: ObjectId,
        base: Option<ObjectId>,
        found: &mut Vec<ObjectId>,
    ) -> Result<()> {
        if Some(tree) == base {
            return Ok(());
        }
        found.push(tree);
        let base = base.map(|base| self.tree(base)).transpose()?;
        for item in self.tree(tree)?.items().iter().filter(|item| item.is_folder()) {
            let before = base.as_ref().and_then(|base| base.folder(&item.name));
            self.collect_new_trees(item.id, before, found)?;
        }
        Ok(())
    }
}
