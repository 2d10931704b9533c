//! Choosing experiments: by tag, status, category and condition, in some order, so many.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::error::misuse;
use crate::model::query::Expr;
use crate::model::record::Record;
use crate::model::status::Status;
use crate::model::summary::Summary;
use crate::store::experiments::{Found, Store, Stored};

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

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The experiments, in order.
    pub found: Vec<Found>,
    /// How many there are that match.
    pub matching: usize,
    /// How many there are at all.
    pub total: usize,
}

impl Store<'_> {
    /// Chooses experiments.
    ///
    /// # Errors
    /// A sort key that none of them has.
    pub fn choose(&self, choice: &Choice) -> Result<Chosen> {
        let now = Timestamp::now().micros();
        match self.ask(&|index| index.choose(choice, now)) {
            Some(chosen) => chosen,
            None => self.choose_by_reading(choice, now),
        }
    }

    /// The names of all fields, metrics and parameters (`params.lr`) that any experiment has.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub fn names(&self) -> Result<BTreeSet<String>> {
        if let Some(names) = self.ask(&|index| index.known()) {
            return Ok(names);
        }
        let mut names = BTreeSet::new();
        let of = |_: &Stored, record: &Record| {
            let group =
                |key: &str| record.fields().get(key).and_then(Value::as_object).cloned().unwrap_or_default();
            let params = group("params").into_iter().map(|(name, _)| format!("params.{name}"));
            let fields = record.fields().keys().cloned();
            fields.chain(group("metrics").into_iter().map(|(name, _)| name)).chain(params).collect::<Vec<_>>()
        };
        self.each_record(&of, &mut |some| {
            names.extend(some);
            Ok(())
        })?;
        Ok(names)
    }

    fn choose_by_reading(&self, choice: &Choice, now: i64) -> Result<Chosen> {
        let list = self.list()?;
        let total = list.len();
        let all = self.with_notes(list)?;
        let key = choice.sort.as_ref().map(|(key, _)| key.as_str());
        let mut best = Best { choice, found: Vec::new(), matching: 0, has_key: false };
        self.each_note(&all, &|found, note| choice.look(found, note, key, now), &mut |looked| {
            looked.into_iter().for_each(|one| best.add(one));
            Ok(())
        })?;
        drop(all);
        let Best { matching, has_key, .. } = best;
        if let Some(key) = key.filter(|_| matching > 0 && !has_key) {
            return Err(no_such_key(key));
        }
        best.cut();
        // In a list of its own: made in place, it would keep the room of all.
        let mut found = Vec::with_capacity(best.found.len());
        found.extend(best.found.into_iter().map(|(found, _)| found));
        Ok(Chosen { found, matching, total })
    }
}

/// The first so many of what is chosen, found without keeping all.
struct Best<'c> {
    choice: &'c Choice,
    found: Vec<(Found, Option<Value>)>,
    matching: usize,
    /// Whether any has a value to be sorted by.
    has_key: bool,
}

impl Best<'_> {
    fn add(&mut self, one: (Found, Option<Value>)) {
        self.matching += 1;
        self.has_key |= one.1.is_some();
        self.found.push(one);
        // Rarely enough that it costs little more than sorting once.
        if self.choice.limit.is_some_and(|limit| self.found.len() >= limit.saturating_mul(2).max(1000)) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        let limit = self.choice.limit.unwrap_or(usize::MAX);
        match &self.choice.sort {
            Some((_, direction)) => {
                // What came first stays first of equals, as in one sort of all.
                sort(&mut self.found, *direction);
                self.found.truncate(limit);
            }
            None => drop(self.found.drain(..self.found.len().saturating_sub(limit))),
        }
    }
}

impl Choice {
    fn admits(&self, summary: &Summary) -> bool {
        self.tag.as_ref().is_none_or(|tag| summary.tag == *tag)
            && (self.status.is_empty() || self.status.contains(&summary.status))
            && self.category.as_ref().is_none_or(|category| summary.category.as_ref() == Some(category))
    }

    /// Whether one is chosen, and what it is sorted by.
    fn look(
        &self,
        found: &Found,
        note: &[u8],
        key: Option<&str>,
        now: i64,
    ) -> Option<(Found, Option<Value>)> {
        if self.condition.is_none() && key.is_none() {
            return self.admits(&Summary::fold(note)).then(|| (found.clone(), None));
        }
        let record = Record::fold(note);
        let look = |name: &str| lookup(&found.stored, &record, name);
        let is_wanted = self.admits(&Summary::of(&record))
            && self.condition.as_ref().is_none_or(|expr| expr.matches(&look, now));
        is_wanted.then(|| (found.clone(), key.and_then(look).filter(|value| !value.is_null())))
    }
}

/// What a name means in conditions, sort keys and columns.
pub fn lookup(stored: &Stored, record: &Record, name: &str) -> Option<Value> {
    match name {
        "id" => Some(stored.id.to_string().into()),
        "number" => Some(stored.id.number().into()),
        "status" => Some(record.status().word().into()),
        "delta" => record.delta().map(Value::from),
        _ => record.lookup(name),
    }
}

/// What is said about a sort key that nothing has.
pub(super) fn no_such_key(key: &str) -> anyhow::Error {
    misuse(format!("no experiment has a field or metric `{key}`"))
        .hint("sort by `value`, `seconds`, `started` or a metric's name; `gx show ID` lists the fields")
        .into()
}

fn sort(found: &mut [(Found, Option<Value>)], direction: Direction) {
    found.sort_by(|(_, a), (_, b)| match (a, b) {
        (Some(a), Some(b)) if direction == Direction::Down => compare(b, a),
        (Some(a), Some(b)) => compare(a, b),
        // What has no value stands last, whichever way is asked for.
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
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
