//! A few lines at the foot of the terminal that rewrite themselves while other lines pass above them.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::ui::output::{self, Output};
use crate::ui::table::cut;

/// The lines; without a terminal there are none.
#[derive(Debug)]
pub struct Foot {
    bar: Option<ProgressBar>,
}

impl Foot {
    /// Nothing yet.
    pub fn new(answers: Output) -> Self {
        let is_seen = io::stderr().is_terminal() && io::stdout().is_terminal() && !answers.is_json();
        let bar = is_seen.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(
                ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()),
            );
            bar
        });
        Self { bar }
    }

    /// Whether anybody sees them.
    pub fn is_seen(&self) -> bool {
        self.bar.is_some()
    }

    /// How wide a line may be.
    pub fn width(&self) -> usize {
        output::width(&io::stderr())
    }

    /// Shows these lines instead of the last ones.
    pub fn show(&self, text: &str) {
        if let Some(bar) = &self.bar {
            let lines: Vec<String> = text.lines().map(|line| cut(line, self.width())).collect();
            bar.set_message(lines.join("\n"));
            bar.tick();
        }
    }

    /// Lets somebody write above them.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes them away.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.set_message("");
            bar.tick();
            bar.finish_and_clear();
        }
    }
}
