//! A stream of a stranger's bytes for a terminal: it may rewrite its line, and do nothing else to the screen.

use crate::process::log::sanitize;

/// How much of a line is held back for its end, in bytes.
const LONGEST: usize = 64 << 10;

/// Makes pieces of a log safe; a line is shown when it ends, or when nothing new comes.
#[derive(Debug, Default)]
pub struct Screen {
    begun: Vec<u8>,
}

impl Screen {
    /// What can be shown now that `piece` has come.
    pub fn take(&mut self, piece: &[u8]) -> String {
        self.begun.extend_from_slice(piece);
        let is_border = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let end = self.begun.iter().rposition(is_border).map_or(0, |border| border + 1);
        let end = if self.begun.len() - end > LONGEST { self.begun.len() } else { end };
        let whole: Vec<u8> = self.begun.drain(..end).collect();
        shown(&whole)
    }

    /// What is left, as nothing more comes for now.
    pub fn rest(&mut self) -> String {
        shown(&std::mem::take(&mut self.begun))
    }
}

fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.split('\r').map(sanitize).collect::<Vec<_>>().join("\r")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_may_rewrite_itself_and_a_torn_letter_is_mended() {
        let mut screen = Screen::default();
        assert_eq!(screen.take(b"10%\r20%\r\x1b[2J\xc3"), "10%\r20%\r");
        assert_eq!(screen.take(b"\xa9\n5"), "é\n");
        assert_eq!((screen.rest().as_str(), screen.rest().as_str()), ("5", ""));
    }

    proptest! {
        #[test]
        fn no_bytes_drive_the_terminal(pieces: Vec<Vec<u8>>) {
            let mut screen = Screen::default();
            let mut all: String = pieces.iter().map(|piece| screen.take(piece)).collect();
            all += &screen.rest();
            prop_assert!(!all.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r')));
        }
    }
}
