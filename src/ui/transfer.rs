//! What git says while it fetches or pushes, as one line that rewrites itself; and a question to a person.

use std::io::{self, BufRead, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::ui::output::Output;
use crate::ui::style::Label;

/// A line on the terminal that is gone when the transfer is over.
#[derive(Debug)]
pub struct Transfer {
    bar: ProgressBar,
    rest: String,
}

impl Transfer {
    /// One for a person who looks at stderr; nobody else needs it.
    pub fn on_terminal(output: Output) -> Option<Self> {
        if !is_watched(output) {
            return None;
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{spinner} {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        Some(Self { bar, rest: String::new() })
    }

    /// Takes a piece of what git says: lines end with either of two bytes, and a piece may end anywhere.
    pub fn hear(&mut self, piece: &[u8]) {
        self.rest.push_str(&String::from_utf8_lossy(piece));
        let end = self.rest.rfind(['\r', '\n']).unwrap_or_default();
        let line = self.rest[..end].rsplit(['\r', '\n']).find(|line| !line.trim().is_empty());
        if let Some(line) = line.filter(|line| line.contains('%')) {
            self.bar.set_message(line.trim().to_owned());
            self.bar.tick();
        }
        self.rest.drain(..end);
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Whether a person is there, to be shown something and to be asked.
pub fn is_watched(output: Output) -> bool {
    !output.is_json() && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a person; anything but `y` or `yes` is a no.
pub fn asks(output: Output, question: &str) -> bool {
    output.note("question", Label::Strong, &format!("{question} [y/N]"));
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.is_ok() && ["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str())
}
