//! Refs through libgit2, which parses the whole of `packed-refs`: for repositories where that is small.

use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, Result};
use git2::{ErrorCode, Oid, Repository};

use crate::error::fault;
use crate::git::engine::files::Files;
use crate::git::engine::libgit2::objects::{id_of, oid};
use crate::git::engine::libgit2::torn::told;
use crate::git::engine::refs::{HeadRef, Move, Ref, Refs, Try};
use crate::model::object::ObjectId;

/// The refs of a repository that libgit2 has opened.
pub struct Libgit2Refs {
    repo: Rc<Repository>,
    files: Files,
}

impl Libgit2Refs {
    pub fn new(repo: Rc<Repository>, files: Files) -> Self {
        Self { repo, files }
    }
}

impl Refs for Libgit2Refs {
    fn read(&self, name: &str) -> Result<Option<ObjectId>> {
        match self.repo.find_reference(name).and_then(|found| found.resolve()) {
            Ok(found) => Ok(found.target().map(id_of)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(told(error)).with_context(|| format!("cannot read `{name}`")),
        }
    }

    fn names(&self, prefix: &str) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for name in self.repo.references_glob(&format!("{prefix}*"))?.names() {
            if let Ok(Ok(name)) = name.map(|name| std::str::from_utf8(name.as_ref()).map(str::to_owned)) {
                found.push(name);
            }
        }
        Ok(found)
    }

    fn list(&self, prefix: &str) -> Result<Vec<Ref>> {
        let mut found = Vec::new();
        for reference in self.repo.references_glob(&format!("{prefix}*"))? {
            // A ref that vanishes while they are listed is simply not listed.
            let Ok(reference) = reference else { continue };
            if let (Ok(name), Some(target)) = (reference.name(), reference.target()) {
                found.push(Ref { name: name.to_owned(), target: id_of(target) });
            }
        }
        Ok(found)
    }

    fn swap(&self, wanted: &Move<'_>) -> Result<Try> {
        let current = wanted.old.map_or(Ok(Oid::ZERO_SHA1), oid)?;
        match self.repo.reference_matching(wanted.name, oid(wanted.new)?, true, current, wanted.log) {
            Ok(_) => Ok(Try::Done),
            Err(error) if matches!(error.code(), ErrorCode::Modified | ErrorCode::Exists) => Ok(Try::Lost),
            Err(error) if error.code() == ErrorCode::Locked => Ok(Try::Locked),
            Err(error) if error.code() == ErrorCode::NotFound => {
                if wanted.old.is_some() && self.read(wanted.name)?.is_none() {
                    return Ok(Try::Lost);
                }
                // A folder of the loose ref was pruned between its making and its use: to be tried again.
                Ok(Try::Locked)
            }
            Err(error) => Err(cannot_write(wanted.name, &error).into()),
        }
    }

    fn head(&self) -> Result<HeadRef> {
        self.files.head()
    }

    fn set_head(&self, branch: &str) -> Result<()> {
        Ok(self.repo.set_head(branch)?)
    }

    fn reflog(&self, name: &str) -> Vec<ObjectId> {
        let Ok(log) = self.repo.reflog(name) else { return Vec::new() };
        log.iter().map(|entry| id_of(entry.id_new())).collect()
    }

    fn forget_reflog(&self, name: &str) -> Result<()> {
        self.files.forget_reflog(name)
    }

    fn sync(&self, name: &str) -> Result<()> {
        self.files.sync(name)
    }

    fn clear_broken(&self, name: &str) -> Result<()> {
        self.files.clear_broken(name)
    }

    fn head_of(&self, git_dir: &Path) -> Result<HeadRef> {
        self.files.head_of(git_dir)
    }
}

fn cannot_write(name: &str, error: &git2::Error) -> crate::error::Fault {
    let told = fault(format!("cannot write `{name}`: {}", error.message()));
    if error.message().contains("Permission denied") || error.message().contains("Read-only") {
        return told.hint("make the .git folder writable for you, then try again");
    }
    told
}
