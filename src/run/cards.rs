//! The cards of a run: waiting for them, what the trainer and the record are told of them, giving them back.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use anyhow::Result;

use crate::model::id::ExperimentId;
use crate::model::record::Fields;
use crate::run::event::Listener;
use crate::run::runner::Runner;
use crate::store::pending::Task;

/// Asks for cards.
pub(super) struct Cards<'a> {
    runner: &'a Runner<'a>,
    need: u32,
}

/// How a wait for cards ended.
pub(super) enum Turn {
    /// They are here.
    Come(Hand),
    /// Somebody wanted it to stop.
    Stopped,
}

/// The cards that a run has; none, for one that needs none.
#[derive(Default)]
pub(super) struct Hand {}

impl<'a> Cards<'a> {
    pub(super) fn new(runner: &'a Runner<'a>, task: &Task) -> Self {
        Self { runner, need: task.gpus }
    }

    pub(super) fn wait(
        &mut self,
        _id: Option<&ExperimentId>,
        _listen: &mut Listener<'_>,
        _soon: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Turn> {
        let _ = (self.runner, self.need);
        Ok(Turn::Come(Hand::default()))
    }
}

impl Hand {
    pub(super) fn indices(&self) -> Vec<u32> {
        Vec::new()
    }
    pub(super) fn variables(&self) -> Vec<(String, String)> {
        Vec::new()
    }
    pub(super) fn as_fds(&self) -> Vec<BorrowedFd<'_>> {
        Vec::new()
    }
    pub(super) fn fields(&self) -> Fields {
        Fields::new()
    }
    pub(super) fn look_around(&mut self, _elapsed: Duration) {}
    pub(super) fn observed(&self) -> Fields {
        Fields::new()
    }
    pub(super) fn give_back(self) -> Option<String> {
        None
    }
}
