//! The bar that is shown while a long history is looked at.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Fewer commits than this are looked at before anybody could read the bar.
const WORTH: usize = 500;

/// A bar on stderr, gone when all is done; nothing where that is no terminal.
#[derive(Debug, Default)]
pub struct CommitBar {
    bar: Option<ProgressBar>,
}

impl CommitBar {
    /// Shows that so many of so many commits were looked at.
    pub fn show(&mut self, done: usize, total: usize) {
        if total < WORTH || !io::stderr().is_terminal() {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("looking at commits {bar:30} {pos} of {len}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        bar.set_position(done as u64);
    }
}

impl Drop for CommitBar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
