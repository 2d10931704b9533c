//! What a push would send.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::clock::Timestamp;
use crate::error::fault;
use crate::git::notes::Notes;
use crate::git::sending::{Lease, Sending};
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::store::experiments::{RECORDS, Stored};
use crate::store::logs::LOGS;
use crate::store::share::exchange::{Exchange, How};
use crate::store::share::join::written;
use crate::store::share::records::Gap;
use crate::store::share::site::{Claim, Here, here};
use crate::store::share::tracking::{Extras, Tracked};

/// What goes beside experiments and artifacts: records, logs and the claim.
const BESIDE: usize = 3;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// These experiments; empty is all that are finished.
    pub only: Vec<Stored>,
    /// What goes along.
    pub extras: Extras,
}

/// Two experiments of one name: nothing is ever put over either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The name, as it is here.
    pub id: ExperimentId,
    /// Its snapshot here.
    pub here: ObjectId,
    /// Its snapshot on the remote.
    pub there: ObjectId,
}

/// What a push would send.
#[derive(Debug)]
pub struct Plan {
    /// The name of this clone there.
    pub here: Here,
    /// The experiments that the remote lacks.
    pub new: Vec<Stored>,
    /// Those that have not ended, which stay until they have or are named.
    pub unfinished: Vec<ExperimentId>,
    /// Those whose name stands for another one there.
    pub conflicts: Vec<Conflict>,
    /// How many experiments the remote has already.
    pub there: usize,
    /// Artifacts that the remote lacks: its name there, and the commit.
    pub artifacts: Vec<(String, ObjectId)>,
    pub(super) records: Gap,
    pub(super) logs: Option<Gap>,
}

impl Plan {
    /// How many records would be added or added to.
    pub fn records(&self) -> usize {
        self.records.theirs.len()
    }

    /// How many logs would go along.
    pub fn logs(&self) -> usize {
        self.logs.as_ref().map_or(0, |gap| gap.theirs.len())
    }

    /// How many records a newer gx has written to on the remote, which are left as they are there.
    pub fn newer(&self) -> usize {
        self.records.newer.len()
    }

    /// Whether the local notes lack nothing that the remote has.
    pub(super) fn is_level(&self) -> bool {
        self.records.ours.is_empty() && self.logs.as_ref().is_none_or(|gap| gap.ours.is_empty())
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.new.is_empty() && self.records() == 0 && self.logs() == 0 && self.artifacts.is_empty()
    }
}

impl Exchange<'_> {
    /// Finds what a push would send, from what is known of the remote. `how` says whether lines that the local records
    /// lack are filled in on the way.
    ///
    /// # Errors
    /// This clone's name is another's on the remote, or something asked for is not this clone's to send.
    pub(super) fn plan(&self, wanted: &Wanted, how: How) -> Result<Plan> {
        let here = here(self.repo, &self.remote, &self.tracking)?;
        let tracked = self.tracked()?;
        let mut plan = Plan {
            here,
            new: Vec::new(),
            unfinished: Vec::new(),
            conflicts: Vec::new(),
            there: tracked.len(),
            artifacts: Vec::new(),
            records: Gap::default(),
            logs: None,
        };
        self.choose(wanted, &tracked, &mut plan)?;
        let new = plan.new.iter().map(|stored| &stored.snapshot);
        let published: BTreeSet<ObjectId> = tracked.values().chain(new).copied().collect();
        plan.records = self.record_gap(&published, how)?;
        if wanted.extras.logs {
            plan.logs = Some(self.log_gap(&published, how)?);
        }
        if wanted.extras.artifacts {
            self.choose_artifacts(&published, &mut plan)?;
        }
        Ok(plan)
    }

    /// Finds the experiments.
    fn choose(&self, wanted: &Wanted, tracked: &Tracked, plan: &mut Plan) -> Result<()> {
        let mine = match &wanted.only[..] {
            [] => self.own()?,
            only => only.to_vec(),
        };
        let mut new = Vec::new();
        for stored in mine {
            if let Some(site) = stored.id.site() {
                return Err(fault(format!("{} is not this clone's to push", stored.id))
                    .hint(format!("`{site}` pushes it; remarks of yours on it go with any `gx push`"))
                    .into());
            }
            match tracked.get(&ExperimentId::foreign(plan.here.site.clone(), stored.id.number())) {
                None => new.push(stored),
                Some(there) if *there == stored.snapshot => {}
                Some(there) => {
                    plan.conflicts.push(Conflict { id: stored.id, here: stored.snapshot, there: *there });
                }
            }
        }
        if wanted.only.is_empty() {
            let ends = self.says(&new, &|record| record.status().is_final())?;
            for (stored, is_over) in new.into_iter().zip(ends) {
                if is_over { plan.new.push(stored) } else { plan.unfinished.push(stored.id) }
            }
        } else {
            plan.new = new;
        }
        Ok(())
    }

    fn choose_artifacts(&self, published: &BTreeSet<ObjectId>, plan: &mut Plan) -> Result<()> {
        let tracked = self.tracking.list_artifacts(self.repo)?;
        for found in self.repo.refs("refs/artifacts/exp-")? {
            let id =
                found.name.strip_prefix("refs/artifacts/").and_then(|name| name.parse::<ExperimentId>().ok());
            let Some(id) = id else { continue };
            let there = ExperimentId::foreign(plan.here.site.clone(), id.number());
            // They hang on their snapshot, which must not go where it was not to go.
            let is_shared = || {
                Ok::<_, anyhow::Error>(
                    self.repo.parents(found.target)?.iter().all(|at| published.contains(at)),
                )
            };
            if !tracked.contains_key(&there) && is_shared()? {
                plan.artifacts.push((format!("refs/artifacts/{there}"), found.target));
            }
        }
        Ok(())
    }

    /// The refs that the plan sets. Of notes the commits are written for it, on top of the remote's own, so that
    /// history is linear there and never rewound.
    pub(super) fn sending(&self, plan: &Plan) -> Result<Vec<Sending>> {
        let site = &plan.here.site;
        let mut sending = Vec::with_capacity(plan.new.len() + plan.artifacts.len() + BESIDE);
        sending.extend(plan.new.iter().map(|stored| Sending {
            name: ExperimentId::foreign(site.clone(), stored.id.number()).reference(),
            new: stored.snapshot,
            lease: Lease::Absent,
        }));
        for (name, new) in &plan.artifacts {
            sending.push(Sending { name: name.clone(), new: *new, lease: Lease::Absent });
        }
        let message = format!("gx: records of {site}");
        for (name, gap) in [(RECORDS, Some(&plan.records)), (LOGS, plan.logs.as_ref())] {
            let Some(gap) = gap.filter(|gap| !gap.theirs.is_empty()) else { continue };
            let tracked = self.tracking.notes(name);
            let blobs = written(self.repo, &gap.theirs);
            let new = Notes::open(self.repo, &tracked)?.commit(blobs, &message, Timestamp::now())?;
            let lease = if gap.their_tip.is_none() { Lease::Absent } else { Lease::Ancestor };
            sending.push(Sending { name: name.to_owned(), new, lease });
        }
        if let Claim::Own(claim) = plan.here.claim {
            // Nothing goes where another clone has taken the name since this one looked.
            let name = format!("refs/gx/sites/{site}");
            sending.push(Sending { name, new: claim, lease: Lease::Ancestor });
        }
        Ok(sending)
    }
}
