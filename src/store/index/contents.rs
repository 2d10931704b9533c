//! Which experiments there are by a state of the refs, and what differs from what the index holds.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use rusqlite::Connection;

use crate::git::refs::Ref;
use crate::git::repo::Repo;
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::store::archive::{self, ARCHIVES};
use crate::store::experiments::Stored;
use crate::store::index::ids::id_of;
use crate::store::index::state::{PREFIXES, State};

/// Experiments by id.
pub(super) type Snapshots = BTreeMap<ExperimentId, ObjectId>;

/// All that the refs of a state name.
pub(super) struct Contents {
    pub(super) experiments: Snapshots,
    pub(super) trash: Snapshots,
}

impl Contents {
    /// Reads the packed refs and the archives; `state` then says which packed refs those are.
    pub(super) fn read(repo: &Repo, state: &mut State) -> Result<Self> {
        // After the loose ones: what is packed meanwhile stands in both, and what stood in neither was deleted.
        let (packed, refs) = repo.packed_refs(&PREFIXES)?;
        state.refs.packed = packed;
        let loose = &state.refs.loose;
        let packed = refs.into_iter().filter(|found| !loose.contains_key(&found.name));
        let packed = packed.map(|found| (found.name, Some(found.target)));
        let targets = packed.chain(loose.iter().map(|(name, target)| (name.clone(), *target)));
        let (mut experiments, mut trash, mut archived) = (Snapshots::new(), Snapshots::new(), Vec::new());
        for (name, target) in targets {
            let Some(target) = target else { continue };
            if name.starts_with(ARCHIVES) {
                archive::read(repo, &Ref { name, target }, &mut archived)?;
            } else if let Some(id) = ExperimentId::of_reference(&name) {
                let place = if name.starts_with(PREFIXES[0]) { &mut experiments } else { &mut trash };
                place.insert(checked(id)?, target);
            }
        }
        for Stored { id, snapshot } in archived {
            let id = checked(id)?;
            // Killed between the two steps of `gx rm`, the archive still names it.
            if !trash.contains_key(&id) {
                // What is just being archived stands in both places for a moment.
                experiments.entry(id).or_insert(snapshot);
            }
        }
        Ok(Self { experiments, trash })
    }
}

/// What must change in an index so that it holds what the refs of a state name.
pub(super) struct Difference {
    /// New ones, and those whose ref points elsewhere now.
    pub(super) set: Vec<Stored>,
    /// Those that are gone.
    pub(super) gone: Vec<ExperimentId>,
    /// The whole trash, where that may have changed.
    pub(super) trash: Option<Snapshots>,
}

impl Difference {
    /// By the loose refs alone, where nothing else can have changed: nothing where it can.
    pub(super) fn of_loose(
        state: &State,
        before: &BTreeMap<String, Option<ObjectId>>,
    ) -> Result<Option<Self>> {
        let now = &state.refs.loose;
        // A loose ref that went may have hidden a packed one.
        if before.keys().any(|name| !now.contains_key(name)) {
            return Ok(None);
        }
        let mut set = Vec::new();
        for (name, target) in now.iter().filter(|(name, target)| before.get(*name) != Some(*target)) {
            match (ExperimentId::of_reference(name), target) {
                (Some(id), Some(target)) if name.starts_with(PREFIXES[0]) => {
                    set.push(Stored { id: checked(id)?, snapshot: *target });
                }
                _ => return Ok(None),
            }
        }
        Ok(Some(Self { set, gone: Vec::new(), trash: None }))
    }

    /// By comparing everything.
    pub(super) fn of_all(connection: &Connection, contents: Contents) -> Result<Self> {
        let mut now = contents.experiments;
        let mut gone = Vec::new();
        let mut select = connection.prepare("SELECT site, number, snapshot FROM entry")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let id = id_of(row.get_ref(0)?.as_str()?, row.get(1)?)?;
            match now.get(&id) {
                None => gone.push(id),
                Some(snapshot) if snapshot.as_bytes() == row.get_ref(2)?.as_blob()? => drop(now.remove(&id)),
                Some(_) => {}
            }
        }
        let set = now.into_iter().map(|(id, snapshot)| Stored { id, snapshot }).collect();
        Ok(Self { set, gone, trash: Some(contents.trash) })
    }
}

/// An id that SQLite can hold.
fn checked(id: ExperimentId) -> Result<ExperimentId> {
    match i64::try_from(id.number()) {
        Ok(_) => Ok(id),
        Err(_) => Err(anyhow!("the number of {id} is too large for the index")),
    }
}
