//! Moving finished experiments into an archive, and back.
//!
//! The objects are on disk before the archive names them, and the archive names them before their refs go: whoever is
//! killed in between leaves experiments in both places, which lists show once and the next call tidies up.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::clock::Timestamp;
use crate::error::fault;
use crate::git::object::{Entry, NewCommit};
use crate::git::refs::{Ref, Swap};
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::model::record::Record;
use crate::process::fail;
use crate::store::archive::{ARCHIVES, lines_of, place_of, text_of};
use crate::store::experiments::{Found, Store, Stored, Work};
use crate::store::pending::{Pending, files};

/// How many parents a commit of an archive has: more make readers of history slow.
const PARENTS: usize = 500;

/// The date of an archive's commits, before all others: Git walks histories by date, and with dates of their time
/// `git fetch` looks at every archived snapshot before it looks at the branches.
const DATE: Timestamp = Timestamp::from_micros(0);

/// How often an archive is written anew when another process was faster.
const TRIES: usize = 50;

/// Which experiments are to be archived.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// Only those that ended before.
    pub before: Option<Timestamp>,
    /// All but so many of the newest.
    pub keep: usize,
    /// Only those of this tag.
    pub tag: Option<String>,
}

/// What would be archived.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chosen {
    /// Those, by site and number.
    pub experiments: Vec<Stored>,
    /// How many keep a ref of their own because they are not finished.
    pub open: usize,
    /// How many finished ones keep a ref of their own.
    pub left: usize,
}

impl Store<'_> {
    /// Finds out what a choice means; nothing is changed.
    pub fn choose_finished(&self, choice: &Choice) -> Result<Chosen> {
        let listed = self.with_notes(self.listed()?)?;
        let (open, mut count, mut seen) = (self.open_snapshots(), 0, 0);
        let mut ended: Vec<(Timestamp, Stored)> = Vec::new();
        let make = |found: &Found, note: &[u8]| {
            let end = end_of(&found.stored, &Record::fold(note), choice, &open);
            (end, matches!(end, End::At(_)).then(|| found.stored.clone()))
        };
        self.each_note(&listed, &make, &mut |(end, stored)| {
            count += usize::from(end == End::Open);
            if let (End::At(at), Some(stored)) = (end, stored) {
                ended.push((at, stored));
            }
            seen += 1;
            self.tell(Work::Look, seen, listed.len());
            Ok(())
        })?;
        let finished = listed.len() - count;
        drop(listed);
        ended.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
        ended.truncate(ended.len().saturating_sub(choice.keep));
        ended.retain(|(at, _)| choice.before.is_none_or(|before| *at < before));
        let mut experiments: Vec<Stored> = ended.into_iter().map(|(_, stored)| stored).collect();
        experiments.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Chosen { left: finished - experiments.len(), open: count, experiments })
    }

    /// Archives them under the month of `at`, and gives the name of that ref.
    pub fn archive(&self, chosen: &[Stored], at: Timestamp) -> Result<String> {
        let name = format!("{ARCHIVES}{}", &at.to_string()[..7]);
        let new: Vec<&Stored> = {
            let known: HashSet<Stored> = self.archived()?.into_iter().collect();
            chosen.iter().filter(|stored| !known.contains(stored)).collect()
        };
        for _ in 0..TRIES {
            if new.is_empty() {
                break;
            }
            let old = self.repo.read_ref(&name)?;
            let tip = self.write_archive(old, &new, at)?;
            fail::point("archive-written");
            if self.repo.swap_ref(&name, tip, old, "gx: archive")? == Swap::Done {
                self.repo.sync_ref(&name)?;
                return self.drop_refs(chosen).map(|()| name);
            }
            thread::sleep(Duration::from_millis(5));
        }
        match new.is_empty() {
            true => self.drop_refs(chosen).map(|()| name),
            false => Err(written_by_others(&name)),
        }
    }

    fn drop_refs(&self, chosen: &[Stored]) -> Result<()> {
        fail::point("archive-moved");
        let refs: Vec<Ref> = chosen.iter().map(own_ref).collect();
        self.repo.delete_refs(&refs)?;
        fail::point("archive-done");
        Ok(())
    }

    /// Gives archived experiments refs of their own again.
    pub fn unarchive(&self, chosen: &[Stored]) -> Result<()> {
        let mut lacking = Vec::new();
        for stored in chosen {
            if self.repo.read_ref(&stored.id.reference())?.is_none() {
                lacking.push(own_ref(stored));
            }
        }
        self.repo.make_refs(&lacking)?;
        fail::point("archive-back");
        self.take_out(&chosen.iter().map(|stored| stored.id.clone()).collect())
    }

    /// Takes experiments off the lists of all archives; their history still holds the snapshots.
    pub(super) fn take_out(&self, ids: &BTreeSet<ExperimentId>) -> Result<()> {
        let at = Timestamp::now();
        for archive in self.repo.refs(ARCHIVES)? {
            let mut tip = Some(archive.target);
            for attempt in 0.. {
                let Some(old) = tip else { break };
                let tree = self.repo.tree_of(old)?;
                let changes = self.without(tree, ids)?;
                if changes.is_empty() {
                    break;
                }
                let edited = self.repo.edit_tree(tree, &changes)?;
                let message = format!("gx: take out of the archive\n\nGx-Date: {at}\n");
                let commit = NewCommit { tree: edited, parents: &[old], message: &message, at: DATE };
                let new = self.repo.write_commit(&commit)?;
                self.sync_archive(tree, edited, &changes, &[new])?;
                if self.repo.swap_ref(&archive.name, new, Some(old), "gx: take out of the archive")?
                    == Swap::Done
                {
                    self.repo.sync_ref(&archive.name)?;
                    break;
                }
                if attempt >= TRIES {
                    return Err(written_by_others(&archive.name));
                }
                tip = self.repo.read_ref(&archive.name)?;
            }
        }
        Ok(())
    }

    /// The files of an archive that name one of them, without these lines.
    fn without(&self, tree: ObjectId, ids: &BTreeSet<ExperimentId>) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        for place in ids.iter().map(place_of).collect::<BTreeSet<RepoPath>>() {
            let mut lines = lines_of(self.repo, tree, &place)?;
            let before = lines.len();
            lines.retain(|id, _| !ids.contains(id));
            if lines.len() < before {
                let text = text_of(&lines);
                changes.push((place, (!lines.is_empty()).then(|| self.file(&text)).transpose()?));
            }
        }
        Ok(changes)
    }

    /// Writes the commits that keep them alive, on top of `old`, and makes them durable.
    ///
    /// Every fetch reads what a ref points to: that is a commit with one parent, not one with hundreds.
    fn write_archive(&self, old: Option<ObjectId>, new: &[&Stored], at: Timestamp) -> Result<ObjectId> {
        let base = match old {
            Some(old) => self.repo.tree_of(old)?,
            None => self.repo.write_tree_of_files(self.repo.work_dir(), &[])?,
        };
        let mut by_place: BTreeMap<RepoPath, Vec<&Stored>> = BTreeMap::new();
        for stored in new {
            by_place.entry(place_of(&stored.id)).or_default().push(stored);
        }
        let mut changes = Vec::new();
        for (place, stored) in by_place {
            let mut lines = lines_of(self.repo, base, &place)?;
            lines.extend(stored.into_iter().map(|stored| (stored.id.clone(), stored.snapshot)));
            changes.push((place, Some(self.file(&text_of(&lines))?)));
        }
        let tree = self.repo.edit_tree(base, &changes)?;
        let (mut tip, mut commits) = (old, Vec::new());
        for some in new.chunks(PARENTS - 1) {
            let parents: Vec<ObjectId> = tip.into_iter().chain(some.iter().map(|one| one.snapshot)).collect();
            let message = format!("gx: archive {} to {}\n", some[0].id, some[some.len() - 1].id);
            let commit = NewCommit { tree, parents: &parents, message: &message, at: DATE };
            commits.push(self.repo.write_octopus(&commit)?);
            self.tell(Work::Archive, commits.len() * (PARENTS - 1), new.len());
            tip = commits.last().copied();
        }
        let below = tip.ok_or_else(|| fault("there is nothing to archive"))?;
        let message = format!("gx: archive {}\n\nGx-Date: {at}\n", counted(new.len()));
        let commit = NewCommit { tree, parents: &[below], message: &message, at: DATE };
        commits.push(self.repo.write_commit(&commit)?);
        self.sync_archive(base, tree, &changes, &commits)?;
        Ok(commits[commits.len() - 1])
    }

    fn file(&self, text: &str) -> Result<Entry> {
        Ok(Entry { mode: 0o100_644, id: self.repo.write_blob(text.as_bytes())? })
    }

    fn sync_archive(
        &self,
        base: ObjectId,
        tree: ObjectId,
        changes: &[Change],
        commits: &[ObjectId],
    ) -> Result<()> {
        let mut written = self.repo.new_trees(tree, base)?;
        written.extend(changes.iter().filter_map(|(_, entry)| Some((*entry)?.id)));
        written.extend_from_slice(commits);
        self.repo.sync_objects(&written)
    }

    /// The experiments that have a ref of their own, by site and number.
    fn listed(&self) -> Result<Vec<Stored>> {
        let refs = self.repo.refs("refs/experiments/")?;
        let known = refs.into_iter().filter_map(|found| {
            Some(Stored { id: ExperimentId::of_reference(&found.name)?, snapshot: found.target })
        });
        let mut list: Vec<Stored> = known.collect();
        list.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(list)
    }

    /// The snapshots of runs that are not done with, or can be put back into the queue, on any machine.
    pub(super) fn open_snapshots(&self) -> HashSet<ObjectId> {
        let folders = ["pending", "stranded"].map(|name| self.repo.gx_dir().join(name));
        let read = |path| serde_json::from_slice::<Pending>(&fs::read(path).ok()?).ok();
        let all = folders.iter().flat_map(|folder| files(folder)).filter_map(read);
        all.map(|pending| pending.snapshot).collect()
    }
}

type Change = (RepoPath, Option<Entry>);

/// How an experiment stands to a choice.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Open,
    Other,
    At(Timestamp),
}

fn end_of(stored: &Stored, record: &Record, choice: &Choice, open: &HashSet<ObjectId>) -> End {
    if record.is_empty() || !record.status().is_final() || open.contains(&stored.snapshot) {
        return End::Open;
    }
    if choice.tag.as_deref().is_some_and(|tag| record.text("tag") != Some(tag)) {
        return End::Other;
    }
    // An imported row has no time: it is older than all that have.
    let moment = record.time("finished").or_else(|| record.time("started"));
    End::At(moment.unwrap_or(Timestamp::from_micros(0)))
}

fn counted(number: usize) -> String {
    format!("{number} experiment{}", if number == 1 { "" } else { "s" })
}

fn own_ref(stored: &Stored) -> Ref {
    Ref { name: stored.id.reference(), target: stored.snapshot }
}

fn written_by_others(name: &str) -> anyhow::Error {
    fault(format!("`{name}` is written by others without a pause")).hint("run `gx archive` again").into()
}
