//! `gx tags`: the run tags and how they went.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use crate::model::id::ExperimentId;
use crate::model::status::Status;
use crate::model::verdict::Goal;
use crate::research::ranking;
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
        let all = store.summaries()?;
        let bests = ranking::bests(&all, goal);
        let mut tags: BTreeMap<&str, Tag> = BTreeMap::new();
        for (_, summary) in &all {
            let tag = tags.entry(&summary.tag).or_insert_with(|| {
                let best = bests.get(summary.tag.as_str());
                Tag {
                    tag: summary.tag.clone(),
                    experiments: 0,
                    by_status: BTreeMap::new(),
                    best_value: best.map(|best| best.value),
                    best: best.map(|best| best.id.clone()),
                    last_finished: None,
                }
            });
            tag.experiments += 1;
            *tag.by_status.entry(summary.status.word()).or_default() += 1;
            tag.last_finished = tag.last_finished.take().max(summary.finished.clone());
        }
        Ok(Self { tags: tags.into_values().collect() })
    }
}
