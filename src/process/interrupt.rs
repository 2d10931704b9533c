//! The signals that ask gx to stop, counted; whoever waits reads the count and decides.
//!
//! SIGHUP is none of them: when its terminal is closed a gx that waits for a run dies, and the run goes on.

use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

static COUNT: AtomicUsize = AtomicUsize::new(0);
static TERMINATIONS: AtomicUsize = AtomicUsize::new(0);
static IS_WISH: AtomicBool = AtomicBool::new(false);
static BELL: OnceLock<UnixStream> = OnceLock::new();

/// Starts to count in place of dying: SIGINT and SIGTERM as one, SIGUSR1 (to stop at once) as two; a second call
/// does nothing.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn listen() -> Result<()> {
    if BELL.get().is_some() {
        return Ok(());
    }
    let start = || {
        let (rings, mut rung) = UnixStream::pair()?;
        rings.set_nonblocking(true)?;
        rung.set_nonblocking(true)?;
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGUSR1])?;
        let _ = BELL.set(rings);
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in signals.forever() {
                TERMINATIONS.fetch_add(usize::from(signal == SIGTERM), Ordering::SeqCst);
                IS_WISH.fetch_or(signal != SIGTERM, Ordering::SeqCst);
                COUNT.fetch_add(if signal == SIGUSR1 { 2 } else { 1 }, Ordering::SeqCst);
                // A full pipe has woken whoever waits already.
                let _ = rung.write(&[0]);
            }
        })?;
        Ok::<_, std::io::Error>(())
    };
    start().context("cannot listen for interrupts")
}

/// How many such signals have come since [`listen`]: the first asks to stop, the second to stop at once.
pub fn count() -> usize {
    COUNT.load(Ordering::SeqCst)
}

/// How many of them were SIGTERM, which is sent to one process, where Ctrl-C reaches all of the foreground.
pub fn terminations() -> usize {
    TERMINATIONS.load(Ordering::SeqCst)
}

/// Whether somebody wanted this very process to stop (Ctrl-C, `gx stop`), and not the system to go down.
pub fn is_wish() -> bool {
    IS_WISH.load(Ordering::SeqCst)
}

/// Becomes readable when a signal comes; nothing before [`listen`].
pub(super) fn bell() -> Option<BorrowedFd<'static>> {
    BELL.get().map(AsFd::as_fd)
}

/// Makes the bell silent again until the next signal.
pub(super) fn hush() {
    if let Some(mut bell) = BELL.get() {
        while bell.read(&mut [0; 64]).is_ok_and(|read| read > 0) {}
    }
}
