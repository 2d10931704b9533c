//! What rankings and runs must know of the other experiments: by the index, else by reading all.

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
        if let Some(leaders) = self.ask(&|index| index.leaders(goal, tag)) {
            return Ok(leaders);
        }
        let mut leaders = Leaders::of(&self.summaries()?, goal);
        leaders.retain(|leader| tag.is_none_or(|tag| tag == leader.tag));
        Ok(leaders)
    }

    /// How many experiments of each tag and status there are, by tag.
    pub fn tallies(&self) -> Result<Vec<Tally>> {
        if let Some(tallies) = self.ask(&|index| index.tallies()) {
            return Ok(tallies);
        }
        let summaries = self.summaries()?;
        Ok(summaries
            .into_iter()
            .map(|(_, Summary { tag, status, finished, .. })| Tally {
                tag,
                status,
                experiments: 1,
                last_finished: finished,
            })
            .collect())
    }

    /// How many experiments each of some tags has, and the value of its first kept result.
    pub fn histories(&self, tags: &[&str]) -> Result<Vec<(usize, Option<f64>)>> {
        let ask = |index: &Reading<'_>, tag: &str| Ok((index.count_of(tag)?, index.first_value(tag)?));
        if let Some(histories) = self.ask(&|index| tags.iter().map(|tag| ask(index, tag)).collect()) {
            return Ok(histories);
        }
        let all = self.summaries()?;
        Ok(tags.iter().map(|tag| history(&all, tag)).collect())
    }

    /// The valid results that were not kept, of one tag or of all, in the order of their ids.
    pub fn beaten(&self, tag: Option<&str>) -> Result<Vec<Tried>> {
        if let Some(beaten) = self.ask(&|index| index.beaten(tag)) {
            return Ok(beaten);
        }
        let mut beaten = Vec::new();
        let all = self.with_notes(self.list()?)?;
        self.each_note(&all, &|found, note| (found.clone(), Summary::fold(note)), &mut |(
            found,
            summary,
        )| {
            let is_beaten = matches!(summary.status, Status::NearMiss | Status::Discard);
            if let (true, Some(value)) =
                (is_beaten && tag.is_none_or(|tag| tag == summary.tag), summary.value)
            {
                beaten.push(Tried { found, tag: summary.tag, value });
            }
            Ok(())
        })?;
        Ok(beaten)
    }

    /// How many experiments of this clone crashed in a row before `id`, the last ones of a tag that have ended.
    pub fn crashes_before(&self, tag: &str, id: &ExperimentId) -> Result<usize> {
        if let Some(crashes) = self.ask(&|index| index.crashes_before(tag, id)) {
            return Ok(crashes);
        }
        let mut ended = self.summaries()?;
        ended.retain(|(stored, summary)| {
            let is_own = stored.id.site().is_none() && stored.id != *id;
            is_own && summary.tag == tag && summary.status.is_final()
        });
        ended.sort_by(|a, b| (&b.1.finished, &b.0.id).cmp(&(&a.1.finished, &a.0.id)));
        Ok(ended.iter().take_while(|(_, summary)| summary.status == Status::Crash).count())
    }

    /// The experiments that have not ended.
    pub fn unfinished(&self) -> Result<Vec<Stored>> {
        if let Some(unfinished) = self.ask(&|index| index.unfinished()) {
            return Ok(unfinished);
        }
        let all = self.summaries()?.into_iter().filter(|(_, summary)| !summary.status.is_final());
        Ok(all.map(|(stored, _)| stored).collect())
    }

    /// The experiment that was kept as this commit; of several the first.
    pub fn kept_as(&self, commit: &str) -> Result<Option<Stored>> {
        if let Some(kept) = self.ask(&|index| index.kept_as(commit)) {
            return Ok(kept);
        }
        let mut all = self.summaries()?.into_iter();
        Ok(all.find(|(_, summary)| summary.kept_commit.as_deref() == Some(commit)).map(|(stored, _)| stored))
    }

    /// The first of the commits that results of a tag were kept as, the newest first, that is the one wanted.
    pub fn newest_kept(
        &self,
        tag: &str,
        is_wanted: &mut dyn FnMut(&str) -> Result<bool>,
    ) -> Result<Option<String>> {
        let mut from = 0;
        while let Some(commits) = self.ask::<Vec<String>>(&|index| index.kept_commits(tag, from, SOME)) {
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
        for (_, summary) in self.summaries()?.into_iter().rev() {
            if let Some(commit) =
                summary.kept_commit.filter(|_| summary.tag == tag && summary.status == Status::Keep)
                && is_wanted(&commit)?
            {
                return Ok(Some(commit));
            }
        }
        Ok(None)
    }

    /// The first result of a tag whose record has hashes of protected paths, those that were tainted aside.
    pub fn first_sealed(&self, tag: &str) -> Result<Option<Stored>> {
        if let Some(sealed) = self.ask(&|index| index.sealed(tag)) {
            return Ok(sealed);
        }
        for (stored, summary) in self.summaries()? {
            if summary.tag == tag && summary.value.is_some() && summary.status != Status::Tainted {
                let record = self.record(stored.snapshot)?;
                let sealed = record.fields().get("protected").and_then(|sealed| sealed.as_object());
                if sealed.is_some_and(|sealed| !sealed.is_empty()) {
                    return Ok(Some(stored));
                }
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

fn history(all: &[(Stored, Summary)], tag: &str) -> (usize, Option<f64>) {
    let of_tag = || all.iter().map(|(_, summary)| summary).filter(|summary| summary.tag == tag);
    let first = of_tag().find(|summary| summary.status == Status::Keep && summary.value.is_some());
    (of_tag().count(), first.and_then(|summary| summary.value))
}
