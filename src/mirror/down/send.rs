//! The private branch and the pairs go to the private repository, as any upload does: asked about first, leased.

use anyhow::Result;

use crate::error::fault;
use crate::git::refs::Ref;
use crate::git::sending::{Lease, Sending};
use crate::git::transfer::Fate;
use crate::mirror::down::ground::{Ground, Push};
use crate::mirror::exchange;
use crate::mirror::pairs;
use crate::model::object::ObjectId;
use crate::model::upload::{Leaving, Upload};
use crate::process::fail;

/// What became of the private branch over there.
#[derive(Debug)]
pub enum Sent {
    /// Nobody wanted it sent.
    Left,
    /// It is there already.
    Level,
    /// It has gone there.
    Through,
    /// It could not go; what was joined here stays.
    Failed(anyhow::Error),
}

impl Ground<'_> {
    /// Sends what the private repository lacks; `pairs` is what it has of them.
    pub(super) fn send(&mut self, pairs: Option<ObjectId>) -> Sent {
        match self.try_send(pairs) {
            Ok(true) => Sent::Through,
            Ok(false) => Sent::Level,
            Err(error) => Sent::Failed(error),
        }
    }

    /// As [`Self::send`], where nobody has looked at it a moment ago.
    pub(super) fn send_if(&mut self, push: Push) -> Result<Sent> {
        if push == Push::Stay {
            return Ok(Sent::Left);
        }
        let remote = self.mirror.private.remote.clone();
        Ok(match self.repo.advertised(&remote, &[pairs::REF], self.wire.may_ask) {
            Ok(told) => self.send(told.first().copied().flatten()),
            Err(error) => Sent::Failed(error),
        })
    }

    fn try_send(&mut self, pairs_there: Option<ObjectId>) -> Result<bool> {
        let (repo, side) = (self.repo, self.mirror.private.clone());
        let lease = |known: Option<ObjectId>| known.map_or(Lease::Absent, Lease::At);
        let mut sending = Vec::new();
        let there = repo.read_ref(&side.tracking())?;
        if let Some(new) = repo.read_ref(&side.head())?.filter(|new| Some(*new) != there) {
            sending.push(Sending { name: side.head(), new, lease: lease(there) });
        }
        if let Some(theirs) = pairs_there {
            exchange::take(repo, &self.mirror, theirs, &mut self.wire)?;
        }
        if let Some(new) = repo.read_ref(pairs::REF)?.filter(|new| Some(*new) != pairs_there) {
            sending.push(Sending { name: pairs::REF.to_owned(), new, lease: lease(pairs_there) });
        }
        if sending.is_empty() {
            return Ok(false);
        }
        let known = |one: &Sending| match one.lease {
            Lease::At(old) => Some(old),
            _ => None,
        };
        let refs =
            sending.iter().map(|one| Leaving { name: one.name.clone(), old: known(one), new: one.new });
        let urls = repo.push_urls(&side.remote)?;
        self.check.check(&Upload { remote: side.remote.clone(), urls, refs: refs.collect() })?;
        let fates = repo.push(&side.remote, &sending, &mut self.wire)?;
        fail::point("down-sent");
        for (one, fate) in sending.iter().zip(&fates) {
            match fate {
                Fate::Through if one.name == side.head() => {
                    repo.set_refs(&[Ref { name: side.tracking(), target: one.new }])?;
                }
                Fate::Through => {}
                Fate::Moved => {
                    return Err(fault(format!("`{}` moved on `{}` meanwhile", one.name, side.remote))
                        .hint("run `gx sync-down` again: it takes that in first")
                        .into());
                }
                Fate::Refused(why) => {
                    return Err(fault(format!("`{}` refuses `{}`: {why}", side.remote, one.name))
                        .hint(format!("when that is cleared: `gx sync-down`, or `git push {}`", side.remote))
                        .into());
                }
            }
        }
        Ok(true)
    }
}
