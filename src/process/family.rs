//! What a supervisor has started, and all that came of it: also those who left its group or its session.

use std::io;

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, getpid, kill_process, set_child_subreaper, setsid, waitid,
};

use crate::process::errands::{self, Errands};
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
/// [Errands](errands) are none of them. Only for a process that has [founded](found) its family, and with no other
/// child in its hands.
pub fn is_left() -> bool {
    let errands = errands::all();
    if !errands.is_empty() {
        return is_left_beside(&errands);
    }
    loop {
        match waitid(WaitId::All, WaitIdOptions::EXITED | WaitIdOptions::NOHANG) {
            Ok(Some(_)) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

/// As [`is_left`], one child by one: their ends are for those to hear who asked the errands.
fn is_left_beside(errands: &Errands) -> bool {
    let me = std::process::id();
    loop {
        let mut reaped = false;
        for child in everybody().iter().filter(|one| one.parent == me && !errands.has(one)) {
            let Some(pid) = pid_of(child.pid) else { continue };
            match waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOHANG) {
                Ok(Some(_)) => reaped = true,
                Ok(None) => return true,
                Err(_) => {}
            }
        }
        // The children of one that ended while we looked may have been missed.
        if !reaped {
            return false;
        }
    }
}

/// Sends a signal to every descendant of this process outside of one group, which has had it; none to [errands].
///
/// # Errors
/// One may not be signalled by this user.
pub fn signal(signal: Signal, beside: u32) -> io::Result<()> {
    for member in descendants(std::process::id(), beside) {
        if let Some(pid) = pid_of(member.pid).filter(|_| member.is_alive()) {
            match kill_process(pid, signal) {
                Err(rustix::io::Errno::SRCH) | Ok(()) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

/// Everybody who descends from a process, those nearest to it first, without the members of one group and without
/// errands.
fn descendants(of: u32, beside: u32) -> Vec<Identity> {
    let everybody = everybody();
    let errands = errands::all();
    let (mut parents, mut found, mut next) = (vec![of], Vec::new(), 0);
    while let Some(parent) = parents.get(next).copied() {
        for child in everybody.iter().filter(|one| one.parent == parent && !errands.has(one)) {
            parents.push(child.pid);
            if child.group != i64::from(beside) {
                found.push(child.pid);
            }
        }
        next += 1;
    }
    found.into_iter().filter_map(Identity::of).collect()
}

fn pid_of(number: u32) -> Option<Pid> {
    i32::try_from(number).ok().and_then(Pid::from_raw)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::process::wait::wait_until;
    use std::env;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    /// Set for the one who may wait for all of its children: other tests have theirs.
    const ALONE: &str = "GX_TEST_FAMILY";

    fn sleeper() -> Command {
        let mut command = Command::new("sleep");
        command.arg("60").process_group(0);
        command
    }

    #[test]
    fn a_helper_is_neither_waited_for_nor_signalled_nor_is_its_end_taken_away() {
        if env::var_os(ALONE).is_none() {
            let name = "process::family::tests::a_helper_is_neither_waited_for_nor_signalled_nor_is_its_end_taken_away";
            let mut again = Command::new(env::current_exe().unwrap());
            assert!(again.args(["--exact", name]).env(ALONE, "1").status().unwrap().success());
            return;
        }
        found().unwrap();
        let (mut asked, errand) = errands::start(&mut sleeper()).unwrap();
        let (mut hung, hangs) = errands::start(&mut sleeper()).unwrap();
        hangs.abandon();
        assert!(!is_left() && errands::is_one_abandoned());
        let mut trained = sleeper().spawn().unwrap();
        assert!(is_left());
        signal(Signal::TERM, 0).unwrap();
        wait_until(|| !is_left());
        assert!(trained.wait().is_err(), "it was not reaped");
        assert!(asked.try_wait().unwrap().is_none() && hung.try_wait().unwrap().is_none());
        asked.kill().unwrap();
        let identity = Identity::of(asked.id()).unwrap();
        wait_until(|| !identity.is_alive());
        assert!(!is_left());
        assert!(!asked.wait().unwrap().success(), "its end was taken away");
        drop(errand);
        hung.kill().unwrap();
        wait_until(|| !errands::is_one_abandoned());
        assert!(!is_left());
        assert!(Identity::of(hung.id()).is_none(), "an errand that ended late was not reaped");
    }
}
