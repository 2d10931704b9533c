//! `gx best`: the best result of each run tag.

use anyhow::Result;
use serde::Serialize;

use crate::model::verdict::{Goal, gain};
use crate::report::row::Row;
use crate::research::ranking;
use crate::store::experiments::Store;

/// The answer of `gx best`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bests {
    /// The tag that was asked for, where one was.
    pub tag: Option<String>,
    /// A line for each tag that has a best.
    pub tags: Vec<BestOfTag>,
}

/// The best of one tag.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BestOfTag {
    /// The experiment.
    #[serde(flatten)]
    pub experiment: Row,
    /// How many experiments the tag has.
    pub experiments: usize,
    /// The value of the tag's first kept result.
    pub first_value: Option<f64>,
    /// By how much the best is better than that, always positive for better.
    pub gain_since_first: Option<f64>,
}

impl Bests {
    /// Asks the store, for one tag or for all.
    pub fn of(store: &Store<'_>, tag: Option<&str>, goal: Goal) -> Result<Self> {
        let all = store.summaries()?;
        let mut tags = Vec::new();
        for (name, best) in ranking::bests(&all, goal) {
            if tag.is_some_and(|tag| tag != name) {
                continue;
            }
            let own = || all.iter().filter(|(_, summary)| summary.tag == name);
            let first_value = own()
                .find(|(_, summary)| {
                    summary.status == crate::model::status::Status::Keep && summary.value.is_some()
                })
                .and_then(|(_, summary)| summary.value);
            let Some((stored, _)) = own().find(|(stored, _)| stored.id == best.id) else { continue };
            tags.push(BestOfTag {
                experiment: Row::of(stored, &store.record(stored.snapshot)?, true),
                experiments: own().count(),
                first_value,
                gain_since_first: first_value.map(|first| gain(goal, best.value, first)),
            });
        }
        Ok(Self { tag: tag.map(str::to_owned), tags })
    }
}
