//! A program in the foreground: it has the terminal of whoever called gx, and gx only waits for it.

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::BorrowedFd;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, getpgrp, kill_process};

use crate::process::interrupt;
use crate::process::output::Ended;
use crate::process::spawn::spawn_with;
use crate::process::wait::Watch;

/// How long a wait lasts at most before it is looked again.
const LOOK: Duration = Duration::from_secs(60);

/// A program that is about to be run.
#[derive(Debug)]
pub struct Foreground<'a> {
    /// The program and its arguments.
    pub command: &'a [OsString],
    /// Variables to set in its environment.
    pub env: Vec<(String, String)>,
    /// Open files it inherits, such as held locks: those then stay held while it lives, even when gx is killed.
    pub keep_open: Vec<BorrowedFd<'a>>,
}

impl Foreground<'_> {
    /// Runs it to its end, with stdin, stdout and stderr of gx. Whoever calls this has called [`interrupt::listen`].
    ///
    /// Ctrl-C reaches it from the terminal, and it decides; a SIGTERM that only gx got is passed on to it.
    ///
    /// # Errors
    /// A fault when it cannot start.
    pub fn run(self) -> Result<Ended> {
        let (program, arguments) = self.command.split_first().context("a command without a program")?;
        let mut command = Command::new(program);
        command.args(arguments).envs(self.env);
        let mut seen = (interrupt::count(), interrupt::terminations());
        let mut process = spawn_with(&mut command, &self.keep_open)?;
        let mut watch = Watch::on(process.id());
        loop {
            if let Some(status) = process.try_wait().context("cannot wait for the command")? {
                return Ok(status.into());
            }
            watch.wait(LOOK);
            pass_on(process.id(), &mut seen);
        }
    }
}

/// Tells a child that was not reaped yet what gx was told alone; `seen` are the signals before, and the SIGTERMs of
/// them.
fn pass_on(child: u32, seen: &mut (usize, usize)) {
    let now = (interrupt::count(), interrupt::terminations());
    let before = std::mem::replace(seen, now);
    let Some(child) = i32::try_from(child).ok().and_then(Pid::from_raw) else { return };
    if now.1 > before.1 {
        let _ = kill_process(child, Signal::TERM);
    } else if now.0 > before.0 && !is_in_foreground() {
        let _ = kill_process(child, Signal::INT);
    }
}

/// Whether Ctrl-C of a terminal reaches the group of this process, and so everything that it started.
fn is_in_foreground() -> bool {
    let terminal = File::open("/dev/tty").ok();
    terminal.and_then(|terminal| rustix::termios::tcgetpgrp(terminal).ok()) == Some(getpgrp())
}

/// The words of a command as one line for people.
pub fn line(command: &[OsString]) -> String {
    let words: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}
