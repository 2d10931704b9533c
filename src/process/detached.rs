//! Another gx that nobody waits for: in a session of its own, heard by nobody but a log.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::process::find;
use crate::process::spawn::spawn;

/// Starts this very program with other arguments, and leaves it to itself.
///
/// What it has to say goes to the end of `log`, and nowhere where that cannot be written.
///
/// # Errors
/// It cannot be started.
pub fn start(arguments: &[&str], dir: &Path, log: &Path) -> Result<()> {
    let log = || {
        let file = File::options().create(true).append(true).open(log);
        file.map_or_else(|_| Stdio::null(), Stdio::from)
    };
    let mut command = Command::new(find::myself());
    command.args(arguments).current_dir(dir).stdin(Stdio::null()).stdout(log()).stderr(log());
    spawn(&mut command)?;
    Ok(())
}

/// Leaves the session and the terminal of whoever started this process, and lets everybody else go first.
pub fn leave() {
    // A process that leads its group has a session of its own already.
    let _ = rustix::process::setsid();
    let _ = rustix::process::nice(19);
}
