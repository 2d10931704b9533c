//! The bar that is shown while an index is made.

use std::cell::RefCell;
use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Fewer experiments than this are indexed before anybody could read the bar.
const WORTH: usize = 5000;

/// A bar on stderr, gone when all is done; nothing where that is no terminal.
#[derive(Debug, Default)]
pub struct IndexBar {
    bar: RefCell<Option<ProgressBar>>,
}

impl IndexBar {
    /// Shows that so many of so many experiments are indexed.
    pub fn show(&self, done: usize, total: usize) {
        if total < WORTH || !io::stderr().is_terminal() {
            return;
        }
        let mut bar = self.bar.borrow_mut();
        let bar_of_now = bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("indexing experiments {bar:30} {pos} of {len}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        bar_of_now.set_position(done as u64);
        if done >= total {
            bar_of_now.finish_and_clear();
            *bar = None;
        }
    }
}
