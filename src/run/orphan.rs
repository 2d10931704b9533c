//! Trainers whose supervisor was killed: whether they run, who they are, and their end.

use std::time::Duration;

use anyhow::Result;

use crate::clock::Timestamp;
use crate::model::record::Fields;
use crate::process::child::Cause;
use crate::process::command::Ended;
use crate::process::group::Group;
use crate::process::identity::{self, Identity};
use crate::process::signal;
use crate::run::judge::{Ending, Seen};
use crate::store::aside::Aside;
use crate::store::pending::Pending;

/// Whether a trainer, or what it has started in its group, still runs.
pub(super) fn is_training(trainer: &Identity) -> bool {
    // Of another boot, or under a number that somebody else has got, there is nobody.
    trainer.is_alive() || trainer.boot == identity::boot_id() && Group::led_by(trainer.clone()).is_alive()
}

/// A trainer whose supervisor was killed before it could note who trains: it has the name of its run about it.
pub(super) fn unnoted(pending: &Pending, aside: &Aside, is_settled: bool) -> Option<Identity> {
    let is_noted = aside.read::<Identity>(Aside::TRAINER).is_some();
    (is_settled && !is_noted).then(|| signal::marked(&mark(&pending.uuid))).flatten()
}

/// Why a trainer without a supervisor is ended.
pub(super) struct Reason {
    pub(super) cause: Cause,
    pub(super) is_wish: bool,
}

/// Ends a trainer whose supervisor is gone, and all that carry the name of its run.
pub(super) fn end_orphan(
    trainer: &Identity,
    aside: &Aside,
    (uuid, grace): (&str, Duration),
    Reason { cause, is_wish }: Reason,
) -> Result<()> {
    // Written first: who finds it dead must not take it for one that ended by itself.
    let ending = Ending::Supervised { ended: Ended::Signal(15), cause };
    let seen = Seen { ending, finished: Timestamp::now(), cards: Fields::new(), is_wish };
    aside.write_whole(Aside::RESULT, &seen)?.sync()?;
    let told = signal::end_orphans(trainer, &mark(uuid), grace);
    if told.is_err() && is_training(trainer) {
        // It trains on, and may still end by itself.
        aside.remove(Aside::RESULT);
    }
    Ok(told?)
}

/// What all processes of a run have in their environment.
pub(super) fn mark(uuid: &str) -> String {
    format!("GX_UUID={uuid}")
}
