//! Keeping refs and objects light: packing them when enough has gathered, one process at a time.

use std::fs::{self, File, TryLockError};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::config::store::{Store as Rules, Upkeep as Wish};
use crate::git::upkeep::Maintenance;
use crate::store::durably::write_durably_as;
use crate::store::experiments::Store;

/// What the last upkeep did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Upkeep {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub seconds: f64,
    /// How many loose refs it found, and how many it left.
    pub refs: (usize, usize),
    /// About how many loose objects it found, and how many it left.
    pub objects: (usize, usize),
    /// Why it did not come to its end, where it did not.
    pub trouble: Option<String>,
}

impl Store<'_> {
    /// Whether enough has gathered since the last upkeep; costs a look into a few folders.
    pub fn is_upkeep_due(&self, rules: &Rules) -> bool {
        if rules.upkeep == Wish::Off {
            return false;
        }
        // What an upkeep could not pack, such as objects that no ref names, is no reason for the next one.
        let last = self.last_upkeep();
        let left = last.map_or((0, 0), |last| (last.refs.1, last.objects.1));
        let are_objects_due = || match self.repo.maintenance(rules.upkeep_objects) {
            Maintenance::Never => false,
            Maintenance::From(objects) => self.repo.loose_objects() >= left.1.saturating_add(objects.max(1)),
        };
        self.repo.loose_refs() >= left.0.saturating_add(rules.upkeep_refs.max(1)) || are_objects_due()
    }

    /// Does it; nothing where another process is at it.
    ///
    /// # Errors
    /// Git refuses; that is kept as the result too.
    pub fn upkeep(&self, rules: &Rules) -> Result<Option<Upkeep>> {
        let folder = self.repo.gx_dir();
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let path = folder.join("upkeep.lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.with_context(|| format!("cannot write {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
        let (at, began) = (Timestamp::now(), Instant::now());
        let (refs, objects) = (self.repo.loose_refs(), self.repo.loose_objects());
        let done = self
            .repo
            .pack_refs()
            .and_then(|()| self.repo.maintain(self.repo.maintenance(rules.upkeep_objects)));
        let upkeep = Upkeep {
            at,
            seconds: (began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
            refs: (refs, self.repo.loose_refs()),
            objects: (objects, self.repo.loose_objects()),
            trouble: done.as_ref().err().map(|error| format!("{error:#}")),
        };
        write_durably_as(&folder, "upkeep.json", &serde_json::to_vec(&upkeep)?)?;
        done.map(|()| Some(upkeep))
    }

    /// What the last upkeep did, where there was one.
    pub fn last_upkeep(&self) -> Option<Upkeep> {
        serde_json::from_slice(&fs::read(self.repo.gx_dir().join("upkeep.json")).ok()?).ok()
    }

    /// What upkeeps said to nobody.
    pub fn upkeep_log(&self) -> PathBuf {
        self.repo.gx_dir().join("upkeep.log")
    }
}
