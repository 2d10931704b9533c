//! The helper programs that this process has asked something, told from what a supervised command has started.
//!
//! A supervisor waits until it has no child left, and reaps whoever ends. A helper is neither waited for nor reaped
//! so: another thread may be reading it, and one that hangs inside the kernel, as a card query does behind a broken
//! driver, never ends at all.

use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;

use crate::process::group::Group;
use crate::process::identity::{Identity, Relation};
use crate::process::spawn::spawn;

static HELPERS: Mutex<Helpers> = Mutex::new(Helpers(Vec::new()));

/// All helpers of this process that were not waited for yet, or that nothing can end.
pub(super) struct Helpers(Vec<Entry>);

struct Entry {
    group: Group,
    is_abandoned: bool,
}

/// A helper that was started; dropping this says that it was waited for.
#[derive(Debug)]
pub(super) struct Helper {
    pid: u32,
}

/// Starts a helper. Nobody takes it for a child of the supervised command, not even for a moment.
///
/// # Errors
/// As [`spawn`].
pub(super) fn start(command: &mut Command) -> Result<(Child, Helper)> {
    let mut helpers = locked();
    let child = spawn(command)?;
    let pid = child.id();
    let group = Group::led_by(Identity::of(pid).unwrap_or_else(|| Identity::unknown(pid)));
    helpers.0.push(Entry { group, is_abandoned: false });
    Ok((child, Helper { pid }))
}

/// Whether a helper that was given up still hangs: then the next one would hang too.
pub fn is_one_abandoned() -> bool {
    all().0.iter().any(|helper| helper.is_abandoned)
}

/// Those of now. No helper is started while this is held.
pub(super) fn all() -> MutexGuard<'static, Helpers> {
    let mut helpers = locked();
    helpers.0.retain(|helper| !helper.is_abandoned || helper.group.is_alive());
    helpers
}

fn locked() -> MutexGuard<'static, Helpers> {
    HELPERS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Helpers {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether somebody is a helper, or of the group of one.
    pub(super) fn has(&self, who: &Relation) -> bool {
        let number = |helper: &Entry| helper.group.number();
        self.0.iter().map(number).any(|it| it == who.pid || i64::from(it) == who.group)
    }
}

impl Helper {
    /// Gives up on it: it stays known for as long as one of its group runs.
    pub(super) fn abandon(self) {
        for helper in locked().0.iter_mut().filter(|helper| helper.group.number() == self.pid) {
            helper.is_abandoned = true;
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        locked().0.retain(|helper| helper.is_abandoned || helper.group.number() != self.pid);
    }
}
