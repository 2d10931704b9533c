//! Another gx that looks after a run: in a session of its own, so that it outlives whoever started it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

use crate::process::spawn::spawn;
use crate::process::{find, interrupt, wait};

/// What interrupts of this process do while it listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupts {
    /// The supervisor gets them.
    PassedOn,
    /// They are for this process alone.
    EndListening,
}

/// A supervisor that was started; dropping it leaves it to itself.
#[derive(Debug)]
pub struct Supervisor {
    process: Child,
    told: ChildStdout,
}

/// What a supervisor has around it that is not as its starter has it.
#[derive(Debug, Default)]
pub struct Place {
    /// Its environment.
    pub environment: Option<Vec<(OsString, OsString)>>,
    /// The folder that it works in.
    pub dir: Option<PathBuf>,
}

impl Supervisor {
    /// Starts this very program with other arguments, and gives it `order` on its stdin.
    ///
    /// What it has to say that is for nobody goes to `errors`: it must not keep a pipe of its caller open.
    pub fn start(arguments: &[String], order: &[u8], errors: &Path, place: Place) -> Result<Self> {
        // In a repository that cannot be written the supervisor says so itself.
        let errors = File::options().create(true).append(true).open(errors);
        let errors = errors.map_or_else(|_| Stdio::null(), Stdio::from);
        let mut command = Command::new(find::myself());
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        if let Some(environment) = place.environment {
            command.env_clear().envs(environment);
        }
        if let Some(dir) = place.dir {
            command.current_dir(dir);
        }
        let mut process = spawn(&mut command)?;
        let told = process.stdout.take().context("a supervisor without a voice")?;
        if let Some(mut stdin) = process.stdin.take() {
            stdin.write_all(order).context("cannot give the order to the supervisor")?;
        }
        Ok(Self { process, told })
    }

    /// Hears it out, line by line, until `hear` has heard enough or it ends.
    ///
    /// Where `interrupts` are passed on, it decides what they stop.
    pub fn listen(
        &mut self,
        interrupts: Interrupts,
        hear: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<()> {
        let (mut heard, mut passed_on) = (Vec::new(), 0);
        loop {
            wait::for_any(&[self.told.as_fd()], None);
            match interrupts {
                Interrupts::PassedOn => self.pass_on(&mut passed_on),
                Interrupts::EndListening if interrupt::count() > 0 => return Ok(()),
                Interrupts::EndListening => {}
            }
            // Nothing may have come: then an interrupt did.
            if !wait::is_ready(self.told.as_fd()) {
                continue;
            }
            let mut piece = [0; 16 << 10];
            match self.told.read(&mut piece) {
                Ok(0) => break,
                Ok(length) => heard.extend_from_slice(&piece[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error).context("cannot hear the supervisor"),
            }
            while let Some(end) = heard.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = heard.drain(..=end).collect();
                if hear(&line).is_break() {
                    return Ok(());
                }
            }
        }
        self.process.wait().context("cannot wait for the supervisor")?;
        Ok(())
    }

    fn pass_on(&self, passed_on: &mut usize) {
        let count = interrupt::count();
        if count > *passed_on {
            let signal = match count {
                // The system goes down: what waits for its turn is to stay queued.
                _ if !interrupt::is_wish() => Signal::TERM,
                1 => Signal::INT,
                // Twice at once would melt into one signal.
                _ => Signal::USR1,
            };
            if let Some(pid) = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw) {
                // It is a child that was not waited for, so the number is still its own.
                let _ = kill_process(pid, signal);
            }
            *passed_on = count;
        }
    }
}
