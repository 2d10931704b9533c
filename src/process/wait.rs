//! Waiting for the end of a process without missing it and without spinning.

use std::os::fd::OwnedFd;
use std::time::Duration;

/// Watches one child of this process, which must not have been reaped.
#[derive(Debug)]
pub struct Watch {
    descriptor: Option<OwnedFd>,
    pause: Pause,
}

impl Watch {
    /// Watches the child with this number: through a pidfd where the kernel has them (Linux 5.3).
    pub fn on(pid: u32) -> Self {
        Self { descriptor: platform::open(pid), pause: Pause::new() }
    }

    /// Comes back when the child has ended, when a signal came, or after `at_most`: ask again which it was.
    pub fn wait(&mut self, at_most: Duration) {
        match &self.descriptor {
            Some(descriptor) => platform::wait(descriptor, at_most),
            None => self.pause.wait(at_most),
        }
    }
}

/// A wait that grows from 1 ms to 50 ms, for what cannot be watched, such as a process group.
#[derive(Debug)]
pub struct Pause {
    next: Duration,
}

impl Pause {
    /// Starts with the shortest wait.
    #[expect(clippy::new_without_default, reason = "a pause is started, there is no neutral one")]
    pub fn new() -> Self {
        Self { next: Duration::from_millis(1) }
    }

    /// Waits a little longer than the last time, and never longer than `at_most`.
    pub fn wait(&mut self, at_most: Duration) {
        std::thread::sleep(self.next.min(at_most));
        self.next = (self.next * 2).min(Duration::from_millis(50));
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod platform {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, PidfdFlags, pidfd_open};
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    pub fn open(pid: u32) -> Option<OwnedFd> {
        pidfd_open(Pid::from_raw(i32::try_from(pid).ok()?)?, PidfdFlags::empty()).ok()
    }

    /// Any error, EINTR above all, only means that it is time to look again.
    pub fn wait(descriptor: &OwnedFd, at_most: Duration) {
        let timeout = Timespec::try_from(at_most).ok();
        let _ = poll(&mut [PollFd::new(descriptor, PollFlags::IN)], timeout.as_ref());
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod platform {
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    pub fn open(_pid: u32) -> Option<OwnedFd> {
        None
    }

    pub fn wait(_descriptor: &OwnedFd, at_most: Duration) {
        std::thread::sleep(at_most);
    }
}

/// Waits in a test until `condition` holds; panics after 20 s.
#[cfg(test)]
pub fn wait_until(mut condition: impl FnMut() -> bool) {
    let began = std::time::Instant::now();
    let mut pause = Pause::new();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(20), "waited 20 s in vain");
        pause.wait(Duration::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;
    use std::time::Instant;

    #[test]
    fn the_end_of_a_child_ends_the_wait() {
        let mut child = Command::new("sleep").arg("0.05").spawn().unwrap();
        let mut watch = Watch::on(child.id());
        let began = Instant::now();
        wait_until(|| {
            watch.wait(Duration::from_secs(15));
            child.try_wait().unwrap().is_some()
        });
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_wait_is_never_longer_than_asked() {
        let mut child = Command::new("sleep").arg("30").spawn().unwrap();
        let began = Instant::now();
        Watch::on(child.id()).wait(Duration::from_millis(5));
        assert!(began.elapsed() < Duration::from_secs(10));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn without_a_descriptor_the_waits_grow_to_a_cap() {
        let mut watch = Watch { descriptor: None, pause: Pause::new() };
        for _ in 0..10 {
            watch.wait(Duration::ZERO);
        }
        assert_eq!(watch.pause.next, Duration::from_millis(50));
    }
}
