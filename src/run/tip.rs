//! The tip of a tag: the branch that its keeps move, whichever work tree they come from.

use anyhow::Result;

use crate::clock::Timestamp;
use crate::git::object::NewCommit;
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::outcome::{Best, Moved, Refusal};
use crate::model::status::Status;
use crate::model::summary::Summary;
use crate::model::verdict::better;
use crate::run::runner::Runner;
use crate::store::pending::{Mode, Scope};

/// How the tip of now stands to the commit that an experiment began on.
#[derive(Debug, PartialEq)]
pub(super) enum Since {
    /// It is where it was.
    Nothing,
    /// Only keeps have moved it; these, the newest first.
    Keeps(Vec<ExperimentId>),
    /// Somebody has committed to it, or wound it back.
    Others,
}

/// Where a keep moves the tip to.
#[derive(Debug)]
pub(super) enum Step {
    /// It is there already.
    Stand,
    /// Forward; the experiments named were kept meanwhile and are not part of the tree there.
    Go(Moved, Vec<ExperimentId>),
    /// Nowhere.
    Refuse(Refusal),
}

impl Runner<'_> {
    /// The ref that the keeps of a scope move.
    pub(super) fn tip_of(scope: &Scope) -> &str {
        scope.tip.as_deref().unwrap_or(&scope.reference)
    }

    /// What has happened to the tip since an experiment began.
    pub(super) fn since(&self, scope: &Scope) -> Result<Since> {
        match self.tip_commit(Self::tip_of(scope))? {
            Some(tip) => self.since_then(scope, tip),
            None => Ok(Since::Others),
        }
    }

    fn since_then(&self, scope: &Scope, tip: ObjectId) -> Result<Since> {
        // An edit that was committed and put back at once has taken the branch to its base.
        let base = (scope.mode == Mode::Committed).then_some(scope.base);
        if tip == scope.head || Some(tip) == base {
            return Ok(Since::Nothing);
        }
        if self.repo.is_ancestor(tip, scope.head)? {
            // The work tree had run ahead of it, or it was wound back meanwhile.
            return Ok(if Some(tip) == scope.tip_at { Since::Nothing } else { Since::Others });
        }
        self.between(scope.head, tip)
    }

    fn tip_commit(&self, reference: &str) -> Result<Option<ObjectId>> {
        match reference {
            "HEAD" => Ok(Some(self.repo.head()?.commit)),
            name => self.repo.read_ref(name),
        }
    }

    /// What lies between two commits of a tip, following each keep back to what it was kept on.
    pub(super) fn between(&self, base: ObjectId, tip: ObjectId) -> Result<Since> {
        // A work tree may have run ahead of the tip, with commits that are on trial.
        if tip == base || self.repo.is_ancestor(tip, base)? {
            return Ok(Since::Nothing);
        }
        if !self.repo.is_ancestor(base, tip)? {
            return Ok(Since::Others);
        }
        let (mut at, mut keeps) = (tip, Vec::new());
        while at != base && !self.repo.is_ancestor(at, base)? {
            let Some((id, below)) = self.kept_at(at)? else { return Ok(Since::Others) };
            if let Some(id) = id {
                keeps.push(id);
            }
            at = below;
        }
        Ok(Since::Keeps(keeps))
    }

    /// Which experiment a commit of the tip is kept as, and the commit below it there.
    fn kept_at(&self, commit: ObjectId) -> Result<Option<(Option<ExperimentId>, ObjectId)>> {
        let parents = self.repo.parents(commit)?;
        let Some(first) = parents.first().copied() else { return Ok(None) };
        if let Some(stored) = self.store.kept_as(&commit.to_string())? {
            let record = self.store.record(stored.snapshot)?;
            let base = record.text("base").and_then(|base| base.parse().ok());
            let is_committed = record.text("mode") == Some("committed");
            return Ok(Some((Some(stored.id), base.filter(|_| is_committed).unwrap_or(first))));
        }
        let message = self.repo.message(commit)?;
        let named = message.lines().find_map(|line| line.strip_prefix("Gx-Experiment: "));
        let is_of_gx = named.is_some() || message.lines().any(|line| line.starts_with("Gx-Uuid: "));
        Ok(is_of_gx.then(|| (named.and_then(|id| id.trim().parse().ok()), first)))
    }

    /// The result that a commit of the tip was kept for.
    pub(super) fn result_at(&self, commit: ObjectId) -> Result<Option<Best>> {
        let id = match self.store.kept_as(&commit.to_string())? {
            Some(stored) => stored.id,
            // A merge of the tip is named in its message only.
            None => match self.kept_at(commit) {
                Ok(Some((Some(id), _))) => id,
                _ => return Ok(None),
            },
        };
        let value = self.summary_of(&id)?.and_then(|summary| summary.value);
        Ok(value.map(|value| Best { id, value }))
    }

    fn summary_of(&self, id: &ExperimentId) -> Result<Option<Summary>> {
        let Some(stored) = self.store.find(id)? else { return Ok(None) };
        Ok(Some(Summary::fold(&self.store.note(stored.snapshot)?)))
    }

    /// Where a keep moves the tip to; a merge is written where others were kept meanwhile.
    pub(super) fn step(&self, scope: &Scope, id: &ExperimentId, kept: ObjectId) -> Result<Step> {
        let reference = Self::tip_of(scope).to_owned();
        let Some(tip) = self.tip_commit(&reference)? else {
            return Ok(Step::Refuse(refusal(format!("{reference} is gone"), id)));
        };
        if tip == kept || self.repo.is_ancestor(kept, tip)? {
            return Ok(Step::Stand);
        }
        match self.since_then(scope, tip)? {
            Since::Nothing => Ok(Step::Go(Moved { reference, from: tip, to: kept }, Vec::new())),
            Since::Others => Ok(Step::Refuse(foreign(scope, id))),
            Since::Keeps(superseded) => {
                if let Some(better) = self.better_since(id, &superseded)? {
                    let advice = format!("gx restore {id}");
                    return Ok(Step::Refuse(Refusal { why: format!("{better} is better by now"), advice }));
                }
                let to = self.merge(id, tip, kept, &superseded)?;
                Ok(Step::Go(Moved { reference, from: tip, to }, superseded))
            }
        }
    }

    /// The move that a keep has made before it was cut short, where the tip still stands where that put it.
    pub(super) fn move_made(&self, scope: &Scope, id: &str, kept: ObjectId) -> Result<Option<Moved>> {
        let reference = Self::tip_of(scope).to_owned();
        let Some(tip) = self.tip_commit(&reference)? else { return Ok(None) };
        let from = match scope.mode {
            _ if tip != kept => {
                let is_own = self.repo.message(tip)?.contains(&format!("\nGx-Experiment: {id}\n"));
                self.repo.parents(tip)?.first().copied().filter(|_| is_own)
            }
            Mode::Dirty => Some(scope.head),
            Mode::Committed => scope.tip.as_ref().map(|_| scope.base),
            Mode::Unchanged => None,
        };
        Ok(from.map(|from| Moved { reference, from, to: tip }))
    }

    /// A keep among those named that has a better result than this one: its tree must stay the tip's.
    fn better_since(&self, id: &ExperimentId, among: &[ExperimentId]) -> Result<Option<ExperimentId>> {
        let value = |id: &ExperimentId| {
            let kept = self.summary_of(id)?.filter(|summary| summary.status == Status::Keep);
            Ok::<_, anyhow::Error>(kept.and_then(|summary| summary.value))
        };
        let Some(own) = value(id)? else { return Ok(None) };
        for other in among {
            if value(other)?.is_some_and(|value| better(self.config.metric.goal, value, own)) {
                return Ok(Some(other.clone()));
            }
        }
        Ok(None)
    }

    fn merge(
        &self,
        id: &ExperimentId,
        tip: ObjectId,
        kept: ObjectId,
        superseded: &[ExperimentId],
    ) -> Result<ObjectId> {
        let names: Vec<String> = superseded.iter().map(ToString::to_string).collect();
        let message = format!(
            "Keep {id} over {}\n\nThe tree is the one that {id} was measured with.\n\nGx-Experiment: {id}\nGx-Superseded: {}\n",
            names.join(", "),
            names.join(" ")
        );
        // The tree is exactly the measured one: what the tip holds was always measured as a whole.
        let tree = self.repo.tree_of(kept)?;
        let new = NewCommit { tree, parents: &[tip, kept], message: &message, at: Timestamp::now() };
        let commit = self.repo.write_commit(&new)?;
        self.repo.sync_objects(&[commit])?;
        Ok(commit)
    }
}

fn refusal(why: String, id: &ExperimentId) -> Refusal {
    Refusal { why, advice: format!("gx keep {id} --reason \"its result\"") }
}

/// What stands in the way where somebody has committed to the tip, or wound it back.
fn foreign(scope: &Scope, id: &ExperimentId) -> Refusal {
    let Some(branch) = scope.tip.as_deref().and_then(|tip| tip.strip_prefix("refs/heads/")) else {
        return refusal("HEAD has moved since the run began".to_owned(), id);
    };
    refusal(format!("{branch} was moved by commits that gx did not make"), id)
}
