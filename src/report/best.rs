//! `gx best`: the best result of each run tag.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use crate::model::id::ExperimentId;
use crate::model::leader::Leader;
use crate::model::record::Record;
use crate::model::verdict::{Goal, gain};
use crate::report::row::Row;
use crate::research::ranking::{self, Among};
use crate::store::experiments::{Found, Store};

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
    /// Better results of other clones on other hardware: of each kind the best one.
    pub left_out: Vec<LeftOut>,
}

/// A better result of another clone that does not count.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LeftOut {
    /// Whose it is.
    pub id: ExperimentId,
    /// Its value.
    pub value: f64,
    /// What it ran on; null without cards.
    pub hardware: Option<String>,
}

impl Bests {
    /// Asks the store, for one tag or for all.
    pub fn of(store: &Store<'_>, tag: Option<&str>, goal: Goal, among: Among) -> Result<Self> {
        let leaders = store.leaders(goal, tag)?;
        let mut tags = Vec::new();
        let bests = ranking::bests(&leaders, goal, among);
        let histories = store.histories(&bests.keys().copied().collect::<Vec<_>>())?;
        let ids: Vec<&ExperimentId> = bests.values().map(|champion| &champion.best.id).collect();
        let mut rows = BTreeMap::new();
        let row = |found: &Found, note: &[u8]| Row::of(&found.stored, &Record::fold(note), true);
        store.each_note(&store.find_all(&ids)?, &row, &mut |row| {
            rows.insert(row.id.clone(), row);
            Ok(())
        })?;
        for (champion, (experiments, first_value)) in bests.into_values().zip(histories) {
            let best = champion.best;
            let Some(experiment) = rows.remove(&best.id) else { continue };
            let left_out = champion.left_out.into_iter();
            tags.push(BestOfTag {
                experiment,
                experiments,
                first_value,
                gain_since_first: first_value.map(|first| gain(goal, best.value, first)),
                left_out: left_out
                    .map(|Leader { id, value, hardware, .. }| LeftOut { id, value, hardware })
                    .collect(),
            });
        }
        Ok(Self { tag: tag.map(str::to_owned), tags })
    }
}
