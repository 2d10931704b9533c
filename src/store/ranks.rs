//! What rankings and runs must know of the other experiments: by the index, else by reading all.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::model::id::ExperimentId;
use crate::model::leader::{Leader, Leaders};
use crate::model::object::ObjectId;
use crate::model::status::Status;
use crate::model::summary::Summary;
use crate::model::verdict::Goal;
use crate::store::experiments::{Found, Store, Stored};
use crate::store::index::reading::Reading;

/// How many commits are asked for at once: mostly the newest is the one.
const SOME: usize = 32;

/// How many experiments of a tag have a status.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// The tag; empty for experiments without one.
    pub tag: String,
    /// What has become of them.
    pub status: Status,
    /// How many there are.
    pub experiments: usize,
    /// When the last of them ended, RFC 3339.
    pub last_finished: Option<String>,
}

/// A valid result that was not kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// Whose it is.
    pub found: Found,
    /// The tag.
    pub tag: String,
    /// The value of the metric.
    pub value: f64,
}

impl Store<'_> {
    /// The kept results that can be the best, of one tag or of all.
    pub fn leaders(&self, goal: Goal, tag: Option<&str>) -> Result<Vec<Leader>> {
        if let Some(leaders) =
            self.ask_of_results(&format!("leaders {goal:?} {tag:?}"), &|index| index.leaders(goal, tag))
        {
            return Ok(leaders);
        }
        let mut leaders = Leaders::new(goal);
        let make = |found: &Found, summary: Summary| {
            let is_wanted = summary.status == Status::Keep && tag.is_none_or(|tag| tag == summary.tag);
            let Summary { tag, value, hardware, .. } = summary;
            let value = value.filter(|_| is_wanted)?;
            Some(Leader { id: found.stored.id.clone(), tag, value, hardware, results: 1 })
        };
        self.each_summary(&make, &mut |leader| leaders.add(leader))?;
        Ok(leaders.into_all())
    }

    /// How many experiments of each tag and status there are, by tag.
    pub fn tallies(&self) -> Result<Vec<Tally>> {
        if let Some(tallies) = self.ask(&|index| index.tallies()) {
            return Ok(tallies);
        }
        let mut tallies: BTreeMap<(String, &str), Tally> = BTreeMap::new();
        self.each_summary(&|_, summary| Some(summary), &mut |Summary { tag, status, finished, .. }| {
            let none = || Tally { tag: tag.clone(), status, experiments: 0, last_finished: None };
            let tally = tallies.entry((tag.clone(), status.word())).or_insert_with(none);
            tally.experiments += 1;
            tally.last_finished = tally.last_finished.take().max(finished);
        })?;
        Ok(tallies.into_values().collect())
    }

    /// How many experiments each of some tags has, and the value of its first kept result.
    pub fn histories(&self, tags: &[&str]) -> Result<Vec<(usize, Option<f64>)>> {
        let ask = |index: &Reading<'_>, tag: &str| Ok((index.count_of(tag)?, index.first_value(tag)?));
        if let Some(histories) = self.ask(&|index| tags.iter().map(|tag| ask(index, tag)).collect()) {
            return Ok(histories);
        }
        let mut histories = vec![(0, None); tags.len()];
        let make = |_: &Found, summary: Summary| {
            let value = summary.value.filter(|_| summary.status == Status::Keep);
            tags.contains(&summary.tag.as_str()).then_some((summary.tag, value))
        };
        self.each_summary(&make, &mut |(tag, value)| {
            for (history, _) in histories.iter_mut().zip(tags).filter(|(_, wanted)| **wanted == tag) {
                history.0 += 1;
                history.1 = history.1.or(value);
            }
        })?;
        Ok(histories)
    }

    /// The valid results that were not kept, of one tag or of all, in the order of their ids.
    pub fn beaten(&self, tag: Option<&str>) -> Result<Vec<Tried>> {
        if let Some(beaten) = self.ask(&|index| index.beaten(tag)) {
            return Ok(beaten);
        }
        let mut beaten = Vec::new();
        let make = |found: &Found, summary: Summary| {
            let is_beaten = matches!(summary.status, Status::NearMiss | Status::Discard);
            let value = summary.value.filter(|_| is_beaten && tag.is_none_or(|tag| tag == summary.tag))?;
            Some(Tried { found: found.clone(), tag: summary.tag, value })
        };
        self.each_summary(&make, &mut |tried| beaten.push(tried))?;
        Ok(beaten)
    }

    /// How many experiments of this clone crashed in a row before `id`, the last ones of a tag that have ended.
    pub fn crashes_before(&self, tag: &str, id: &ExperimentId) -> Result<usize> {
        if let Some(crashes) = self.ask(&|index| index.crashes_before(tag, id)) {
            return Ok(crashes);
        }
        let mut ended = self.pick(&|stored, summary| {
            let is_own = stored.id.site().is_none() && stored.id != *id;
            let is_wanted = is_own && summary.tag == tag && summary.status.is_final();
            is_wanted.then(|| (summary.finished, stored.id.clone(), summary.status))
        })?;
        ended.sort_by(|a, b| (&b.0, &b.1).cmp(&(&a.0, &a.1)));
        Ok(ended.iter().take_while(|(_, _, status)| *status == Status::Crash).count())
    }

    /// The experiments that have not ended.
    pub fn unfinished(&self) -> Result<Vec<Stored>> {
        if let Some(unfinished) = self.ask(&|index| index.unfinished()) {
            return Ok(unfinished);
        }
        self.pick(&|stored, summary| (!summary.status.is_final()).then(|| stored.clone()))
    }

    /// The experiment that was kept as this commit; of several the first.
    pub fn kept_as(&self, commit: &str) -> Result<Option<Stored>> {
        if let Some(kept) = self.ask_of_results(&format!("kept as {commit}"), &|index| index.kept_as(commit))
        {
            return Ok(kept);
        }
        let is_it = |summary: &Summary| summary.kept_commit.as_deref() == Some(commit);
        let all = self.pick(&|stored, summary| is_it(&summary).then(|| stored.clone()))?;
        Ok(all.into_iter().next())
    }

    /// The first of the commits that results of a tag were kept as, the newest first, that is the one wanted.
    pub fn newest_kept(
        &self,
        tag: &str,
        is_wanted: &mut dyn FnMut(&str) -> Result<bool>,
    ) -> Result<Option<String>> {
        let mut from = 0;
        while let Some(commits) = self
            .ask_of_results::<Vec<String>>(&format!("kept from {from} {tag}"), &|index| {
                index.kept_commits(tag, from, SOME)
            })
        {
            let count = commits.len();
            for commit in commits {
                if is_wanted(&commit)? {
                    return Ok(Some(commit));
                }
            }
            if count < SOME {
                return Ok(None);
            }
            from += count;
        }
        let commits = self.pick(&|_, summary| {
            summary.kept_commit.filter(|_| summary.tag == tag && summary.status == Status::Keep)
        })?;
        for commit in commits.into_iter().rev() {
            if is_wanted(&commit)? {
                return Ok(Some(commit));
            }
        }
        Ok(None)
    }

    /// The first result of a tag whose record has hashes of protected paths, those that were tainted aside.
    pub fn first_sealed(&self, tag: &str) -> Result<Option<Stored>> {
        if let Some(sealed) = self.ask_of_results(&format!("sealed {tag}"), &|index| index.sealed(tag)) {
            return Ok(sealed);
        }
        let valid = self.pick(&|stored, summary| {
            let is_valid = summary.value.is_some() && summary.status != Status::Tainted;
            (is_valid && summary.tag == tag).then(|| stored.clone())
        })?;
        for stored in valid {
            let record = self.record(stored.snapshot)?;
            let sealed = record.fields().get("protected").and_then(|sealed| sealed.as_object());
            if sealed.is_some_and(|sealed| !sealed.is_empty()) {
                return Ok(Some(stored));
            }
        }
        Ok(None)
    }

    /// The experiment of a snapshot, one in the trash too.
    pub fn by_snapshot(&self, snapshot: ObjectId) -> Result<Option<Stored>> {
        if let Some(stored) = self.ask(&|index| index.by_snapshot(snapshot)) {
            return Ok(stored);
        }
        let all = self.list()?.into_iter().chain(self.trashed()?);
        Ok(all.into_iter().find(|stored| stored.snapshot == snapshot))
    }
}
