//! `gx near`: results that came close to the best as it stands now.

use anyhow::Result;
use serde::Serialize;

use crate::model::verdict::{Goal, Policy, Verdict, gain, judge};
use crate::report::row::Row;
use crate::research::ranking::{self, Among};
use crate::store::experiments::Store;
use crate::store::ranks::Tried;

/// The answer of `gx near`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NearMisses {
    /// How close is near, in the metric's unit.
    pub near_miss: f64,
    /// The closest first.
    pub experiments: Vec<NearMiss>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NearMiss {
    /// The experiment.
    #[serde(flatten)]
    pub experiment: Row,
    /// How much worse than the best of its tag it is; negative for a gain that was too small to keep.
    pub behind: f64,
}

impl NearMisses {
    /// Asks the store. Each result is judged anew, since the best has moved on since its own verdict.
    pub fn of(store: &Store<'_>, tag: Option<&str>, policy: &Policy) -> Result<Self> {
        let leaders = store.leaders(policy.goal, tag)?;
        let bests = ranking::bests(&leaders, policy.goal, Among::Comparable);
        let mut near = Vec::new();
        for Tried { found, tag, value } in store.beaten(tag)? {
            let Some(best) = bests.get(tag.as_str()).map(|champion| champion.best.value) else { continue };
            if judge(policy, value, Some(best)) == Verdict::Discard {
                continue;
            }
            let record = store.record(found.stored.snapshot)?;
            let experiment = Row::of(&found.stored, &record, false);
            near.push(NearMiss { experiment, behind: behind(policy.goal, value, best) });
        }
        near.sort_by(|a, b| a.behind.total_cmp(&b.behind));
        Ok(Self { near_miss: policy.near_miss, experiments: near })
    }
}

fn behind(goal: Goal, value: f64, best: f64) -> f64 {
    // Adding zero turns −0 into 0.
    -gain(goal, value, best) + 0.0
}
