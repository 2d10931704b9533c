//! Who a process is, told so that a reused process number is never taken for the old process.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod proc;
#[cfg(any(target_os = "linux", target_os = "android"))]
use proc as platform;

use std::sync::OnceLock;
use std::time::Duration;

use rustix::process::{Pid, test_kill_process_group};
use serde::{Deserialize, Serialize};

/// One process of one boot of one machine.
///
/// A process number alone is reused, so the start time and the boot belong to it. Process numbers are
/// those of the PID namespace of whoever wrote this: it means nothing in another container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The process number.
    pub pid: u32,
    /// When it started, in clock ticks since boot (field 22 of `/proc/PID/stat`); 0 without `/proc`.
    pub start: u64,
    /// The boot it belongs to, see [`boot_id`].
    pub boot: String,
}

impl Identity {
    /// The identity of this process.
    pub fn me() -> Self {
        let pid = std::process::id();
        Self::of(pid).unwrap_or_else(|| Self::unknown(pid))
    }

    /// The identity of whoever has this number now, a zombie too; `None` when nobody has.
    pub fn of(pid: u32) -> Option<Self> {
        platform::start(pid).map(|start| Self { pid, start, boot: boot_id() })
    }

    /// What is left to say about a process that cannot be looked up: never alive where `/proc` exists.
    pub fn unknown(pid: u32) -> Self {
        Self { pid, start: 0, boot: boot_id() }
    }

    /// How long ago it started, whatever has become of the clock; nothing where the system does not tell.
    pub fn age(&self) -> Option<Duration> {
        let uptime: f64 = first_line("/proc/uptime")?.split_whitespace().next()?.parse().ok()?;
        let ticks = rustix::param::clock_ticks_per_second().max(1) as f64;
        Duration::try_from_secs_f64((uptime - self.start as f64 / ticks).max(0.0)).ok()
    }

    /// Whether this very process still runs; a zombie does not.
    pub fn is_alive(&self) -> bool {
        self.boot == boot_id() && platform::is_running(self)
    }
}

/// Whether a process group still has a member that is not a zombie.
///
/// `leader` is the number of the group, which is that of its first process.
pub fn group_is_alive(leader: u32) -> bool {
    match group_number(leader) {
        Some(group) if test_kill_process_group(group) != Err(rustix::io::Errno::SRCH) => {
            platform::has_running_member(leader)
        }
        _ => false,
    }
}

/// The number as one that names a group in a signal; 0 and 1 would address everybody, so they are none.
pub(super) fn group_number(leader: u32) -> Option<Pid> {
    i32::try_from(leader).ok().filter(|&leader| leader > 1).and_then(Pid::from_raw)
}

/// Where a process stands among others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relation {
    pub(super) pid: u32,
    pub(super) parent: u32,
    pub(super) group: i64,
}

/// Every running process of the system whose environment holds `mark`, such as `GX_UUID=1f0…`, as far as this user may
/// see that.
pub(super) fn marked(mark: &str) -> Vec<Relation> {
    let has_mark = |one: &Relation| {
        let environment = std::fs::read(format!("/proc/{}/environ", one.pid)).unwrap_or_default();
        // A zombie has none any more.
        environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
    };
    everybody().into_iter().filter(has_mark).collect()
}

/// The number of the process that started this one, as the system has it now; nothing without `/proc`.
pub(super) fn parent(pid: u32) -> Option<u32> {
    platform::parent(pid)
}

/// Every process of the system; nothing without `/proc`.
pub(super) fn everybody() -> Vec<Relation> {
    platform::everybody()
}

/// The random id that the kernel gave this boot; empty where the system has none.
pub fn boot_id() -> String {
    static BOOT: OnceLock<String> = OnceLock::new();
    BOOT.get_or_init(|| first_line("/proc/sys/kernel/random/boot_id").unwrap_or_default()).clone()
}

/// What tells this machine from others: `/etc/machine-id`, else the host name.
pub fn machine_id() -> String {
    first_line("/etc/machine-id").or_else(|| first_line("/var/lib/dbus/machine-id")).unwrap_or_else(host)
}

/// The host name.
pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The name of the user: `USER`, else `LOGNAME`, else as `/etc/passwd` has it, else the number.
pub fn user() -> String {
    let number = rustix::process::getuid().as_raw().to_string();
    ["USER", "LOGNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| !name.is_empty())
        .or_else(|| name_in(&std::fs::read_to_string("/etc/passwd").ok()?, &number))
        .unwrap_or(number)
}

/// The name of a user number in the format of passwd(5).
fn name_in(passwd: &str, number: &str) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1) == Some(number)).then(|| name.to_owned())
    })
}

fn first_line(path: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    text.lines().next().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod platform {
    use super::Identity;
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process, test_kill_process_group};

    pub fn start(pid: u32) -> Option<u64> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw)?;
        matches!(test_kill_process(pid), Ok(()) | Err(Errno::PERM)).then_some(0)
    }

    pub fn parent(_pid: u32) -> Option<u32> {
        None
    }

    pub fn is_running(identity: &Identity) -> bool {
        start(identity.pid).is_some()
    }

    /// A group of zombies answers with EPERM on macOS, so only success counts.
    pub fn has_running_member(group: u32) -> bool {
        super::group_number(group).is_some_and(|group| test_kill_process_group(group).is_ok())
    }

    pub fn everybody() -> Vec<super::Relation> {
        Vec::new()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::platform::Stat;
    use super::*;
    use crate::process::wait::wait_until;
    use proptest::prelude::*;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    #[test]
    fn this_process_is_alive_and_survives_being_written_down() {
        let me = Identity::me();
        assert!(me.is_alive());
        assert!(me.start > 0 && !me.boot.is_empty());
        let text = serde_json::to_string(&me).unwrap();
        assert_eq!(serde_json::from_str::<Identity>(&text).unwrap(), me);
    }

    #[test]
    fn the_same_number_with_another_start_or_boot_is_somebody_else() {
        let me = Identity::me();
        assert!(!Identity { start: me.start + 1, ..me.clone() }.is_alive());
        assert!(!Identity { boot: "earlier".into(), ..me }.is_alive());
    }

    #[test]
    fn a_zombie_is_not_alive_nor_is_its_group() {
        let mut child = Command::new("true").process_group(0).spawn().unwrap();
        let identity = Identity::of(child.id()).unwrap();
        wait_until(|| !identity.is_alive());
        assert_eq!(Identity::of(child.id()), Some(identity), "a zombie can still be named");
        assert!(!group_is_alive(child.id()));
        child.wait().unwrap();
        assert_eq!(Identity::of(child.id()), None);
    }

    #[test]
    fn a_group_is_alive_while_any_member_is() {
        let mut leader = Command::new("sh")
            .args(["-c", "sleep 60 >/dev/null 2>&1 & exit 0"])
            .process_group(0)
            .spawn()
            .unwrap();
        leader.wait().unwrap();
        assert!(group_is_alive(leader.id()));
        rustix::process::kill_process_group(
            group_number(leader.id()).unwrap(),
            rustix::process::Signal::KILL,
        )
        .unwrap();
        wait_until(|| !group_is_alive(leader.id()));
    }

    #[test]
    fn groups_that_would_address_everybody_do_not_exist() {
        assert!([0, 1, u32::MAX].iter().all(|&leader| !group_is_alive(leader)));
    }

    #[test]
    fn a_name_full_of_parentheses_and_spaces_does_not_shift_the_fields() {
        let line = b"7 (a) Z 1 (b) S 1 42 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 991 20 21\n";
        let stat = Stat::parse(line).unwrap();
        assert_eq!(stat, Stat { state: b'S', parent: 1, group: 42, start: 991 });
    }

    #[test]
    fn machine_host_and_user_always_have_a_name() {
        assert!([machine_id(), host(), user()].iter().all(|name| !name.is_empty()));
    }

    proptest! {
        #[test]
        fn no_line_of_the_kernel_makes_the_parser_panic(line: Vec<u8>) {
            let _ = Stat::parse(&line);
        }
    }
}
