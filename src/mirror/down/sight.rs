//! Looking at the two repositories: the one branch of each, by explicit refspecs, and nothing else.

use anyhow::Result;

use crate::error::fault;
use crate::git::refs::Ref;
use crate::mirror::configured::{Mirror, Side};
use crate::mirror::down::ground::{ACCEPTED, Ground};
use crate::mirror::pairs;
use crate::mirror::pause::record::Moved;
use crate::model::object::ObjectId;
use crate::process::fail;

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The public branch.
    pub public: ObjectId,
    /// The public commit that was taken in last, else where the branch was known to be.
    pub before: Option<ObjectId>,
    /// The private branch over there; nothing before the first push.
    pub private: Option<ObjectId>,
    /// The pairs over there.
    pub pairs: Option<ObjectId>,
    /// The refs that looking has moved.
    pub moved: Vec<Moved>,
}

impl Ground<'_> {
    /// Looks, and fetches what has moved.
    ///
    /// # Errors
    /// One of them cannot be reached, or the public one has no such branch.
    pub fn look(&mut self) -> Result<Sight> {
        let side = self.mirror.public.clone();
        let told = self.repo.advertised(&side.remote, &[&side.head()], self.wire.may_ask)?;
        let Some(public) = told.first().copied().flatten() else {
            return Err(fault(format!("the public repository has no branch `{}`", side.branch))
                .hint(format!("see what it has: `git ls-remote --heads {}`", side.remote))
                .hint("and say which one is meant: `gx mirror init --public-branch BRANCH`")
                .into());
        };
        let mut moved = Vec::new();
        let known = self.repo.read_ref(&side.tracking())?;
        let accepted = self.repo.read_ref(ACCEPTED)?;
        // From here on a history that was rewritten can be told, whatever happens to this process.
        if let (None, Some(target)) = (accepted, known) {
            self.repo.set_refs(&[Ref { name: ACCEPTED.to_owned(), target }])?;
            moved.push(Moved { name: ACCEPTED.to_owned(), from: None, to: target });
        }
        let public = self.bring(&side, public, &mut moved)?;
        fail::point("down-fetched");
        let side = self.mirror.private.clone();
        let names = [&side.head(), pairs::REF];
        let told = self.repo.advertised(&side.remote, &names, self.wire.may_ask)?;
        let (there, pairs) = (told.first().copied().flatten(), told.get(1).copied().flatten());
        let private = there.map(|there| self.bring(&side, there, &mut moved)).transpose()?;
        if private.is_some() {
            // What is protected there may have changed.
            self.mirror = Mirror::needed(self.repo)?;
        }
        Ok(Sight { public, before: accepted.or(known), private, pairs, moved })
    }

    /// Fetches the branch of a side where it is not known as it is; what it points to now.
    fn bring(&mut self, side: &Side, there: ObjectId, moved: &mut Vec<Moved>) -> Result<ObjectId> {
        let name = side.tracking();
        let from = self.repo.read_ref(&name)?;
        if from == Some(there) && self.repo.has_object(there) {
            return Ok(there);
        }
        self.repo.fetch(&side.remote, &[side.refspec()], &mut self.wire)?;
        // It may have moved once more.
        let to = self.repo.read_ref(&name)?.unwrap_or(there);
        moved.push(Moved { name, from, to });
        Ok(to)
    }
}
