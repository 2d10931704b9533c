//! The short programs that this process has asked something, told from what a supervised command has started.
//!
//! A supervisor waits until it has no child left, and reaps whoever ends. An errand is neither waited for nor reaped
//! so: another thread may be reading it, and one that hangs inside the kernel, as a card query does behind a broken
//! driver, never ends at all.

use std::os::fd::BorrowedFd;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;

use crate::process::group::Group;
use crate::process::identity::{Identity, Relation};
use crate::process::spawn::spawn_with;

static ERRANDS: Mutex<Errands> = Mutex::new(Errands(Vec::new()));

/// All errands of this process that were not waited for yet, or that nothing can end.
pub(super) struct Errands(Vec<Entry>);

struct Entry {
    group: Group,
    is_abandoned: bool,
}

/// An errand that was started; dropping this says that it was waited for.
#[derive(Debug)]
pub(super) struct Errand {
    pid: u32,
}

/// Starts an errand. Nobody takes it for a child of the supervised command, not even for a moment.
///
/// # Errors
/// As [`spawn_with`].
pub(super) fn start(command: &mut Command) -> Result<(Child, Errand)> {
    start_with(command, &[])
}

/// The same for one that inherits open files.
///
/// # Errors
/// As [`spawn_with`].
pub(super) fn start_with(command: &mut Command, open: &[BorrowedFd<'_>]) -> Result<(Child, Errand)> {
    let mut errands = locked();
    let child = spawn_with(command, open)?;
    let pid = child.id();
    let group = Group::led_by(Identity::of(pid).unwrap_or_else(|| Identity::unknown(pid)));
    errands.0.push(Entry { group, is_abandoned: false });
    Ok((child, Errand { pid }))
}

/// Whether an errand that was given up still hangs: then the next one would hang too.
pub fn is_one_abandoned() -> bool {
    all().0.iter().any(|errand| errand.is_abandoned)
}

/// Those of now. No errand is started while this is held.
pub(super) fn all() -> MutexGuard<'static, Errands> {
    let mut errands = locked();
    errands.0.retain(|errand| !errand.is_abandoned || errand.group.is_alive());
    errands
}

fn locked() -> MutexGuard<'static, Errands> {
    ERRANDS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Errands {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether somebody is an errand, or of the group of one.
    pub(super) fn has(&self, who: &Relation) -> bool {
        let number = |errand: &Entry| errand.group.number();
        self.0.iter().map(number).any(|it| it == who.pid || i64::from(it) == who.group)
    }
}

impl Errand {
    /// Gives up on it: it stays known for as long as one of its group runs.
    pub(super) fn abandon(self) {
        for errand in locked().0.iter_mut().filter(|errand| errand.group.number() == self.pid) {
            errand.is_abandoned = true;
        }
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        locked().0.retain(|errand| errand.is_abandoned || errand.group.number() != self.pid);
    }
}
