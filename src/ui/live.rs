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
    screen: Screen,
    last: Option<String>,
}

/// What stands on the screen, and how many frames ago it was drawn as a whole.
#[derive(Debug, Default)]
struct Screen {
    lines: Vec<String>,
    size: (u16, u16),
    age: u32,
}

/// After so many frames the screen is drawn as a whole, in case somebody else has written on it.
const WHOLE: u32 = 30;

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
        Ok(Self { output, is_screen, screen: Screen::default(), last: None })
    }

    /// Shows it: on a screen what differs from before; in a pipe only when `standing`, what matters of it, has changed;
    /// as JSON when anything has.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn show<T: Serialize + Show>(&mut self, answer: &T, standing: &T) -> Result<()> {
        if self.is_screen {
            let size = rustix::termios::tcgetwinsize(io::stdout()).map_or((24, 80), |s| (s.ws_row, s.ws_col));
            let page = self.output.page(answer);
            return self.output.raw(self.screen.frame(&page, size).as_bytes());
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

impl Screen {
    /// What brings the page onto a screen of rows and columns: the lines that differ, each over what stands there,
    /// so that nothing flickers. What is below the screen is cut.
    fn frame(&mut self, page: &str, size: (u16, u16)) -> String {
        let is_whole = size != self.size || self.age >= WHOLE;
        let room = usize::from(size.0).max(2) - 1;
        let lines: Vec<String> = page.lines().take(room).map(str::to_owned).collect();
        let mut drawn = String::new();
        for (number, line) in lines.iter().enumerate() {
            if is_whole || self.lines.get(number) != Some(line) {
                drawn.push_str(&format!("\x1b[{};1H{line}\x1b[K", number + 1));
            }
        }
        if is_whole || lines.len() < self.lines.len() {
            drawn.push_str(&format!("\x1b[{};1H\x1b[J", lines.len() + 1));
        }
        *self = Self { lines, size, age: if is_whole { 1 } else { self.age + 1 } };
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lines_that_differ_are_drawn_again() {
        let mut screen = Screen::default();
        let whole = screen.frame("one\ntwo\nthree\n", (24, 80));
        assert_eq!(whole, "\x1b[1;1Hone\x1b[K\x1b[2;1Htwo\x1b[K\x1b[3;1Hthree\x1b[K\x1b[4;1H\x1b[J");
        assert_eq!(screen.frame("one\ntwo\nthree\n", (24, 80)), "");
        assert_eq!(screen.frame("one\n2\nthree\n", (24, 80)), "\x1b[2;1H2\x1b[K");
        assert_eq!(screen.frame("one\n2\n", (24, 80)), "\x1b[3;1H\x1b[J", "what was there must go");
        assert!(screen.frame("one\n2\n", (24, 81)).starts_with("\x1b[1;1Hone"), "a new size draws all");
        let frames = (0..2 * WHOLE).filter(|_| !screen.frame("one\n2\n", (24, 81)).is_empty());
        assert_eq!(frames.count(), 2, "somebody else may have written on the screen");
        assert_eq!(
            screen.frame("a\nb\nc\n", (3, 81)).matches("\x1b[K").count(),
            2,
            "the last line stays free"
        );
    }
}
