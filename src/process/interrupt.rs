//! The signals that ask gx to stop, counted; whoever waits reads the count and decides.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};

static COUNT: AtomicUsize = AtomicUsize::new(0);
static LISTENING: Mutex<bool> = Mutex::new(false);

/// Starts to count SIGINT, SIGTERM and SIGHUP in place of dying from them; a second call does nothing.
///
/// # Errors
/// When the handler cannot be installed.
pub fn listen() -> Result<()> {
    let mut listening = LISTENING.lock().unwrap_or_else(PoisonError::into_inner);
    if !*listening {
        ctrlc::set_handler(|| {
            COUNT.fetch_add(1, Ordering::SeqCst);
        })
        .context("cannot listen for interrupts")?;
        *listening = true;
    }
    Ok(())
}

/// How many such signals have come since [`listen`]: the first asks to stop, the second to stop at once.
pub fn count() -> usize {
    COUNT.load(Ordering::SeqCst)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::wait::wait_until;
    use rustix::process::{Signal, getpid, kill_process};
    use std::process::Command;

    const ROLE: &str = "GX_TEST_SIGNALS_ITSELF";

    /// The count belongs to the whole process, so the test plays its part in a process of its own.
    #[test]
    fn every_asking_signal_is_counted_and_none_of_them_kills() {
        if std::env::var_os(ROLE).is_some() {
            listen().unwrap();
            listen().unwrap();
            for (nth, signal) in [Signal::INT, Signal::TERM, Signal::HUP].into_iter().enumerate() {
                kill_process(getpid(), signal).unwrap();
                wait_until(|| count() == nth + 1);
            }
            return;
        }
        let name = "process::interrupt::tests::every_asking_signal_is_counted_and_none_of_them_kills";
        let played = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(ROLE, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&played.stdout).into_owned();
        assert!(played.status.success() && said.contains("1 passed"), "{said}");
    }
}
