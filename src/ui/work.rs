//! What is shown while long work goes on: how far it is, on stderr and gone when done; nothing where that is no terminal.

use std::cell::RefCell;
use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::store::experiments::Work;

/// Fewer experiments than this are done with before anybody could read the bar.
const WORTH: usize = 5000;

/// How often a line moves while nothing is told, so that it is seen to go on.
const TICK: Duration = Duration::from_millis(120);

/// A bar for work on so many experiments.
#[derive(Debug, Default)]
pub struct WorkBar {
    bar: RefCell<Option<(Work, ProgressBar)>>,
}

impl WorkBar {
    /// Shows that so many of so many experiments are done with.
    pub fn show(&self, work: Work, done: usize, total: usize) {
        if total < WORTH || !io::stderr().is_terminal() {
            return;
        }
        let mut bar = self.bar.borrow_mut();
        if let Some((_, old)) = bar.take_if(|(shown, _)| *shown != work) {
            old.finish_and_clear();
        }
        let (_, bar_of_now) = bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{msg} {bar:30} {pos} of {len}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            (work, bar.with_message(words(work)))
        });
        bar_of_now.set_position(done as u64);
        if done >= total {
            bar_of_now.finish_and_clear();
            *bar = None;
        }
    }
}

fn words(work: Work) -> &'static str {
    match work {
        Work::Index => "indexing experiments",
        Work::Look => "looking at experiments",
        Work::Archive => "archiving experiments",
    }
}

/// A line that says what is done just now, for work that has steps and no count; gone when dropped.
#[derive(Debug)]
pub struct Steps {
    line: Option<ProgressBar>,
}

impl Steps {
    /// One for whoever looks at stderr.
    pub fn begin() -> Self {
        let line = io::stderr().is_terminal().then(|| {
            let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {wide_msg}");
            line.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            line.enable_steady_tick(TICK);
            line
        });
        Self { line }
    }

    /// Says what comes next, as in `checking objects`.
    pub fn next(&self, what: impl Into<String>) {
        if let Some(line) = &self.line {
            line.set_message(what.into());
        }
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        if let Some(line) = &self.line {
            line.finish_and_clear();
        }
    }
}
