//! Whose child a process is, and what it is called: to tell the programs of a run from others.

use crate::process::identity;

/// The process that started this one; `None` when it is gone, hidden, or the first of all.
pub fn parent(pid: u32) -> Option<u32> {
    identity::parent(pid).filter(|&parent| parent > 0)
}

/// Whether a process is `ancestor` or was started by it, by its children and so on.
pub fn descends(pid: u32, ancestor: u32) -> bool {
    // No chain is that long; the bound only guards against numbers that are reused while we look.
    std::iter::successors(Some(pid), |&pid| parent(pid)).take(1000).any(|pid| pid == ancestor)
}

/// Whether the process can be seen from here; one of the host cannot be from inside a container.
pub fn is_visible(pid: u32) -> bool {
    std::path::Path::new("/proc").join(pid.to_string()).exists()
}

/// The short name of the program that a process runs, such as `python`.
pub fn name(pid: u32) -> Option<String> {
    let name = std::fs::read(format!("/proc/{pid}/comm")).ok()?;
    let name = String::from_utf8_lossy(&name).trim().to_owned();
    (!name.is_empty()).then_some(name)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_grandchild_descends_from_this_process_and_not_the_other_way_round() {
        let mut child = Command::new("sh").args(["-c", "sleep 30 & wait"]).spawn().unwrap();
        let me = std::process::id();
        assert!(descends(child.id(), me) && descends(me, me));
        assert!(!descends(me, child.id()));
        assert_eq!(parent(child.id()), Some(me));
        rustix::process::kill_process(
            rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(),
            rustix::process::Signal::KILL,
        )
        .unwrap();
        child.wait().unwrap();
        assert!(!is_visible(child.id()) && name(child.id()).is_none());
    }
}
