//! Loose objects that a power cut has torn, moved out of the way of the real ones.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::git::engine::loose::{Loose, is_whole};
use crate::git::repo::Repo;
use crate::model::object::ObjectId;

impl Repo {
    /// The objects that lie in files of their own.
    pub(super) fn loose_ids(&self) -> Result<HashSet<ObjectId>> {
        let mut ids = HashSet::new();
        let listed = Loose::new(self.common_dir()).each(&mut |id, _| {
            ids.insert(id);
            Ok(())
        });
        listed.with_context(|| format!("cannot list the objects of {}", self.common_dir().display()))?;
        Ok(ids)
    }

    /// Moves every torn loose object to `gx/torn`, where somebody may still look for what it holds; says how many.
    ///
    /// As long as its file is there, neither engine writes an object anew.
    ///
    /// # Errors
    /// The objects cannot be listed, or one cannot be moved.
    pub fn set_torn_aside(&self) -> Result<usize> {
        let mut torn = Vec::new();
        let loose = Loose::new(self.common_dir());
        let listed = loose.each(&mut |id, path| {
            // What may not be read says nothing about itself.
            if is_whole(path).is_ok_and(|is_whole| !is_whole) {
                torn.push((id, path.to_path_buf()));
            }
            Ok(())
        });
        listed.with_context(|| format!("cannot list the objects of {}", self.common_dir().display()))?;
        for (id, path) in &torn {
            self.set_aside(*id, path).with_context(|| format!("cannot move {}", path.display()))?;
        }
        if !torn.is_empty() {
            // Whoever has them open, or remembers that they are there, looks again.
            self.rest();
        }
        Ok(torn.len())
    }

    /// Whether everything that a commit rests on is there; takes as long as its history is.
    ///
    /// # Errors
    /// The `git` program cannot be started.
    pub fn is_connected(&self, commit: ObjectId) -> Result<bool> {
        let told = self.git().args(["rev-list", "--objects", "--quiet", &commit.to_string()]).output()?;
        Ok(told.status.success())
    }

    fn set_aside(&self, id: ObjectId, path: &Path) -> Result<()> {
        if fs::metadata(path)?.len() == 0 {
            return Ok(fs::remove_file(path)?);
        }
        let folder = self.gx_dir().join("torn");
        fs::create_dir_all(&folder)?;
        let names = (0..).map(|number| folder.join(format!("{id}.{number}")));
        let free = names.into_iter().find(|name| !name.exists()).context("there is no free name")?;
        Ok(fs::rename(path, free)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::notes::is_torn;

    #[test]
    fn the_size_of_an_object_that_was_cut_short_is_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let id = repo.write_blob(&b"words ".repeat(1000)).unwrap();
        assert_eq!(repo.size(id).unwrap(), Some(6000));
        let path = repo.place.loose_path(id);
        let whole = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        repo.rest();
        let is_program = std::env::var_os("GX_GIT_ENGINE").is_some_and(|engine| engine == "program");
        if repo.has_ref_files() && !is_program {
            assert!(is_torn(&repo.size(id).unwrap_err()));
        } else {
            // The program takes the word of the object's head; whoever reads on is told.
            assert!(is_torn(&repo.blob(id).unwrap_err()));
        }
    }
}
