//! `gx ls`: experiments, filtered and sorted.

use anyhow::Result;
use serde::Serialize;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::error::misuse;
use crate::model::query::Expr;
use crate::model::record::Record;
use crate::model::status::Status;
use crate::model::summary::Summary;
use crate::model::verdict::Goal;
use crate::report::now::Now;
use crate::report::row::Row;
use crate::research::ranking;
use crate::store::experiments::{Store, Stored};

/// Which experiments, in which order.
#[derive(Debug, Default)]
pub struct Choice {
    /// Only those of this run tag.
    pub tag: Option<String>,
    /// Only those with one of these states; empty is all.
    pub status: Vec<Status>,
    /// Only those of this category.
    pub category: Option<String>,
    /// Only those that match.
    pub condition: Option<Expr>,
    /// A field or metric to sort by, and whether downwards; without it, by number.
    pub sort: Option<(String, Direction)>,
    /// At most so many: the last ones, or after a sort the first ones.
    pub limit: Option<usize>,
}

/// Which way a list is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Up,
    /// Largest first.
    Down,
}

/// The answer of `gx ls`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct List {
    /// The experiments.
    pub experiments: Vec<Row>,
    /// How many there are that match.
    pub matching: usize,
    /// How many there are at all.
    pub total: usize,
}

impl List {
    /// Asks the store.
    ///
    /// # Errors
    /// A sort key that no experiment has.
    pub fn of(store: &Store<'_>, choice: &Choice, goal: Goal) -> Result<Self> {
        let all = store.summaries()?;
        let total = all.len();
        let bests = ranking::bests(&all, goal);
        let is_best = |stored: &Stored, tag: &str| bests.get(tag).is_some_and(|best| best.id == stored.id);
        let mut chosen: Vec<&(Stored, Summary)> =
            all.iter().filter(|(_, summary)| choice.admits(summary)).collect();
        let mut matching = chosen.len();
        let limit = choice.limit.unwrap_or(usize::MAX);
        if choice.condition.is_none() && choice.sort.is_none() {
            chosen.drain(..matching.saturating_sub(limit));
        }
        let now = Timestamp::now().micros();
        let chosen: Vec<Stored> = chosen.into_iter().map(|(stored, _)| stored.clone()).collect();
        let rows = store.map_records(&chosen, &|stored, record| {
            let row = Row::of(stored, record, is_best(stored, record.text("tag").unwrap_or_default()));
            let look = |name: &str| lookup(&row, record, name);
            let is_wanted = choice.condition.as_ref().is_none_or(|expr| expr.matches(&look, now));
            let key = choice.sort.as_ref().and_then(|(key, _)| look(key)).filter(|value| !value.is_null());
            is_wanted.then_some((row, key))
        })?;
        let mut rows: Vec<(Row, Option<Value>)> = rows.into_iter().flatten().collect();
        if choice.condition.is_some() {
            matching = rows.len();
        }
        match &choice.sort {
            Some((key, direction)) => {
                sort(&mut rows, key, *direction)?;
                rows.truncate(limit);
            }
            None => drop(rows.drain(..rows.len().saturating_sub(limit))),
        }
        let mut experiments: Vec<Row> = rows.into_iter().map(|(row, _)| row).collect();
        for row in experiments.iter_mut().filter(|row| !row.status.is_final()) {
            row.now = Now::of(store, &row.id, &store.record(row.snapshot)?);
        }
        Ok(Self { experiments, matching, total })
    }
}

impl List {
    /// The same without the clocks and last lines of what is open: two lists with the same standing tell the same.
    pub fn standing(&self) -> Self {
        let mut standing = self.clone();
        for now in standing.experiments.iter_mut().filter_map(|row| row.now.as_mut()) {
            now.age = None;
            now.line = None;
        }
        standing
    }
}

impl Choice {
    fn admits(&self, summary: &Summary) -> bool {
        self.tag.as_ref().is_none_or(|tag| summary.tag == *tag)
            && (self.status.is_empty() || self.status.contains(&summary.status))
            && self.category.as_ref().is_none_or(|category| summary.category.as_ref() == Some(category))
    }
}

fn lookup(row: &Row, record: &Record, name: &str) -> Option<Value> {
    match name {
        "id" => Some(row.id.to_string().into()),
        "number" => Some(row.id.number().into()),
        "status" => Some(row.status.word().into()),
        "delta" => row.delta.map(Value::from),
        _ => record.lookup(name),
    }
}

fn sort(rows: &mut [(Row, Option<Value>)], key: &str, direction: Direction) -> Result<()> {
    if !rows.is_empty() && rows.iter().all(|(_, value)| value.is_none()) {
        return Err(misuse(format!("no experiment has a field or metric `{key}`"))
            .hint("sort by `value`, `seconds`, `started` or a metric's name; `gx show ID` lists the fields")
            .into());
    }
    rows.sort_by(|(_, a), (_, b)| match (a, b) {
        (Some(a), Some(b)) if direction == Direction::Down => compare(b, a),
        (Some(a), Some(b)) => compare(a, b),
        // What has no value stands last, whichever way is asked for.
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    Ok(())
}

fn compare(a: &Value, b: &Value) -> std::cmp::Ordering {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => std::cmp::Ordering::Less,
        (None, Some(_)) => std::cmp::Ordering::Greater,
        (None, None) => text(a).cmp(&text(b)),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
