//! An answer that is shown again and again: on a screen of its own, or in a pipe whenever it has changed.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use anyhow::Result;
use serde::Serialize;

use crate::process::wait::is_ready;
use crate::ui::output::Output;
use crate::ui::page::Show;

/// The alternate screen, so that what stood there comes back; no cursor, and a line that is too long stays one line.
const BEGIN: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?7l";
const END: &[u8] = b"\x1b[?7h\x1b[?25h\x1b[?1049l";

/// An answer that is shown again and again; leaves the terminal as it was when dropped.
#[must_use = "dropping it gives the terminal back"]
#[derive(Debug)]
pub struct Live {
    output: Output,
    is_screen: bool,
    last: Option<String>,
}

impl Live {
    /// Takes the terminal, if there is one and people are to read from it.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn new(output: Output) -> Result<Self> {
        let is_screen = io::stdout().is_terminal() && !output.is_json();
        if is_screen {
            output.raw(BEGIN)?;
        }
        Ok(Self { output, is_screen, last: None })
    }

    /// Shows it: in a pipe only when `standing`, what matters of it, has changed; as JSON when anything has.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn show<T: Serialize + Show>(&mut self, answer: &T, standing: &T) -> Result<()> {
        if self.is_screen {
            return self.output.raw(frame(&self.output.page(answer)).as_bytes());
        }
        let is_json = self.output.is_json();
        let now = serde_json::to_string(if is_json { answer } else { standing })?;
        if self.last.as_ref() == Some(&now) {
            return Ok(());
        }
        if is_json {
            self.output.raw(format!("{now}\n").as_bytes())?;
        } else {
            let gap = if self.last.is_some() { "\n" } else { "" };
            self.output.raw(format!("{gap}{}", self.output.page(answer)).as_bytes())?;
        }
        self.last = Some(now);
        Ok(())
    }

    /// Whether somebody may still be reading: the other end of a pipe may be gone (`| head`).
    pub fn has_reader(&self) -> bool {
        let stdout = io::stdout();
        let is_pipe = rustix::fs::fstat(&stdout).is_ok_and(|stat| {
            rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::Fifo
        });
        // Nothing can ever be read from this end: news about it is that there is no other end.
        !(is_pipe && is_ready(stdout.as_fd()))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if self.is_screen {
            let _ = self.output.raw(END);
        }
    }
}

/// Writes over what stands there line by line, so that nothing flickers, and cuts what is below the screen.
fn frame(page: &str) -> String {
    let rows = rustix::termios::tcgetwinsize(io::stdout()).map_or(24, |size| usize::from(size.ws_row));
    let lines: Vec<String> =
        page.lines().take(rows.max(2) - 1).map(|line| format!("{line}\x1b[K\r\n")).collect();
    format!("\x1b[H{}\x1b[J", lines.concat())
}
