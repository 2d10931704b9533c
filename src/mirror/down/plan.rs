//! What a sync would do, worked out before anything is changed.

use anyhow::Result;

use crate::error::{Exit, Fault, fault, tell};
use crate::git::joining::Joined;
use crate::mirror::down::checks;
use crate::mirror::down::ground::{Ground, How, Push, Wish};
use crate::mirror::down::sight::Sight;
use crate::mirror::guard::remedies::bring;
use crate::mirror::pause::rehearsal::rehearse;
use crate::mirror::policy::file::Down;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::model::upload::{Leaving, Upload};

/// A sync from the public repository to the private one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What was seen.
    pub sight: Sight,
    /// The private branch here.
    pub local: Option<ObjectId>,
    /// The private commit that is joined: the branch here, or what others have pushed on top of it.
    pub base: Option<ObjectId>,
    /// The public commits that the private branch lacks.
    pub incoming: Vec<ObjectId>,
    /// How they are joined.
    pub deed: Deed,
}

/// How two histories come together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The private branch has everything.
    Level,
    /// It has nothing of its own: it goes forward.
    Forward,
    /// By a commit of two parents and this tree.
    Merge {
        /// Its tree.
        tree: ObjectId,
    },
    /// The private commits were made again on top of the public ones.
    Rebase {
        /// The last of them.
        tip: ObjectId,
        /// How many they are.
        commits: usize,
    },
    /// Somebody has to decide about these.
    Conflict {
        /// The paths.
        paths: Vec<RepoPath>,
    },
}

impl Ground<'_> {
    /// Looks at both sides and decides; only what was fetched has changed.
    ///
    /// # Errors
    /// One cannot be reached, upstream has done what it may not, the two private branches went apart, or files are
    /// missing here without which nothing could be sent.
    pub fn plan(&mut self, wish: &Wish) -> Result<Plan> {
        let plan = self.decide(wish)?;
        if wish.push == Push::Send {
            self.check_files(&plan)?;
        }
        Ok(plan)
    }

    /// What leaves a partial clone can be looked at only where its files are here: that is asked before anything moves.
    fn check_files(&self, plan: &Plan) -> Result<()> {
        let Some(new) = plan.base.filter(|_| plan.deed != Deed::Level) else { return Ok(()) };
        if !self.repo.is_partial()? {
            return Ok(());
        }
        let side = &self.mirror.private;
        let refs = vec![Leaving { name: side.head(), old: plan.sight.private, new }];
        let upload = Upload { remote: side.remote.clone(), urls: self.repo.push_urls(&side.remote)?, refs };
        let Err(error) = self.check.check(&upload) else { return Ok(()) };
        let told = tell(&error);
        if told.exit != Exit::Unchecked {
            return Ok(());
        }
        let message = format!("nothing was joined: {}", told.message);
        let told = told.hints.into_iter().fold(fault(message), Fault::hint);
        Err(told
            .hint(format!("have all files here, then again: `{}`", bring(self.repo)))
            .hint("or keep the result here: `gx sync-down --no-push`")
            .exit(Exit::Unchecked)
            .into())
    }

    fn decide(&mut self, wish: &Wish) -> Result<Plan> {
        let sight = self.look()?;
        checks::not_rewritten(self.repo, &self.mirror, &sight, wish.rewrite)?;
        let local = self.repo.read_ref(&self.mirror.private.head())?;
        let base = self.base(local, &sight)?;
        let public = sight.public;
        let Some(tip) = base else {
            checks::nothing_private(self.repo, &self.mirror, None, public)?;
            let incoming = self.repo.commits_between(&[public], &[])?;
            checks::nothing_forbidden(self.repo, &self.mirror, &incoming)?;
            return Ok(Plan { sight, local, base, incoming, deed: Deed::Forward });
        };
        let incoming = self.repo.commits_between(&[public], &[tip])?;
        if incoming.is_empty() {
            return Ok(Plan { sight, local, base, incoming, deed: Deed::Level });
        }
        let Some(common) = self.repo.merge_base(tip, public)? else {
            return Err(self.unrelated(tip, public));
        };
        checks::nothing_private(self.repo, &self.mirror, Some(common), public)?;
        checks::nothing_forbidden(self.repo, &self.mirror, &incoming)?;
        let deed = match self.how(wish) {
            _ if common == tip => Deed::Forward,
            How::Rebase => self.rebase(common, tip, public)?,
            How::Merge => match self.repo.join(tip, public)? {
                Joined::Clean(tree) => Deed::Merge { tree },
                Joined::Conflict(paths) => Deed::Conflict { paths },
            },
        };
        Ok(Plan { sight, local, base, incoming, deed })
    }

    /// As [`Self::plan`], and every ref is as it was before afterwards: what was fetched is forgotten.
    ///
    /// # Errors
    /// As there.
    pub fn rehearse(&mut self, wish: &Wish) -> Result<Plan> {
        let (repo, mirror) = (self.repo, self.mirror.clone());
        rehearse(repo, &mirror, || self.plan(wish))
    }

    fn how(&self, wish: &Wish) -> How {
        wish.how.unwrap_or(match self.mirror.policy.down() {
            Down::Merge => How::Merge,
            Down::Rebase => How::Rebase,
        })
    }

    /// The further one of the private branch here and over there.
    fn base(&self, local: Option<ObjectId>, sight: &Sight) -> Result<Option<ObjectId>> {
        let (Some(here), Some(there)) = (local, sight.private) else { return Ok(local.or(sight.private)) };
        if self.repo.is_ancestor(there, here)? {
            return Ok(Some(here));
        }
        if self.repo.is_ancestor(here, there)? {
            return Ok(Some(there));
        }
        let side = &self.mirror.private;
        let (remote, branch) = (&side.remote, &side.branch);
        Err(fault(format!("`{branch}` here and on `{remote}` went apart: join these two first"))
            .hint(format!("by a merge: `git switch {branch} && git pull --no-rebase {remote} {branch}`"))
            .hint(format!(
                "or, if yours is a rewritten one on purpose: `git push --force-with-lease {remote} {branch}`"
            ))
            .into())
    }

    fn unrelated(&self, private: ObjectId, public: ObjectId) -> anyhow::Error {
        let (private, public) = (private.short(), public.short());
        fault(format!("the private branch ({private}) and the public one ({public}) have no commit in common"))
            .hint(format!(
                "if they belong together, join them once by hand: `git merge --allow-unrelated-histories {public}`"
            ))
            .hint("else see where they point: `gx mirror status`")
            .into()
    }
}
