//! The editing trees of agents: made at the tip of their tag, looked at, and removed when nothing is lost.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::error::{fault, misuse};
use crate::git::linked::Linked;
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::run::begin::leave_out;
use crate::run::lock::{Patience, WorkTreeLock};
use crate::run::mark;
use crate::run::runner::Runner;
use crate::run::tag::tag_of_branch;
use crate::run::tip::Since;
use crate::store::experiments::Stored;

/// A work tree that was made for an agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Added {
    /// Its top.
    pub dir: PathBuf,
    /// The tag of its runs.
    pub tag: String,
    /// The tip that it is at.
    pub head: ObjectId,
    /// The ignored paths that it borrows from the main work tree.
    pub linked: Vec<String>,
}

/// A work tree, and how it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// What Git knows of it.
    pub tree: Linked,
    /// The tag of its runs, where it has one of its own or its branch names one.
    pub tag: Option<String>,
    /// The commit that the branch of the tag is at.
    pub tip: Option<ObjectId>,
    /// How many commits HEAD has that the tip has not, and how many the other way round.
    pub apart: Option<(usize, usize)>,
    /// The keeps that HEAD has not, the newest first, where nothing else lies between it and the tip.
    pub missing: Vec<ExperimentId>,
    /// The paths that are not as in HEAD.
    pub edited: Vec<RepoPath>,
    /// What runs in it.
    pub running: Option<ExperimentId>,
}

impl Runner<'_> {
    /// Makes editing trees at the tip of a tag, all or none.
    ///
    /// # Errors
    /// The tag has no branch; a folder is there already, or lies where snapshots would hold it.
    pub fn add_trees(&self, dirs: &[PathBuf], tag: Option<&str>) -> Result<Vec<Added>> {
        let tag = self.current_tag(tag)?;
        let branch = format!("autoresearch/{tag}");
        let tip = self.repo.read_ref(&format!("refs/heads/{branch}"))?.ok_or_else(|| {
            fault(format!("tag `{tag}` has no branch `{branch}`"))
                .hint(format!("begin the session: `gx init --tag {tag}`"))
                .hint(format!("or start its branch elsewhere: `git branch {branch} REV`"))
        })?;
        for dir in dirs {
            self.check_place(dir)?;
        }
        let mut added = Vec::new();
        for dir in dirs {
            match self.add_tree(dir, &tag, tip) {
                Ok(one) => added.push(one),
                Err(error) => {
                    for Added { dir, .. } in &added {
                        // The first trouble is the one to tell.
                        let _ = self.repo.take_back_worktree(dir);
                    }
                    return Err(error);
                }
            }
        }
        Ok(added)
    }

    fn add_tree(&self, dir: &Path, tag: &str, tip: ObjectId) -> Result<Added> {
        let place = self.repo.add_worktree(dir, tip, tag)?;
        let prepare = || {
            let main = self.repo.work_dir_of("main").and_then(|main| self.repo.open_worktree(&main).ok());
            let linked = place.link_ignored(main.as_ref().unwrap_or(self.repo), &self.config.run.link)?;
            // As `gx init` leaves a work tree: whatever is there now is no agent's edit.
            let snapshot = place.snapshot(tip, &leave_out(&self.config.snapshot))?;
            mark::set(&place, snapshot.tree, tip)?;
            Ok::<_, anyhow::Error>(linked)
        };
        match prepare() {
            Ok(linked) => Ok(Added {
                dir: place.work_dir().components().collect(),
                tag: tag.to_owned(),
                head: tip,
                linked,
            }),
            Err(error) => {
                let _ = self.repo.take_back_worktree(dir);
                Err(error).with_context(|| format!("cannot set up {}", dir.display()))
            }
        }
    }

    /// Checks that a tree could be made there and that no snapshot of another one would hold it.
    fn check_place(&self, dir: &Path) -> Result<()> {
        let dir = std::path::absolute(dir)?;
        let shown = dir.display();
        if dir.symlink_metadata().is_ok() && !dir.read_dir().is_ok_and(|mut entries| entries.next().is_none())
        {
            return Err(misuse(format!("{shown} is there already")).hint("name a new folder").into());
        }
        let Some(real) = real_place(&dir) else { return Ok(()) };
        for tree in self.repo.worktrees()?.into_iter().filter(|tree| !tree.is_gone) {
            let Ok(top) = tree.dir.canonicalize() else { continue };
            let Ok(inside) = real.strip_prefix(&top) else { continue };
            let name = format!("{}/", inside.display());
            if !self.repo.open_worktree(&top)?.is_ignored(&name) {
                let beside = top.with_file_name(dir.file_name().unwrap_or_default());
                return Err(misuse(format!("{shown} lies in the work tree {}", top.display()))
                    .hint(format!("put it beside that: `gx worktree add {}`", beside.display()))
                    .hint(format!("or let Git ignore it there: add `{name}` to .gitignore"))
                    .into());
            }
        }
        Ok(())
    }

    /// All work trees and how they stand to the tips of their tags.
    pub fn trees(&self) -> Result<Vec<Standing>> {
        let running = self.running_in()?;
        let mut standings = Vec::new();
        for tree in self.repo.worktrees()? {
            let tag = tree.tag.clone().or_else(|| tag_of_branch(tree.branch.as_deref()?));
            let named = tag.clone().filter(|_| !tree.is_checkout);
            let tip = match named {
                Some(tag) => self.repo.read_ref(&format!("refs/heads/autoresearch/{tag}"))?,
                None => None,
            };
            let (mut apart, mut missing) = (None, Vec::new());
            if let (Some(head), Some(tip)) = (tree.head, tip) {
                apart = Some(self.repo.apart(head, tip)?);
                if let Since::Keeps(keeps) = self.between(head, tip)? {
                    missing = keeps;
                }
            }
            let is_looked_at = !tree.is_gone && !tree.is_checkout;
            let edited =
                if is_looked_at { self.repo.open_worktree(&tree.dir)?.edited()? } else { Vec::new() };
            let runs = |(name, _): &&(String, ExperimentId)| match tree.is_checkout {
                true => tree.dir.file_name().is_some_and(|folder| folder.to_string_lossy() == *name),
                false => tree.name == *name,
            };
            let running = running.iter().find(runs).map(|(_, id)| id.clone());
            standings.push(Standing { tree, tag, tip, apart, missing, edited, running });
        }
        Ok(standings)
    }

    /// The experiments that have not ended, by the work tree or the checkout that they run in.
    fn running_in(&self) -> Result<Vec<(String, ExperimentId)>> {
        let mut found = Vec::new();
        for stored in self.store.unfinished()? {
            let record = self.store.record(stored.snapshot)?;
            let pending = self.store.peek_pending(record.text("uuid").unwrap_or_default());
            let Some((pending, _)) = pending.filter(|(pending, _)| !pending.external) else { continue };
            let name = if pending.is_isolated() { stored.id.to_string() } else { pending.worktree };
            found.push((name, stored.id));
        }
        Ok(found)
    }

    /// Removes an editing tree, or the checkout of an experiment that has its end, and says which.
    ///
    /// # Errors
    /// A run has it, or something in it is nowhere else.
    pub fn remove_tree(&self, dir: &Path) -> Result<PathBuf> {
        let wanted = dir.canonicalize().or_else(|_| std::path::absolute(dir))?;
        let found = self.repo.worktrees()?.into_iter().find(|tree| tree.dir == wanted);
        if let Some(tree) = found.as_ref().filter(|tree| tree.is_checkout)
            && let Some(stored) = self.owner_of(tree)?
        {
            self.remove_checkout(tree, &stored)?;
            return Ok(wanted);
        }
        // Whoever is about to run in it finds it taken, and then gone.
        let mut lock = None;
        if let Some(tree) = found.as_ref().filter(|tree| !tree.is_gone && !tree.is_checkout) {
            let place = self.repo.open_worktree(&tree.dir)?;
            lock = Some(WorkTreeLock::take(&place, Patience::Refuse).map_err(|_| self.in_use(tree))?);
        }
        self.repo.remove_worktree(dir)?;
        drop(lock);
        if let Some(tree) = found {
            mark::forget(self.repo, &tree.name)?;
        }
        Ok(wanted)
    }

    /// The experiment that a checkout of gx's own is called after; one in the trash has its checkout still.
    fn owner_of(&self, tree: &Linked) -> Result<Option<Stored>> {
        let Some(name) = tree.dir.file_name().and_then(|name| name.to_str()) else { return Ok(None) };
        let Ok(id) = name.parse::<ExperimentId>() else { return Ok(None) };
        if let Some(stored) = self.store.find(&id)? {
            return Ok(Some(stored));
        }
        let trashed = self.repo.read_ref(&id.trash())?;
        Ok(trashed.map(|snapshot| Stored { id, snapshot }))
    }

    /// Removes the checkout of an experiment, which its owner may have kept to look into it.
    fn remove_checkout(&self, tree: &Linked, stored: &Stored) -> Result<()> {
        let (id, shown) = (&stored.id, tree.dir.display());
        let record = self.store.record(stored.snapshot)?;
        let has_more = self.store.peek_pending(record.text("uuid").unwrap_or_default()).is_some();
        if has_more || !record.status().is_final() {
            return Err(fault(format!("{shown} belongs to {id}, which has no end yet"))
                .hint(format!("wait for it: `gx wait {id}`"))
                .hint(format!("or stop it: `gx stop {id}`"))
                .into());
        }
        match self.repo.checkout(&id.to_string())? {
            Some(checkout) => checkout.remove(),
            None => Err(fault(format!("a process that {id} left behind still has {shown}"))
                .hint(format!("see which: `fuser -v {shown}`"))
                .into()),
        }
    }

    fn in_use(&self, tree: &Linked) -> anyhow::Error {
        let running = self.running_in().unwrap_or_default().into_iter().find(|(name, _)| *name == tree.name);
        let shown = tree.dir.display();
        match running {
            Some((_, id)) => fault(format!("{id} is running in {shown}"))
                .hint(format!("wait for it: `gx wait {id}`"))
                .hint(format!("or stop it: `gx stop {id}`"))
                .into(),
            None => {
                fault(format!("a run is about to use {shown}")).hint("see which: `gx worktree ls`").into()
            }
        }
    }
}

/// Where a folder that may not exist yet would be, symbolic links followed.
fn real_place(dir: &Path) -> Option<PathBuf> {
    dir.ancestors().find_map(|above| {
        let real = above.canonicalize().ok()?;
        Some(real.join(dir.strip_prefix(above).ok()?))
    })
}
