//! `gx tags`: the run tags and how they went.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use crate::model::id::ExperimentId;
use crate::model::status::Status;
use crate::model::verdict::Goal;
use crate::research::ranking::{self, Among};
use crate::store::experiments::Store;

/// The answer of `gx tags`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tags {
    /// By name.
    pub tags: Vec<Tag>,
}

/// One run tag.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tag {
    /// Its name.
    pub tag: String,
    /// How many experiments it has.
    pub experiments: usize,
    /// How many of each status, without the zeroes.
    pub by_status: BTreeMap<&'static str, usize>,
    /// Its best experiment.
    pub best: Option<ExperimentId>,
    /// That one's value.
    pub best_value: Option<f64>,
    /// When its last experiment ended, RFC 3339.
    pub last_finished: Option<String>,
}

impl Tag {
    /// How many experiments ended so.
    pub fn count(&self, status: Status) -> usize {
        self.by_status.get(status.word()).copied().unwrap_or_default()
    }
}

impl Tags {
    /// Asks the store.
    pub fn of(store: &Store<'_>, goal: Goal) -> Result<Self> {
        let (tallies, leaders) = (store.tallies()?, store.leaders(goal, None)?);
        let bests = ranking::bests(&leaders, goal, Among::Comparable);
        let mut tags: BTreeMap<&str, Tag> = BTreeMap::new();
        for tally in &tallies {
            let tag = tags.entry(&tally.tag).or_insert_with(|| {
                let best = bests.get(tally.tag.as_str()).map(|champion| &champion.best);
                Tag {
                    tag: tally.tag.clone(),
                    experiments: 0,
                    by_status: BTreeMap::new(),
                    best_value: best.map(|best| best.value),
                    best: best.map(|best| best.id.clone()),
                    last_finished: None,
                }
            });
            tag.experiments += tally.experiments;
            *tag.by_status.entry(tally.status.word()).or_default() += tally.experiments;
            tag.last_finished = tag.last_finished.take().max(tally.last_finished.clone());
        }
        Ok(Self { tags: tags.into_values().collect() })
    }
}
