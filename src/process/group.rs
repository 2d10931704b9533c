//! A process group that gx started: whether anyone of it still runs, and signals to all of it.

use std::io;

use rustix::io::Errno;
use rustix::process::{Signal, kill_process_group};

use crate::process::identity::{Identity, group_is_alive, group_number};

/// The group of a child that was started with `process_group(0)`.
#[derive(Clone, Debug)]
pub struct Group {
    leader: Identity,
}

impl Group {
    /// The group that this process leads.
    pub fn led_by(leader: Identity) -> Self {
        Self { leader }
    }

    /// Its number, which is that of its leader.
    pub fn number(&self) -> u32 {
        self.leader.pid
    }

    /// Whether a member still runs; zombies do not count.
    ///
    /// The kernel gives the number of a group to no new process while the group has members. So when
    /// the number belongs to another process than the leader, the group is gone and its number was reused.
    pub fn is_alive(&self) -> bool {
        group_is_alive(self.leader.pid) && !self.is_reused()
    }

    /// Sends a signal to every member; a group that is gone is none of the errors.
    ///
    /// # Errors
    /// When no member may be signalled by this user.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        match group_number(self.leader.pid) {
            Some(group) if !self.is_reused() => match kill_process_group(group, signal) {
                Err(Errno::SRCH) => Ok(()),
                sent => Ok(sent?),
            },
            _ => Ok(()),
        }
    }

    fn is_reused(&self) -> bool {
        Identity::of(self.leader.pid).is_some_and(|now| now != self.leader)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::process::wait::wait_until;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    #[test]
    fn a_group_whose_number_was_reused_is_neither_alive_nor_signalled() {
        let mut stranger = Command::new("sleep").arg("60").process_group(0).spawn().unwrap();
        let now = Identity::of(stranger.id()).unwrap();
        let gone = Group::led_by(Identity { start: now.start - 1, ..now.clone() });
        assert!(!gone.is_alive());
        gone.signal(Signal::KILL).unwrap();
        assert!(now.is_alive());
        let present = Group::led_by(now);
        assert!(present.is_alive());
        present.signal(Signal::KILL).unwrap();
        wait_until(|| !present.is_alive());
        stranger.wait().unwrap();
        present.signal(Signal::KILL).unwrap();
    }
}
