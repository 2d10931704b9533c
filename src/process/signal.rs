//! Signals to processes that another gx has started, never to a stranger that has got their number.

use std::io;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};

use crate::process::group::Group;
use crate::process::identity::{self, Identity};
use crate::process::wait::Pause;

/// How somebody is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// So that it can save what it has.
    Gently,
    /// At once.
    Now,
}

/// Tells a supervisor that the user wants its run to stop; one that is gone is none of the errors.
///
/// # Errors
/// It may not be signalled by this user.
pub fn tell(supervisor: &Identity, wish: Wish) -> io::Result<()> {
    let signal = if wish == Wish::Now { Signal::USR1 } else { Signal::INT };
    send(supervisor, signal)
}

/// One process that carries `mark` in its environment, the oldest; nothing where this user may see none.
pub fn marked(mark: &str) -> Option<Identity> {
    let all = identity::marked(mark).into_iter().filter_map(|one| Identity::of(one.pid));
    all.min_by_key(|one| one.start)
}

fn send(to: &Identity, signal: Signal) -> io::Result<()> {
    let Some(pid) = i32::try_from(to.pid).ok().filter(|&pid| pid > 1).and_then(Pid::from_raw) else {
        return Ok(());
    };
    // What the descriptor means stays the same when the number is reused: so the identity is checked behind it.
    let descriptor = pidfd_open(pid, PidfdFlags::empty());
    if !to.is_alive() {
        return Ok(());
    }
    let sent = match descriptor {
        Ok(descriptor) => pidfd_send_signal(descriptor, signal),
        Err(_) => kill_process(pid, signal),
    };
    match sent {
        Err(Errno::SRCH) => Ok(()),
        sent => Ok(sent?),
    }
}

/// Ends a trainer whose supervisor is gone, with its group and all that carry `mark` in their environment: SIGTERM,
/// the grace, SIGKILL.
///
/// # Errors
/// One may not be signalled by this user.
pub fn end_orphans(trainer: &Identity, mark: &str, grace: Duration) -> io::Result<()> {
    let group = Group::led_by(trainer.clone());
    let began = Instant::now();
    let all = |signal| {
        group.signal(signal)?;
        let outside = identity::marked(mark).into_iter().filter(|one| one.group != i64::from(group.number()));
        outside.filter_map(|one| Identity::of(one.pid)).try_for_each(|one| send(&one, signal))
    };
    let is_left = || group.is_alive() || !identity::marked(mark).is_empty();
    all(Signal::TERM)?;
    all(Signal::CONT)?;
    let mut pause = Pause::new();
    while is_left() && began.elapsed() < grace {
        pause.wait(grace);
    }
    while is_left() {
        all(Signal::KILL)?;
        pause.wait(Duration::from_millis(50));
    }
    Ok(())
}
