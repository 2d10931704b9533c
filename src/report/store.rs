//! What the store holds, and how it is.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::config::store::{Store as Rules, Upkeep as Wish};
use crate::git::census::Objects;
use crate::store::census::Census;
use crate::store::upkeep::Upkeep;

/// From this many refs on a remote makes everybody's `git push` slow: each push is told all of them.
const MANY_REFS: usize = 5000;

/// The answer of `gx store`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Store {
    /// Experiments.
    pub experiments: Experiments,
    /// Refs of gx.
    pub refs: Refs,
    /// The records.
    pub notes: Amount,
    /// The logs.
    pub logs: Logs,
    /// Kept results.
    pub artifacts: Budgeted,
    /// Objects of the repository.
    pub objects: Objects,
    /// The journal: `waiting` may not be in the notes yet, `applied` is.
    pub journal: Journal,
    /// Runs that are not done with.
    pub pending: usize,
    /// Interrupted runs that can be put back into the queue.
    pub stranded: usize,
    /// Checkouts that a run has.
    pub checkouts: usize,
    /// Checkouts that wait for a run.
    pub warm: usize,
    /// The bytes of the index.
    pub index_bytes: u64,
    /// What the last upkeep did.
    pub last_upkeep: Option<Upkeep>,
    /// What should be done, each with its command; empty where all is well.
    pub health: Vec<String>,
}

/// How many experiments.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Experiments {
    /// All of them, the trash aside.
    pub total: usize,
    /// Those of this clone.
    pub own: usize,
    /// Those of other clones.
    pub by_site: BTreeMap<String, usize>,
    /// How many of all are archived.
    pub archived: usize,
    /// What was thrown away.
    pub trash: usize,
}

/// How many refs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Refs {
    /// Files of their own.
    pub loose: usize,
    /// The others.
    pub packed: usize,
}

/// How many, and their bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Amount {
    /// How many.
    pub count: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// How many, and their bytes against a budget.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Budgeted {
    /// How many.
    pub count: usize,
    /// Their bytes.
    pub bytes: u64,
    /// The bytes that they may have; nothing where there is no limit.
    pub budget: Option<u64>,
}

/// The logs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Logs {
    /// In notes, head and tail.
    pub notes: Amount,
    /// In files of this clone, whole.
    pub files: Budgeted,
}

/// Batches of the journal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Journal {
    /// Not in the notes yet.
    pub waiting: Amount,
    /// In the notes.
    pub applied: Amount,
}

impl Store {
    /// Puts a count into an answer.
    pub fn of(census: Census, last_upkeep: Option<Upkeep>, rules: &Rules) -> Self {
        let amount = |of: crate::store::census::Amount| Amount { count: of.count, bytes: of.bytes };
        let limit = |bytes: u64| (bytes > 0).then_some(bytes);
        let budgeted = |of: crate::store::census::Amount, most: u64| Budgeted {
            count: of.count,
            bytes: of.bytes,
            budget: limit(most),
        };
        let mut store = Self {
            experiments: Experiments {
                total: census.own + census.by_site.values().sum::<usize>(),
                own: census.own,
                by_site: census.by_site,
                archived: census.archived,
                trash: census.trash,
            },
            refs: Refs { loose: census.refs.1, packed: census.refs.0 - census.refs.1 },
            notes: amount(census.records),
            logs: Logs { notes: amount(census.log_notes), files: budgeted(census.log_files, rules.max_logs) },
            artifacts: budgeted(census.artifacts, rules.max_artifacts),
            objects: census.objects,
            journal: Journal { waiting: amount(census.waiting), applied: amount(census.applied) },
            pending: census.pending,
            stranded: census.stranded,
            checkouts: census.checkouts.0,
            warm: census.checkouts.1,
            index_bytes: census.index.bytes,
            last_upkeep,
            health: Vec::new(),
        };
        store.health = store.advice(rules);
        store
    }

    fn advice(&self, rules: &Rules) -> Vec<String> {
        let is_over = |part: &Budgeted| part.budget.is_some_and(|budget| part.bytes > budget);
        let failed = self.last_upkeep.as_ref().and_then(|last| last.trouble.as_deref());
        let objects = usize::try_from(self.objects.loose).unwrap_or(usize::MAX);
        let is_heavy = self.refs.loose > 2 * rules.upkeep_refs || objects > 2 * rules.upkeep_objects;
        let off = if rules.upkeep == Wish::Off { " (`store.upkeep` is \"off\")" } else { "" };
        let advice = [
            is_over(&self.logs.files)
                .then(|| "whole logs take more than `store.max_logs`: gx gc --dry-run".to_owned()),
            is_over(&self.artifacts)
                .then(|| "kept results take more than `store.max_artifacts`: gx gc --dry-run".to_owned()),
            is_heavy.then(|| format!("many refs or objects are loose{off}: gx gc")),
            failed.map(|trouble| format!("the last upkeep failed, {trouble}: gx gc")),
            (self.refs.loose + self.refs.packed > MANY_REFS).then(|| {
                format!("more than {MANY_REFS} refs make `git push` slow for everybody: gx archive")
            }),
            (self.journal.waiting.count > 0).then(|| {
                "lines wait for the notes: any gx command adds them, `gx doctor` says why not".to_owned()
            }),
            (self.stranded > 0).then(|| "interrupted runs can be put back: gx recover --requeue".to_owned()),
        ];
        advice.into_iter().flatten().collect()
    }
}
