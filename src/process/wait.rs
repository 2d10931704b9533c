//! Waiting for the end of a process, or for news, without missing it and without spinning.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::process::interrupt;

/// Comes back when one of the descriptors can be read or is closed, when an interrupt came, or after `at_most`
/// (`None` is never): ask again which it was.
pub fn for_any(descriptors: &[BorrowedFd<'_>], at_most: Option<Duration>) {
    let bell = interrupt::bell();
    let watched = descriptors.iter().copied().chain(bell);
    let mut polled: Vec<PollFd<'_>> = watched.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)).collect();
    let timeout = at_most.and_then(|at_most| Timespec::try_from(at_most).ok());
    // Any error, EINTR above all, only means that it is time to look again.
    let _ = poll(&mut polled, timeout.as_ref());
    if bell.is_some() && polled.last().is_some_and(|last| !last.revents().is_empty()) {
        interrupt::hush();
    }
}

/// Whether a descriptor can be read, or is closed, at this moment.
pub fn is_ready(descriptor: BorrowedFd<'_>) -> bool {
    let mut polled = [PollFd::from_borrowed_fd(descriptor, PollFlags::IN)];
    poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|ready| ready > 0)
}

/// Watches one process: a child that has not been reaped, or one whose identity the caller has checked.
#[derive(Debug)]
pub struct Watch {
    descriptor: Option<OwnedFd>,
    pause: Pause,
}

impl Watch {
    /// Watches the process with this number: through a pidfd where the kernel has them (Linux 5.3).
    pub fn on(pid: u32) -> Self {
        Self { descriptor: platform::open(pid), pause: Pause::new() }
    }

    /// Readable when it has ended; nothing where the system has no such thing.
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.descriptor.as_ref().map(AsFd::as_fd)
    }

    /// Comes back when the child has ended, when a signal came, or after `at_most`: ask again which it was.
    pub fn wait(&mut self, at_most: Duration) {
        match &self.descriptor {
            Some(descriptor) => for_any(&[descriptor.as_fd()], Some(at_most)),
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
    use rustix::process::{Pid, PidfdFlags, pidfd_open};
    use std::os::fd::OwnedFd;

    pub fn open(pid: u32) -> Option<OwnedFd> {
        pidfd_open(Pid::from_raw(i32::try_from(pid).ok()?)?, PidfdFlags::empty()).ok()
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod platform {
    use std::os::fd::OwnedFd;

    pub fn open(_pid: u32) -> Option<OwnedFd> {
        None
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
