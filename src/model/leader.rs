//! The kept results that can be the best of a tag: of each kind of hardware the best one.

use std::collections::BTreeMap;

use crate::model::id::{ExperimentId, Named};
use crate::model::status::Status;
use crate::model::summary::Summary;
use crate::model::verdict::{Goal, better};

/// The best of the kept results of a tag that this clone made, or of those that others made on some hardware.
#[derive(Clone, Debug, PartialEq)]
pub struct Leader {
    /// Whose it is.
    pub id: ExperimentId,
    /// The tag.
    pub tag: String,
    /// The value of the metric; of equal ones it is the first experiment's.
    pub value: f64,
    /// What it ran on.
    pub hardware: Option<String>,
    /// How many results it is the best of.
    pub results: usize,
}

/// Finds the leaders among results, told one after the other in the order of their ids.
#[derive(Debug)]
pub struct Leaders {
    goal: Goal,
    /// By tag; nothing for what this clone made, whatever it ran on.
    found: BTreeMap<(String, Option<Option<String>>), Leader>,
}

impl Leaders {
    /// None yet.
    pub fn new(goal: Goal) -> Self {
        Self { goal, found: BTreeMap::new() }
    }

    /// Looks at one more kept result.
    pub fn add(&mut self, new: Leader) {
        let key = (new.tag.clone(), new.id.site().map(|_| new.hardware.clone()));
        let Some(known) = self.found.get_mut(&key) else { return drop(self.found.insert(key, new)) };
        let results = known.results + new.results;
        if better(self.goal, new.value, known.value) {
            *known = new;
        }
        known.results = results;
    }

    /// Looks at experiments of any status, in the order of their ids.
    pub fn of<N: Named>(all: &[(N, Summary)], goal: Goal) -> Vec<Leader> {
        let mut leaders = Self::new(goal);
        for (named, summary) in all.iter().filter(|(_, summary)| summary.status == Status::Keep) {
            if let Some(value) = summary.value {
                let (id, tag) = (named.id().clone(), summary.tag.clone());
                leaders.add(Leader { id, tag, value, hardware: summary.hardware.clone(), results: 1 });
            }
        }
        leaders.into_all()
    }

    /// All of them, by tag; what this clone made first.
    pub fn into_all(self) -> Vec<Leader> {
        self.found.into_values().collect()
    }
}
