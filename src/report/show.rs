//! `gx show`: everything about one experiment.

use anyhow::Result;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::id::ExperimentId;
use crate::model::record::Remark;
use crate::model::verdict::Goal;
use crate::report::row::Row;
use crate::research::ranking::{self, Among};
use crate::store::experiments::{Store, Stored};

/// The answer of `gx show`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Show {
    /// The experiment, as in a list.
    #[serde(flatten)]
    pub experiment: Row,
    /// The kept experiment that it started from.
    pub parent: Option<ExperimentId>,
    /// What was said about it with `gx note`.
    pub remarks: Vec<Remark>,
    /// Its whole record.
    pub record: Map<String, Value>,
}

impl Show {
    /// Asks the store.
    pub fn of(store: &Store<'_>, stored: &Stored, goal: Goal) -> Result<Self> {
        let record = store.newest_record(stored.snapshot)?;
        let tag = record.text("tag").unwrap_or_default();
        let leaders = store.leaders(goal, Some(tag))?;
        let best = ranking::bests(&leaders, goal, Among::Comparable).remove(tag);
        let is_best = best.is_some_and(|champion| champion.best.id == stored.id);
        let parent = match record.text("base") {
            Some(base) => store.kept_as(base)?,
            None => None,
        };
        Ok(Self {
            experiment: Row::of(stored, &record, is_best).with_now(store, &record),
            parent: parent.map(|stored| stored.id),
            remarks: record.remarks().to_vec(),
            record: record.fields().clone(),
        })
    }
}
