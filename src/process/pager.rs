//! A program that shows a long text a screen at a time.

use anyhow::Result;

use crate::process::command::Program;
use crate::process::interrupt;

/// What `less` is told, as git tells it: end at once where all fits, colours as they are, leave the screen as it is.
const LESS: &str = "FRX";

/// What a shell answers for a program that is not there or cannot be run (POSIX, 2.8.2).
const NOT_RUN: [u8; 2] = [126, 127];

/// Gives the text to a pager, a shell command, and waits until its reader has seen enough; whether there is such a
/// program.
///
/// # Errors
/// When no shell can be started.
pub fn show(pager: &str, text: Vec<u8>) -> Result<bool> {
    // Ctrl-C is for the pager, which may only stop its search with it.
    interrupt::listen()?;
    let mut program = Program::new("sh").arg("-c").arg(pager).input(text).inherit_output();
    for (name, value) in [("LESS", LESS), ("LV", "-c")] {
        if std::env::var_os(name).is_none() {
            program = program.env(name, value);
        }
    }
    let ended = program.output()?;
    Ok(!NOT_RUN.contains(&ended.status.code()))
}
