//! `gx init --site NAME --adopt`: a fresh clone takes the place of one that is gone.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use crate::error::fault;
use crate::git::refs::{Ref, Swap};
use crate::git::sending::{Lease, Sending};
use crate::git::transfer::Fate;
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::site::Site;
use crate::model::upload::UploadCheck;
use crate::process::fail;
use crate::store::experiments::Stored;
use crate::store::share::exchange::{Exchange, How};
use crate::store::share::site::{Claim, claim, write_claim};
use crate::store::share::tracking::Extras;

impl Exchange<'_> {
    /// Makes the experiments of a site this clone's own, and its name too.
    ///
    /// # Errors
    /// This clone has other experiments of the same numbers, or the remote refuses.
    pub fn adopt(&mut self, site: &Site, check: &dyn UploadCheck) -> Result<Vec<Stored>> {
        let name = format!("refs/gx/sites/{site}");
        // Asked before the first look at the remote: at the end of it the name is claimed there.
        let before = self.repo.read_ref(&self.tracking.claim(site))?;
        let outline = before.map(|old| Sending { name: name.clone(), new: old, lease: Lease::At(old) });
        self.ask(outline, check)?;
        self.fetch(Extras { logs: true, artifacts: true })?;
        let tracked = self.tracked()?;
        let theirs: BTreeMap<u64, ObjectId> = tracked
            .iter()
            .filter(|(id, _)| id.site() == Some(site))
            .map(|(id, snapshot)| (id.number(), *snapshot))
            .collect();
        if theirs.is_empty() {
            return Err(fault(format!("`{}` has no experiments of `{site}`", self.remote))
                .hint(format!("to call this clone so all the same: `gx init --site {site}`"))
                .into());
        }
        self.check_own(site, &theirs)?;
        let published: BTreeSet<ObjectId> = tracked.values().copied().collect();
        let records = self.record_gap(&published, How::Level)?;
        let logs = self.log_gap(&published, How::Level)?;
        self.take_claim(site, &name, check)?;
        self.repo.set_setting("gx.site", site.as_str())?;
        fail::point("adopting");
        let back = self.rename(site, &theirs)?;
        self.memory.records = Some(records.owing());
        self.memory.logs = Some(logs.owing());
        self.remember()?;
        Ok(back)
    }

    /// Nothing of this clone's own may stand where one of the site's is to stand.
    fn check_own(&self, site: &Site, theirs: &BTreeMap<u64, ObjectId>) -> Result<()> {
        let mut own = self.own()?;
        let trash = self.repo.refs("refs/gx/trash/exp-")?.into_iter();
        own.extend(trash.filter_map(|found| {
            Some(Stored { id: ExperimentId::of_reference(&found.name)?, snapshot: found.target })
        }));
        let clashing = own.iter().find(|stored| {
            theirs.get(&stored.id.number()).is_some_and(|snapshot| *snapshot != stored.snapshot)
        });
        match clashing {
            None => Ok(()),
            Some(stored) => {
                Err(fault(format!("{} of this clone is another one than {site}/{}", stored.id, stored.id))
                    .hint("adopt in a fresh clone, or give this one a name of its own: `gx init --site NAME`")
                    .into())
            }
        }
    }

    fn take_claim(&mut self, site: &Site, name: &str, check: &dyn UploadCheck) -> Result<()> {
        let lease = match claim(self.repo, &self.tracking, site)? {
            Claim::Own(_) => return Ok(()),
            Claim::Free => Lease::Absent,
            Claim::Foreign(old) => Lease::At(old),
        };
        let before = if let Lease::At(old) = lease { Some(old) } else { None };
        let new = write_claim(self.repo, site, before)?;
        match &self.send(&[Sending { name: name.to_owned(), new, lease }], check)?[0] {
            Fate::Through => Ok(()),
            Fate::Moved => Err(fault(format!("somebody else claims `{site}` on `{}`", self.remote))
                .hint("see who it is, then run the same command again")
                .into()),
            Fate::Refused(why) => {
                Err(fault(format!("`{}` refuses the claim of `{site}`: {why}", self.remote)).into())
            }
        }
    }

    /// What is here under the site's name becomes own; what is not here yet comes, and what its owner removed comes
    /// into the trash, so that its number is never given again.
    fn rename(&self, site: &Site, theirs: &BTreeMap<u64, ObjectId>) -> Result<Vec<Stored>> {
        let all: Vec<Stored> = theirs
            .iter()
            .map(|(number, snapshot)| Stored { id: ExperimentId::local(*number), snapshot: *snapshot })
            .collect();
        let known: BTreeSet<ObjectId> =
            self.store.archived()?.into_iter().map(|stored| stored.snapshot).collect();
        let removed = self
            .store
            .map_records(&all, &|_, record| record.fields().get("trashed") == Some(&true.into()))?;
        let (mut moves, mut new, mut back) = (Vec::new(), Vec::new(), Vec::new());
        for (stored, is_removed) in all.into_iter().zip(removed) {
            let foreign = ExperimentId::foreign(site.clone(), stored.id.number());
            let places = [stored.id.reference(), stored.id.trash()];
            let is_own =
                self.repo.read_ref(&places[0])?.is_some() || self.repo.read_ref(&places[1])?.is_some();
            let to = if is_removed { stored.id.trash() } else { stored.id.reference() };
            let mut from = Vec::new();
            for name in [foreign.reference(), foreign.trash()] {
                from.extend(self.repo.read_ref(&name)?.map(|target| Ref { name, target }));
            }
            match from.pop() {
                _ if is_own || known.contains(&stored.snapshot) => continue,
                Some(from) => moves.push((from, to)),
                None => new.push(Ref { name: to, target: stored.snapshot }),
            }
            if !is_removed {
                back.push(stored);
            }
        }
        for (name, target) in self.tracking.list_artifacts(self.repo)? {
            let own = format!("refs/artifacts/{}", ExperimentId::local(name.number()));
            if name.site() == Some(site) && self.repo.read_ref(&own)?.is_none() {
                new.push(Ref { name: own, target });
            }
        }
        if !moves.is_empty() {
            self.repo.rename_refs(&moves)?;
        }
        match self.repo.create_refs(&new)? {
            Swap::Done => Ok(back),
            Swap::Lost => Err(fault("another process creates experiments meanwhile")
                .hint("nothing is lost: run the same command again")
                .into()),
        }
    }
}
