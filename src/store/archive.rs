//! Experiments whose refs were taken away: one ref keeps many of them alive.
//!
//! A ref `refs/gx/archive/<name>` points to a commit whose history has the snapshots as parents. The files of its
//! tree say which is which: lines of `<id> <snapshot>`, so many to a file that a change writes little.

use std::collections::{BTreeMap, HashSet};

use anyhow::{Context, Result, anyhow};

use crate::git::refs::Ref;
use crate::git::repo::Repo;
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::store::experiments::{Store, Stored};

/// Where the refs of archives lie.
pub const ARCHIVES: &str = "refs/gx/archive/";

/// How many numbers share a file.
const SHARE: u64 = 1000;

/// What the files of an archive say, by their path: what each line names.
pub(super) type Lines = BTreeMap<ExperimentId, ObjectId>;

impl Store<'_> {
    /// The experiments of all archives, in no order; those that were thrown away since are none of them.
    ///
    /// # Errors
    /// An archive that cannot be read.
    pub fn archived(&self) -> Result<Vec<Stored>> {
        let mut all = Vec::new();
        for archive in self.repo.refs(ARCHIVES)? {
            read(self.repo, &archive, &mut all)?;
        }
        if !all.is_empty() {
            // Killed between the two steps of `gx rm`, the archive still names it.
            let trash = self.repo.ref_names("refs/gx/trash/")?;
            let trashed: HashSet<_> =
                trash.iter().filter_map(|name| ExperimentId::of_reference(name)).collect();
            all.retain(|stored| !trashed.contains(&stored.id));
        }
        Ok(all)
    }

    /// The archived experiment of an id; reads one file of each archive.
    ///
    /// # Errors
    /// As [`Self::archived`].
    pub fn find_archived(&self, id: &ExperimentId) -> Result<Option<Stored>> {
        if self.repo.read_ref(&id.trash())?.is_some() {
            return Ok(None);
        }
        for archive in self.repo.refs(ARCHIVES)? {
            let lines = lines_of(self.repo, self.repo.tree_of(archive.target)?, &place_of(id));
            let lines = lines.with_context(|| format!("cannot read `{}`", archive.name))?;
            if let Some(snapshot) = lines.get(id) {
                return Ok(Some(Stored { id: id.clone(), snapshot: *snapshot }));
            }
        }
        Ok(None)
    }
}

/// The file that names an experiment: `own/000012` for those from 12000 on, `of/<site>/000012` for another clone's.
pub(super) fn place_of(id: &ExperimentId) -> RepoPath {
    let share = format!("{:06}", id.number() / SHARE);
    RepoPath::new(match id.site() {
        None => format!("own/{share}"),
        Some(site) => format!("of/{site}/{share}"),
    })
}

/// What one file of an archive's tree says; nothing where there is no such file.
pub(super) fn lines_of(repo: &Repo, tree: ObjectId, place: &RepoPath) -> Result<Lines> {
    let Some(entry) = repo.entry(tree, place)? else { return Ok(Lines::new()) };
    let mut found = Vec::new();
    parse(&repo.blob(entry.id)?, &mut found)?;
    Ok(found.into_iter().map(|stored| (stored.id, stored.snapshot)).collect())
}

/// A file of an archive, written.
pub(super) fn text_of(lines: &Lines) -> String {
    lines.iter().map(|(id, snapshot)| format!("{id} {snapshot}\n")).collect()
}

/// Reads one archive.
pub(super) fn read(repo: &Repo, archive: &Ref, found: &mut Vec<Stored>) -> Result<()> {
    let mut read = || {
        for (_, file) in repo.files(repo.tree_of(archive.target)?)? {
            parse(&repo.blob(file.id)?, found)?;
        }
        Ok::<_, anyhow::Error>(())
    };
    read().with_context(|| format!("cannot read `{}`", archive.name))
}

/// Reads one file of an archive.
fn parse(text: &[u8], found: &mut Vec<Stored>) -> Result<()> {
    for line in std::str::from_utf8(text)?.lines() {
        let entry = || {
            let (id, snapshot) = line.split_once(' ')?;
            Some(Stored { id: id.parse::<ExperimentId>().ok()?, snapshot: snapshot.parse().ok()? })
        };
        found.push(entry().ok_or_else(|| anyhow!("cannot understand its line `{line}`"))?);
    }
    Ok(())
}
