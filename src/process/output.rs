//! What a short program left, and reading it against a deadline.

use std::fmt;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::process::Signal;

use crate::process::errands::Errand;
use crate::process::group::Group;
use crate::process::identity::Identity;
use serde::{Deserialize, Serialize};

use crate::process::wait::Watch;

/// What a short program left.
#[derive(Debug)]
pub struct Output {
    /// How it ended.
    pub status: Ended,
    /// All of its standard output; empty when that was inherited.
    pub stdout: Vec<u8>,
    /// All of its standard error; empty when that was inherited.
    pub stderr: Vec<u8>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// By itself, with this exit code.
    Exit(i32),
    /// By a signal with this number.
    Signal(i32),
}

impl Ended {
    /// Whether it ended by itself with exit code 0.
    pub fn success(self) -> bool {
        self == Self::Exit(0)
    }

    /// The exit code that a shell gives it: 128 and the signal where there was one.
    pub fn code(self) -> u8 {
        let code = match self {
            Self::Exit(code) => code,
            Self::Signal(number) => 128 + number,
        };
        u8::try_from(code & 0xff).unwrap_or(u8::MAX)
    }
}

impl From<ExitStatus> for Ended {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Exit(code),
            (None, signal) => Self::Signal(signal.unwrap_or_default()),
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(code) => write!(f, "exit code {code}"),
            Self::Signal(number) => write!(f, "signal {number}"),
        }
    }
}

/// When a program has to be done.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    /// When it was started.
    pub began: Instant,
    /// How long it may take.
    pub limit: Duration,
}

impl Deadline {
    fn left(&self) -> Duration {
        self.limit.saturating_sub(self.began.elapsed())
    }
}

/// Reads and waits until the deadline; `None` when that passed, and the group has been killed.
///
/// The child must lead a process group of its own.
///
/// # Errors
/// When the system cannot tell about the child any more.
pub(super) fn collect(mut child: Child, errand: Errand, deadline: &Deadline) -> Result<Option<Output>> {
    let group = Group::led_by(Identity::of(child.id()).unwrap_or_else(|| Identity::unknown(child.id())));
    let stdout = Reading::start(child.stdout.take());
    let stderr = Reading::start(child.stderr.take());
    if let Some(stdout) = stdout.finish(deadline)
        && let Some(stderr) = stderr.finish(deadline)
        && let Some(status) = wait(&mut child, deadline)?
    {
        return Ok(Some(Output { status, stdout, stderr }));
    }
    // A program that took on other rights cannot be killed, and one that hangs inside the kernel, as card
    // queries do, does not die: either is left behind.
    let _ = group.signal(Signal::KILL);
    let is_over = wait(&mut child, &Deadline { began: Instant::now(), limit: Duration::from_secs(1) })?;
    if is_over.is_none() || group.is_alive() {
        errand.abandon();
    }
    Ok(None)
}

/// Reads to the end, and hands on what comes on stderr at once.
///
/// # Errors
/// When the system cannot tell about the child any more.
pub(super) fn collect_heard(mut child: Child, hear: &mut dyn FnMut(&[u8])) -> Result<Output> {
    let stdout = Reading::start(child.stdout.take());
    let (mut said, mut piece) = (Vec::new(), [0; 4096]);
    if let Some(mut stderr) = child.stderr.take() {
        while let Ok(read @ 1..) = stderr.read(&mut piece) {
            said.extend_from_slice(&piece[..read]);
            hear(&piece[..read]);
        }
    }
    let status = child.wait()?.into();
    Ok(Output { status, stdout: stdout.wait(), stderr: said })
}

/// A stream that a thread reads to its end; one that never ends costs that thread and nothing else.
struct Reading(Option<Receiver<Vec<u8>>>);

impl Reading {
    fn start(stream: Option<impl Read + Send + 'static>) -> Self {
        Self(stream.map(|mut stream| {
            let (send, receive) = channel();
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                let _ = stream.read_to_end(&mut bytes);
                let _ = send.send(bytes);
            });
            receive
        }))
    }

    fn wait(self) -> Vec<u8> {
        self.0.and_then(|bytes| bytes.recv().ok()).unwrap_or_default()
    }

    fn finish(self, deadline: &Deadline) -> Option<Vec<u8>> {
        self.0.map_or(Some(Vec::new()), |bytes| bytes.recv_timeout(deadline.left()).ok())
    }
}

fn wait(child: &mut Child, deadline: &Deadline) -> Result<Option<Ended>> {
    let mut watch = Watch::on(child.id());
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.into()));
        }
        match deadline.left() {
            Duration::ZERO => return Ok(None),
            left => watch.wait(left),
        }
    }
}
