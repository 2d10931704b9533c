//! What a supervisor has started, and all that came of it: also those who left its group or its session.

use std::io;

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, getpid, kill_process, set_child_subreaper, setsid, waitid,
};

use crate::process::identity::{Identity, everybody};

/// Leaves the session and the terminal of whoever started this process, and becomes the one to whom orphans of
/// its own descendants fall.
///
/// # Errors
/// The system has no such thing.
pub fn found() -> io::Result<()> {
    // A process that leads its group has a session of its own already, as under `setsid`.
    let _ = setsid();
    set_child_subreaper(Some(getpid()))?;
    Ok(())
}

/// Whether this process has a child that still runs; those that have ended are reaped on the way.
///
/// Only for a process that has [founded](found) its family, and with no other child in its hands.
pub fn is_left() -> bool {
    loop {
        match waitid(WaitId::All, WaitIdOptions::EXITED | WaitIdOptions::NOHANG) {
            Ok(Some(_)) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

/// Sends a signal to every descendant of this process outside of one group, which has had it.
///
/// # Errors
/// One may not be signalled by this user.
pub fn signal(signal: Signal, beside: u32) -> io::Result<()> {
    for member in descendants(std::process::id(), Some(beside)) {
        let pid = i32::try_from(member.pid).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid.filter(|_| member.is_alive()) {
            match kill_process(pid, signal) {
                Err(rustix::io::Errno::SRCH) | Ok(()) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

/// Everybody who descends from a process, those nearest to it first, without the members of one group.
pub fn descendants(of: u32, beside: Option<u32>) -> Vec<Identity> {
    let everybody = everybody();
    let (mut parents, mut found, mut next) = (vec![of], Vec::new(), 0);
    while let Some(parent) = parents.get(next).copied() {
        for child in everybody.iter().filter(|one| one.parent == parent) {
            parents.push(child.pid);
            if beside.is_none_or(|group| child.group != i64::from(group)) {
                found.push(child.pid);
            }
        }
        next += 1;
    }
    found.into_iter().filter_map(Identity::of).collect()
}
