//! The trainer: a child in a group of its own that writes to a log file and may hold locks.

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::BorrowedFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::error::misuse;
use crate::process::group::Group;
use crate::process::identity::Identity;
use crate::process::interrupt;
use crate::process::spawn::spawn_with;
pub use crate::process::supervise::{Cause, ChildEnd, Kin};
use crate::process::supervise::{Terms, supervise};

/// A trainer that is about to be started.
#[derive(Debug)]
pub struct Launch<'a> {
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// Where it runs.
    pub dir: PathBuf,
    /// Takes its standard output and error; open it for appending, so that the two never overwrite each other.
    pub log: File,
    /// Variables to set in its environment, on top of that of gx.
    pub env: Vec<(OsString, OsString)>,
    /// Variables that it must not find.
    pub without: Vec<&'static str>,
    /// Open files it inherits, such as held locks: those then stay held while it lives, even when gx is killed.
    pub keep_open: Vec<BorrowedFd<'a>>,
}

/// A trainer that was started; dropping it leaves it running.
#[derive(Debug)]
#[must_use = "a child that nobody supervises has no time limit and becomes a zombie"]
pub struct Child {
    process: std::process::Child,
    identity: Identity,
    began: Instant,
}

impl Launch<'_> {
    /// Starts it in a process group of its own, with an empty stdin.
    ///
    /// Its output goes straight to the log file: with a pipe in between it would die when gx is killed.
    ///
    /// # Errors
    /// A fault when there is no command, or when it cannot start.
    pub fn start(self) -> Result<Child> {
        let Some((program, arguments)) = self.command.split_first() else {
            return Err(misuse("there is no command to run")
                .hint("put it behind `--`, as in `gx run -- python train.py`")
                .into());
        };
        let errors = self.log.try_clone().context("cannot share the log file")?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&self.dir)
            .env("PYTHONUNBUFFERED", "1")
            .envs(self.env)
            .stdin(Stdio::null())
            .stdout(self.log)
            .stderr(errors)
            .process_group(0);
        for name in self.without {
            command.env_remove(name);
        }
        let began = Instant::now();
        let process = spawn_with(&mut command, &self.keep_open)?;
        let pid = process.id();
        let identity = Identity::of(pid).unwrap_or_else(|| Identity::unknown(pid));
        Ok(Child { process, identity, began })
    }
}

impl Child {
    /// Who it is; also the number of its group.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Waits for it and its kin, see [`supervise`]; `tick` is called about every 100 ms with the time
    /// since the start.
    ///
    /// [`interrupt::count`] of 1 stops it as the time limit does, 2 kills it at once.
    ///
    /// # Errors
    /// When the system cannot tell about it any more, or when gx may not signal it.
    pub fn supervise(
        self,
        limit: Option<Duration>,
        grace: Duration,
        kin: Kin,
        tick: &mut dyn FnMut(Duration),
    ) -> Result<ChildEnd> {
        let group = Group::led_by(self.identity);
        let terms = Terms { limit, grace, interrupts: &interrupt::count, kin, tick };
        supervise(self.process, group, self.began, terms).context("cannot supervise the command")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Exit, tell};
    use crate::process::command::Ended;
    use crate::process::wait::wait_until;
    use std::fs::{self, OpenOptions};
    use std::os::fd::AsFd;
    use std::path::Path;

    const LONG: Duration = Duration::from_secs(60);

    fn launch<'a>(dir: &Path, command: &[&str]) -> Launch<'a> {
        let log = OpenOptions::new().append(true).create(true).open(dir.join("run.log")).unwrap();
        let command = command.iter().map(OsString::from).collect();
        Launch {
            command,
            dir: dir.to_owned(),
            log,
            env: Vec::new(),
            without: Vec::new(),
            keep_open: Vec::new(),
        }
    }

    #[test]
    fn the_log_gets_both_streams_in_order_behind_what_it_had() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("run.log"), "before\n").unwrap();
        let script = "echo one; echo two >&2; echo $PYTHONUNBUFFERED $LR; cat; pwd -P";
        let mut start = launch(dir.path(), &["sh", "-c", script]);
        start.env.push(("LR".into(), "3e-4".into()));
        let end = start.start().unwrap().supervise(Some(LONG), LONG, Kin::Group, &mut |_| {}).unwrap();
        assert_eq!((end.ended, end.cause), (Ended::Exit(0), Cause::ByItself));
        let place = dir.path().canonicalize().unwrap();
        let expected = format!("before\none\ntwo\n1 3e-4\n{}\n", place.display());
        assert_eq!(fs::read_to_string(dir.path().join("run.log")).unwrap(), expected);
    }

    #[test]
    fn a_child_leads_a_group_of_its_own_under_its_identity() {
        let dir = tempfile::tempdir().unwrap();
        let child = launch(dir.path(), &["sleep", "60"]).start().unwrap();
        let identity = child.identity().clone();
        assert!(identity.is_alive() && crate::process::identity::group_is_alive(identity.pid));
        let end = child.supervise(Some(Duration::ZERO), LONG, Kin::Group, &mut |_| {}).unwrap();
        assert_eq!((end.ended, end.cause), (Ended::Signal(15), Cause::TimeLimit));
        assert!(!identity.is_alive());
    }

    #[test]
    fn a_lock_kept_open_is_held_by_the_child_after_gx_has_let_go_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("gpu.lock");
        let held = File::create(&path).unwrap();
        held.lock().unwrap();
        let mut start = launch(dir.path(), &["sleep", "60"]);
        start.keep_open.push(held.as_fd());
        let child = start.start().unwrap();
        drop(held);
        let probe = File::open(&path).unwrap();
        assert!(probe.try_lock().is_err(), "the child does not hold the lock");
        child.supervise(Some(Duration::ZERO), LONG, Kin::Group, &mut |_| {}).unwrap();
        wait_until(|| probe.try_lock().is_ok());
    }

    #[test]
    fn a_lock_that_is_not_kept_open_is_free_once_gx_lets_go_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("gpu.lock");
        let held = File::create(&path).unwrap();
        held.lock().unwrap();
        let child = launch(dir.path(), &["sleep", "60"]).start().unwrap();
        drop(held);
        let probe = File::open(&path).unwrap();
        wait_until(|| probe.try_lock().is_ok());
        assert!(child.identity().is_alive());
        child.supervise(Some(Duration::ZERO), LONG, Kin::Group, &mut |_| {}).unwrap();
    }

    #[test]
    fn a_missing_or_empty_command_is_a_fault_with_a_hint() {
        let dir = tempfile::tempdir().unwrap();
        let missing = tell(&launch(dir.path(), &["gx-no-such-program"]).start().unwrap_err());
        assert_eq!(missing.message, "cannot start `gx-no-such-program`: no such program");
        assert_eq!(missing.hints.len(), 1);
        let empty = tell(&launch(dir.path(), &[]).start().unwrap_err());
        assert_eq!((empty.exit, empty.hints.len()), (Exit::Usage, 1));
    }
}
