//! Whether an answer is shown a screen at a time: only to a person, and only when it is longer than the screen.

use std::env;
use std::io::{self, IsTerminal};

use unicode_width::UnicodeWidthStr;

use crate::git::pager;

/// The pager that the person at the terminal has chosen; nothing where there is no person, or none is wanted.
pub(super) fn chosen() -> Option<String> {
    let is_dumb = env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    if is_dumb || !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return None;
    }
    match env::var("GX_PAGER") {
        Ok(name) => pager::wanted(&name),
        Err(_) => pager::pager(),
    }
}

/// Whether a text is longer than the screen; never where there is no screen.
pub(super) fn is_long(text: &[u8]) -> bool {
    let Ok(size) = rustix::termios::tcgetwinsize(io::stdout()) else { return false };
    let rows = rows(&String::from_utf8_lossy(text), usize::from(size.ws_col));
    // The last row is for the prompt that comes next; a terminal that does not know its size has no screen.
    size.ws_row > 0 && rows >= usize::from(size.ws_row)
}

/// How many rows of so many columns a text takes.
fn rows(text: &str, columns: usize) -> usize {
    text.lines().map(|line| plain(line).width().div_ceil(columns.max(1)).max(1)).sum()
}

/// A line without the codes that colour it.
fn plain(line: &str) -> String {
    let mut pieces = line.split("\x1b[");
    let first = pieces.next().unwrap_or_default().to_owned();
    first + &pieces.map(|piece| piece.split_once('m').map_or(piece, |(_, rest)| rest)).collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_take_several_rows_and_colours_none() {
        assert_eq!(rows("", 80), 0);
        assert_eq!(rows("one\n\nthree\n", 80), 3);
        assert_eq!(rows("0123456789\n0123456789a\n", 10), 3);
        assert_eq!(rows("\x1b[1m0123456789\x1b[0m\n", 10), 1);
        assert_eq!(rows("日本語\n", 5), 2);
    }
}
