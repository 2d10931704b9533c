//! The story of a sync: look, decide, write down, move, send.

use anyhow::{Result, anyhow};

use crate::clock::Timestamp;
use crate::git::object::NewCommit;
use crate::mirror::down::anchors::anchor;
use crate::mirror::down::finish::accept;
use crate::mirror::down::ground::{Ground, Push, Wish};
use crate::mirror::down::plan::{Deed, Plan};
use crate::mirror::down::resume::Found;
use crate::mirror::down::send::Sent;
use crate::mirror::down::state::{Stage, State};
use crate::mirror::guard::known::learn_public;
use crate::mirror::pause::record;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

/// The trailer, in the private repository alone, that says which public commit was taken in.
pub const TRAILER: &str = "Gx-Upstream";

/// What a sync has done.
#[derive(Debug)]
pub struct Carried {
    /// What was planned.
    pub plan: Plan,
    /// What came of it.
    pub outcome: Outcome,
    /// What a person should know besides.
    pub notes: Vec<String>,
    /// What became of the private branch over there.
    pub sent: Sent,
}

/// What came of a sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was nothing to join.
    Level,
    /// The private branch is here now.
    Moved {
        /// Where.
        to: ObjectId,
        /// Whether it is the public tree with private files added, and was recorded as that.
        is_anchor: bool,
    },
    /// Somebody has to decide, in a work tree made for that.
    Stopped {
        /// Where.
        dir: std::path::PathBuf,
        /// About what; empty where all was resolved as it was before.
        paths: Vec<RepoPath>,
    },
}

impl Ground<'_> {
    /// Does it: what upstream has is joined with the private branch, which then goes to the private repository.
    ///
    /// # Errors
    /// As of [`Self::plan`]; a sync waits for somebody; or something is in the way. Nothing was moved then.
    pub fn carry(&mut self, wish: &Wish) -> Result<Carried> {
        let _lock = record::lock(self.repo)?;
        let mut notes = match self.resume()? {
            Found::Completed(notes) => notes,
            Found::Nothing | Found::TakenBack => Vec::new(),
        };
        let plan = self.plan(wish)?;
        let side = &self.mirror.public;
        // Whatever goes wrong with it, the sync goes on: then the next push looks at more.
        let learned = self
            .repo
            .fetch_url(&side.remote)
            .and_then(|url| learn_public(self.repo, &side.remote, &url, plan.sight.public));
        notes.extend(learned.unwrap_or_default());
        let outcome = self.perform(&plan, &mut notes)?;
        let sent = match (&outcome, wish.push) {
            (Outcome::Stopped { .. }, _) | (_, Push::Stay) => Sent::Left,
            (_, Push::Send) => self.send(plan.sight.pairs),
        };
        Ok(Carried { plan, outcome, notes, sent })
    }

    fn perform(&self, plan: &Plan, notes: &mut Vec<String>) -> Result<Outcome> {
        let public = plan.sight.public;
        let base = plan.base.unwrap_or(public);
        let mut state = State::new(base, public, Stage::Moving { to: base, dir: None });
        state.local = plan.local;
        state.seen.clone_from(&plan.sight.moved);
        let to = match &plan.deed {
            Deed::Level if plan.local == Some(base) => {
                anchor(self.repo, &self.mirror, base, public)?;
                accept(self.repo, public)?;
                return Ok(Outcome::Level);
            }
            Deed::Level => base,
            Deed::Forward => public,
            Deed::Rebase { tip, .. } => *tip,
            Deed::Merge { tree } => self.merge_commit(*tree, &state, plan.incoming.len())?,
            Deed::Conflict { .. } => return self.stop(state),
        };
        notes.extend(self.advance(&mut state, to)?);
        self.moved(to, public)
    }

    /// The commit that joins the two; it is on the disk.
    pub(super) fn merge_commit(&self, tree: ObjectId, state: &State, incoming: usize) -> Result<ObjectId> {
        let (repo, side, public) = (self.repo, &self.mirror.public, state.public);
        let commits = if incoming == 1 { "1 commit".to_owned() } else { format!("{incoming} commits") };
        let message = format!(
            "Merge {}/{} ({}): {commits} of upstream\n\n{TRAILER}: {public}\n",
            side.remote,
            side.branch,
            public.short()
        );
        let parents = [state.base, public];
        let new = NewCommit { tree, parents: &parents, message: &message, at: Timestamp::now() };
        let commit = repo.write_commit(&new)?;
        repo.sync_objects(&[commit])?;
        Ok(commit)
    }

    pub(super) fn moved(&self, to: ObjectId, public: ObjectId) -> Result<Outcome> {
        if self.repo.read_ref(&self.mirror.private.head())? != Some(to) {
            return Err(anyhow!("`{}` was moved by somebody else since", self.mirror.private.branch));
        }
        Ok(Outcome::Moved { to, is_anchor: anchor(self.repo, &self.mirror, to, public)? })
    }
}
