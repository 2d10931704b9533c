//! `gx pull`: what the remote has and this clone lacks.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use crate::error::fault;
use crate::git::refs::{Ref, Swap};
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::record::Record;
use crate::model::site::Site;
use crate::process::fail;
use crate::store::experiments::Stored;
use crate::store::share::exchange::{Exchange, How};
use crate::store::share::plan::Conflict;
use crate::store::share::site::configured;
use crate::store::share::tracking::{Extras, Tracked};

/// How often refs are tried to be created while other processes are faster.
const TRIES: usize = 10;

/// What a pull has done, or would do.
#[derive(Debug, Default)]
pub struct Pulled {
    /// The experiments that are here now and were not before.
    pub new: Vec<Stored>,
    /// Those that their owner removed, and that are in the trash here now.
    pub removed: Vec<ExperimentId>,
    /// Those that their owner brought back.
    pub returned: Vec<ExperimentId>,
    /// How many records have become longer here.
    pub records: usize,
    /// How many logs came.
    pub logs: usize,
    /// How many artifacts came.
    pub artifacts: usize,
    /// Those whose name stands for another one here.
    pub conflicts: Vec<Conflict>,
    /// Those of this clone's own name that are not here.
    pub missing: usize,
    /// The name of this clone, where it has one.
    pub site: Option<Site>,
    /// How many experiments the remote has.
    pub there: usize,
}

/// What stands here, by name.
struct Local {
    refs: BTreeMap<ExperimentId, ObjectId>,
    trash: BTreeMap<ExperimentId, ObjectId>,
    /// All snapshots: none comes a second time under another name that its clone, this one too, had before or has since.
    snapshots: BTreeSet<ObjectId>,
}

impl Exchange<'_> {
    /// Takes in what was fetched.
    ///
    /// # Errors
    /// The repository cannot be written. What is here already stays as it is.
    pub fn pull(&mut self, extras: Extras) -> Result<Pulled> {
        let tracked = self.tracked()?;
        let published: BTreeSet<ObjectId> = tracked.values().copied().collect();
        let records = self.record_gap(&published, How::Level)?;
        fail::point("merged");
        // What was read of the packs would stay in memory beside all names.
        self.repo.rest();
        let mut pulled = self.take_in(&tracked, &self.unfollowed(records.their_tip)?)?;
        pulled.records = records.ours.len();
        if extras.logs {
            let logs = self.log_gap(&published, How::Level)?;
            pulled.logs = logs.ours.len();
            self.memory.logs = Some(logs.owing());
        }
        if extras.artifacts {
            pulled.artifacts = self.take_artifacts()?;
        }
        fail::point("taken-in");
        self.memory.followed = records.their_tip.or(self.memory.followed);
        self.memory.records = Some(records.owing());
        self.remember()?;
        Ok(pulled)
    }

    /// What taking in would do.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub fn plan_pull(&self, extras: Extras) -> Result<Pulled> {
        let tracked = self.tracked()?;
        let published: BTreeSet<ObjectId> = tracked.values().copied().collect();
        let records = self.record_gap(&published, How::Look)?;
        let mut pulled = self.compare(&tracked, &self.local()?)?;
        pulled.records = records.ours.len();
        if extras.logs {
            pulled.logs = self.log_gap(&published, How::Look)?.ours.len();
        }
        Ok(pulled)
    }

    /// Creates the refs that are missing, and moves those whose owner has moved them.
    fn take_in(&self, tracked: &Tracked, news: &BTreeSet<ObjectId>) -> Result<Pulled> {
        for _ in 0..TRIES {
            let local = self.local()?;
            let mut pulled = self.compare(tracked, &local)?;
            let new = pulled.new.iter();
            let new: Vec<Ref> =
                new.map(|stored| Ref { name: stored.id.reference(), target: stored.snapshot }).collect();
            if self.repo.create_refs(&new)? == Swap::Done {
                self.follow_owners(tracked, news, &local, &mut pulled)?;
                return Ok(pulled);
            }
        }
        Err(fault("other processes create the same experiments without a pause")
            .hint("nothing is lost: run the same command again")
            .into())
    }

    /// Which experiments are missing here, and which clash.
    fn compare(&self, tracked: &Tracked, local: &Local) -> Result<Pulled> {
        let mut pulled = Pulled { site: configured(self.repo)?, there: tracked.len(), ..Pulled::default() };
        let mut suspects = Vec::new();
        for (name, there) in tracked {
            let (here, is_own) = match (name.site(), &pulled.site) {
                (Some(site), Some(own)) if site == own => (ExperimentId::local(name.number()), true),
                _ => (name.clone(), false),
            };
            match local.refs.get(&here).or_else(|| local.trash.get(&here)) {
                Some(known) if known == there => {}
                Some(known) => pulled.conflicts.push(Conflict { id: here, here: *known, there: *there }),
                None if local.snapshots.contains(there) => {}
                None => suspects.push((Stored { id: here, snapshot: *there }, is_own)),
            }
        }
        if suspects.is_empty() {
            return Ok(pulled);
        }
        self.under_one_name(&mut suspects)?;
        let archived: BTreeMap<ExperimentId, ObjectId> =
            self.store.archived()?.into_iter().map(|stored| (stored.id, stored.snapshot)).collect();
        let kept: BTreeSet<&ObjectId> = archived.values().collect();
        suspects.retain(|(stored, _)| !archived.contains_key(&stored.id) && !kept.contains(&stored.snapshot));
        let stored: Vec<Stored> = suspects.iter().map(|(stored, _)| stored.clone()).collect();
        let removed = self.says(&stored, &|record| is_removed(record) == Some(true))?;
        for ((stored, is_own), is_removed) in suspects.into_iter().zip(removed) {
            match is_own {
                _ if is_removed => {}
                true => pulled.missing += 1,
                false => pulled.new.push(stored),
            }
        }
        Ok(pulled)
    }

    /// Of a clone that was renamed since it pushed, the remote has the same snapshots under both names: the one that was
    /// claimed last is what it is called now.
    fn under_one_name(&self, suspects: &mut Vec<(Stored, bool)>) -> Result<()> {
        let snapshots: BTreeSet<ObjectId> = suspects.iter().map(|(stored, _)| stored.snapshot).collect();
        if snapshots.len() == suspects.len() {
            return Ok(());
        }
        let claims = self.repo.dated_refs(&self.tracking.sites())?;
        let claimed = |stored: &Stored| {
            let site = stored.id.site().map(ToString::to_string)?;
            let of_site = |name: &str| name.strip_prefix(&self.tracking.sites()) == Some(site.as_str());
            claims.iter().find(|claim| of_site(&claim.name)).map(|claim| claim.committed)
        };
        let mut newest: BTreeMap<ObjectId, (_, ExperimentId)> = BTreeMap::new();
        for (stored, is_own) in suspects.iter() {
            // This clone's own name wins over all others.
            let name = ((*is_own, claimed(stored)), stored.id.clone());
            let known = newest.entry(stored.snapshot).or_insert_with(|| name.clone());
            if name.0 > known.0 {
                *known = name;
            }
        }
        suspects.retain(|(stored, _)| newest[&stored.snapshot].1 == stored.id);
        Ok(())
    }

    fn local(&self) -> Result<Local> {
        let named = |prefix: &str| -> Result<BTreeMap<ExperimentId, ObjectId>> {
            let refs = self.repo.refs(prefix)?.into_iter();
            Ok(refs
                .filter_map(|found| Some((ExperimentId::of_reference(&found.name)?, found.target)))
                .collect())
        };
        let (refs, trash) = (named("refs/experiments/")?, named("refs/gx/trash/")?);
        let snapshots = refs.values().chain(trash.values()).copied().collect();
        Ok(Local { refs, trash, snapshots })
    }

    /// Whose notes the remote has changed since the last pull, whatever a push has taken in meanwhile.
    fn unfollowed(&self, tip: Option<ObjectId>) -> Result<BTreeSet<ObjectId>> {
        let Some(tip) = tip else { return Ok(BTreeSet::new()) };
        let since = self.memory.followed.filter(|commit| self.repo.has_object(*commit));
        Ok(self.repo.changed_notes(since, tip)?.into_keys().collect())
    }

    /// What another clone has removed or brought back since is moved here too. What was only hidden here stays hidden:
    /// its record does not speak of it.
    fn follow_owners(
        &self,
        tracked: &Tracked,
        news: &BTreeSet<ObjectId>,
        local: &Local,
        pulled: &mut Pulled,
    ) -> Result<()> {
        let (mut moves, mut hidden) = (Vec::new(), Vec::new());
        let stands = |id: &ExperimentId| local.refs.get(id).or_else(|| local.trash.get(id));
        let is_meant = |id: &ExperimentId, snapshot: &ObjectId| {
            news.contains(snapshot) && stands(id).is_none_or(|known| known == snapshot)
        };
        let meant = tracked.iter().filter(|(id, snapshot)| is_meant(id, snapshot));
        let meant: Vec<Stored> =
            meant.map(|(id, snapshot)| Stored { id: id.clone(), snapshot: *snapshot }).collect();
        let removed = self.says(&meant, &is_removed)?;
        for (stored, is_removed) in meant.into_iter().zip(removed) {
            let (id, target) = (&stored.id, stored.snapshot);
            match (is_removed, local.refs.contains_key(id), local.trash.contains_key(id)) {
                (Some(true), true, _) => {
                    moves.push((Ref { name: id.reference(), target }, id.trash()));
                    pulled.removed.push(id.clone());
                }
                (Some(true), false, false) => {
                    // An archive may hold it.
                    let held = self.store.find_archived(id)?;
                    hidden.extend(held.filter(|held| held.snapshot == target));
                }
                (Some(false), false, true) => {
                    moves.push((Ref { name: id.trash(), target }, id.reference()));
                    pulled.returned.push(id.clone());
                }
                _ => {}
            }
        }
        if !moves.is_empty() {
            self.repo.rename_refs(&moves)?;
        }
        for stored in hidden {
            self.store.trash(&stored)?;
            pulled.removed.push(stored.id);
        }
        Ok(())
    }

    fn take_artifacts(&self) -> Result<usize> {
        let own = configured(self.repo)?;
        let known = self.repo.ref_names("refs/artifacts/")?.into_iter().collect::<BTreeSet<String>>();
        let mut new = Vec::new();
        for (name, target) in self.tracking.list_artifacts(self.repo)? {
            let name = if name.site() == own.as_ref() { ExperimentId::local(name.number()) } else { name };
            let name = format!("refs/artifacts/{name}");
            if !known.contains(&name) {
                new.push(Ref { name, target });
            }
        }
        match self.repo.create_refs(&new)? {
            Swap::Done => Ok(new.len()),
            Swap::Lost => Err(fault("another process takes the same artifacts")
                .hint("nothing is lost: run the same command again")
                .into()),
        }
    }
}

/// Whether a record says that its experiment was removed, or brought back, or nothing of either.
fn is_removed(record: &Record) -> Option<bool> {
    record.fields().get("trashed").and_then(serde_json::Value::as_bool)
}
