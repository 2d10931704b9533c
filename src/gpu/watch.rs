//! Waiting for news in the folder of the locks: by inotify, or by looking from time to time where that is exhausted.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often to look where nothing can be watched.
const POLL: Duration = Duration::from_millis(250);
/// How often to look although everything is watched: the death of a holder who may only read its lock file is
/// told to nobody.
const LOOK: Duration = Duration::from_secs(1);

/// What happens to a file that somebody wants to know of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Somebody who had it open for writing closed it: the holder of a card's lock is gone.
    Holder(PathBuf),
    /// It was written: the bell.
    Bell(PathBuf),
    /// It was removed or its owner is gone: a ticket.
    Ticket(PathBuf),
    /// The owner of a ticket in this folder died without removing it.
    Deaths(PathBuf),
}

impl Target {
    fn path(&self) -> &Path {
        match self {
            Self::Holder(path) | Self::Bell(path) | Self::Ticket(path) | Self::Deaths(path) => path,
        }
    }
}

/// Watches one set of targets at a time.
#[derive(Debug)]
pub struct Watch {
    events: Option<platform::Events>,
    targets: Vec<Target>,
    is_new: bool,
}

impl Watch {
    /// Watches nothing yet.
    #[expect(clippy::new_without_default, reason = "a watch is started, there is no neutral one")]
    pub fn new() -> Self {
        Self { events: None, targets: Vec::new(), is_new: true }
    }

    /// Watches these and nothing else. What happened to them before is not told: look once after this.
    ///
    /// Gives whether they had to be changed.
    pub fn set(&mut self, targets: Vec<Target>) -> bool {
        if targets == self.targets {
            return false;
        }
        if std::mem::take(&mut self.is_new) {
            self.events = platform::Events::new();
        }
        let is_watched = self.events.as_mut().is_none_or(|events| events.replace(&targets).is_ok());
        if !is_watched {
            // The limit of inotify is reached.
            self.events = None;
        }
        self.targets = targets;
        true
    }

    /// Watches nothing any more.
    pub fn quiet(mut self) -> Self {
        self.is_new = false;
        self.set(Vec::new());
        self
    }

    /// Forgets what happened so far: look after this, not before.
    pub fn drain(&self) {
        if let Some(events) = &self.events {
            events.drain();
        }
    }

    /// Comes back on news, on an interrupt, or after a while: `at_most`, or when it is time to look anyway.
    pub fn wait(&self, at_most: Option<Duration>) {
        let usual = if self.events.is_some() { LOOK } else { POLL };
        let at_most = at_most.map_or(usual, |at_most| at_most.min(usual));
        match &self.events {
            Some(events) => crate::process::wait::for_any(&[events.as_fd()], Some(at_most)),
            None => crate::process::wait::for_any(&[], Some(at_most)),
        }
    }

    /// As where the limit of inotify is reached.
    #[cfg(test)]
    pub fn blind() -> Self {
        Self { events: None, targets: Vec::new(), is_new: false }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod platform {
    use std::io;
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

    use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

    use super::Target;

    /// One inotify instance: a user has 128 of them, so a waiter has one and no more.
    #[derive(Debug)]
    pub struct Events {
        queue: OwnedFd,
        watched: Vec<i32>,
    }

    impl Events {
        pub fn new() -> Option<Self> {
            let queue = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
            Some(Self { queue, watched: Vec::new() })
        }

        pub fn replace(&mut self, targets: &[Target]) -> io::Result<()> {
            for watched in self.watched.drain(..) {
                let _ = inotify::remove_watch(&self.queue, watched);
            }
            for target in targets {
                match inotify::add_watch(&self.queue, target.path(), flags(target)) {
                    Ok(watched) => self.watched.push(watched),
                    // A ticket that is gone already: whoever looks next sees that.
                    Err(rustix::io::Errno::NOENT) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(())
        }

        pub fn drain(&self) {
            let mut bytes = [0u8; 4096];
            while rustix::io::read(&self.queue, &mut bytes).is_ok_and(|read| read > 0) {}
        }

        pub fn as_fd(&self) -> BorrowedFd<'_> {
            self.queue.as_fd()
        }
    }

    fn flags(target: &Target) -> WatchFlags {
        match target {
            // Those who only look have it open for reading, so that their coming and going is no news.
            Target::Holder(_) => WatchFlags::CLOSE_WRITE,
            Target::Bell(_) => WatchFlags::MODIFY,
            // Removing it changes its number of links, and is told at once; its deletion would be told only
            // when the last of those who look at it has closed it.
            Target::Ticket(_) => WatchFlags::ATTRIB | WatchFlags::CLOSE_WRITE | WatchFlags::DELETE_SELF,
            // Who leaves in order removes the ticket before closing it.
            Target::Deaths(_) => WatchFlags::CLOSE_WRITE | WatchFlags::EXCL_UNLINK,
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod platform {
    use std::io;
    use std::os::fd::BorrowedFd;

    use super::Target;

    /// There is no inotify here.
    #[derive(Debug)]
    pub enum Events {}

    impl Events {
        pub fn new() -> Option<Self> {
            None
        }

        pub fn replace(&mut self, _targets: &[Target]) -> io::Result<()> {
            match *self {}
        }

        pub fn drain(&self) {
            match *self {}
        }

        pub fn as_fd(&self) -> BorrowedFd<'_> {
            match *self {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn waits(watch: &Watch) -> Duration {
        let began = Instant::now();
        watch.wait(None);
        began.elapsed()
    }

    #[test]
    fn where_nothing_can_be_watched_a_look_is_taken_four_times_a_second() {
        let mut watch = Watch::blind();
        assert!(watch.set(vec![Target::Bell("/nowhere".into())]));
        assert!((POLL..LOOK).contains(&waits(&watch)));
        watch.drain();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn news_end_the_wait_and_old_or_unwatched_ones_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let bell = dir.path().join("bell");
        std::fs::write(&bell, "").unwrap();
        let mut watch = Watch::new();
        assert!(watch.set(vec![Target::Bell(bell.clone())]));
        assert!(!watch.set(vec![Target::Bell(bell.clone())]));
        std::fs::write(&bell, "!").unwrap();
        assert!(waits(&watch) < POLL);
        watch.drain();
        assert!(waits(&watch) >= LOOK);
        let watch = watch.quiet();
        watch.drain();
        std::fs::write(&bell, "!").unwrap();
        assert!(waits(&watch) >= LOOK);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_ticket_that_is_gone_already_leaves_the_rest_watched() {
        let dir = tempfile::tempdir().unwrap();
        let bell = dir.path().join("bell");
        std::fs::write(&bell, "").unwrap();
        let mut watch = Watch::new();
        watch.set(vec![Target::Ticket(dir.path().join("gone")), Target::Bell(bell.clone())]);
        std::fs::write(&bell, "!").unwrap();
        assert!(waits(&watch) < POLL);
    }
}
