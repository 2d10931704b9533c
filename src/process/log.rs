//! What a program wrote, read back in bounded bites and made safe to show.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// How much of the end of a log may hold its progress line, in bytes.
const PROGRESS_WINDOW: usize = 8 << 10;

/// How long a progress line may be shown, in characters.
const PROGRESS_WIDTH: usize = 200;

/// How much of the end of a log [`tail`] reads, in bytes.
const TAIL_WINDOW: usize = 1 << 20;

/// The last line with anything on it, for a status display: at most 200 characters of the last 8 KiB.
///
/// A progress bar rewrites its line with a carriage return, so that ends a line too. `None` when there
/// is no such line, or no such log yet.
pub fn last_progress(path: &Path) -> Option<String> {
    let (bytes, _) = read_end(path, PROGRESS_WINDOW).ok()?;
    last_line(&bytes)
}

fn last_line(bytes: &[u8]) -> Option<String> {
    bytes.rsplit(|&byte| is_border(byte)).find_map(|line| {
        let line = sanitize(&String::from_utf8_lossy(line)).replace('\t', " ");
        let shown: String = line.trim().chars().take(PROGRESS_WIDTH).collect();
        (!shown.is_empty()).then_some(shown)
    })
}

/// The last `lines` lines as a terminal would show them, as far as they lie in the last MiB.
///
/// Of a line that was rewritten by carriage returns only its last state is left.
///
/// # Errors
/// When the log cannot be read.
pub fn tail(path: &Path, lines: usize) -> io::Result<String> {
    let (bytes, is_whole) = read_end(path, TAIL_WINDOW)?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let mut all: Vec<&str> = text.split('\n').collect();
    if !is_whole && all.len() > 1 {
        all.remove(0);
    }
    if bytes.is_empty() {
        all.clear();
    }
    let shown = all[all.len().saturating_sub(lines)..].iter().map(|line| sanitize(last_state(line)) + "\n");
    Ok(shown.collect())
}

/// Where the last `lines` lines begin, in bytes, as far as they lie in the last MiB.
///
/// # Errors
/// When the log cannot be read.
pub fn start_of_tail(path: &Path, lines: usize) -> io::Result<u64> {
    let length = File::open(path)?.metadata()?.len();
    let (bytes, _) = read_end(path, TAIL_WINDOW)?;
    let body = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let starts = body.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let start = if lines == 0 { bytes.len() } else { starts.take(lines).nth(lines - 1).unwrap_or(0) };
    Ok(length.saturating_sub((bytes.len() - start) as u64))
}

fn last_state(line: &str) -> &str {
    line.rsplit('\r').find(|state| !state.is_empty()).unwrap_or_default()
}

/// What is kept of a log for ever: all of it up to `cap` bytes, else its first quarter of `cap` and its last
/// three, cut at line borders where there are any, with a line between them that says how many bytes are left
/// out. What lies in between is not read.
///
/// # Errors
/// When the log cannot be read.
pub fn excerpt(path: &Path, cap: usize) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    if size <= cap as u64 {
        return read_at(&mut file, 0, cap);
    }
    let (head, tail) = shares(cap);
    let head = read_at(&mut file, 0, head)?;
    let tail = read_at(&mut file, size - tail as u64, tail)?;
    Ok(join(&head, &tail, size))
}

fn shares(cap: usize) -> (usize, usize) {
    (cap / 4, cap - cap / 4)
}

fn join(head: &[u8], tail: &[u8], size: u64) -> Vec<u8> {
    let head = match head.iter().rposition(|&byte| is_border(byte)) {
        Some(border) => &head[..=border],
        None => head,
    };
    let tail = match tail.iter().position(|&byte| is_border(byte)) {
        Some(border) if border + 1 < tail.len() => &tail[border + 1..],
        _ => tail,
    };
    let left_out = size.saturating_sub((head.len() + tail.len()) as u64);
    let mut kept = head.to_vec();
    if kept.last().is_some_and(|&byte| byte != b'\n') {
        kept.push(b'\n');
    }
    kept.extend(format!("[gx: {left_out} bytes left out here]\n").bytes());
    kept.extend(tail);
    kept
}

fn is_border(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// The last `window` bytes, and whether those are all.
fn read_end(path: &Path, window: usize) -> io::Result<(Vec<u8>, bool)> {
    let mut file = File::open(path)?;
    let start = file.metadata()?.len().saturating_sub(window as u64);
    Ok((read_at(&mut file, start, window)?, start == 0))
}

/// At most `length` bytes from `start`: a log that grows meanwhile does not grow the answer.
fn read_at(file: &mut File, start: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.take(length as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text without ANSI escape sequences, control characters other than newline and tab, and marks that
/// reverse the direction of writing: what a stranger's program wrote cannot drive the reader's terminal.
pub fn sanitize(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '\u{1b}' => skip_escape(&mut rest),
            '\u{9b}' => skip_control_sequence(&mut rest),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => skip_string(&mut rest),
            '\n' | '\t' => clean.push(next),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            _ if next.is_control() => {}
            _ => clean.push(next),
        }
    }
    clean
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Skips what follows an ESC, by the grammar of ECMA-48.
fn skip_escape(rest: &mut Rest<'_>) {
    match rest.peek() {
        Some('[') => {
            rest.next();
            skip_control_sequence(rest);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            rest.next();
            skip_string(rest);
        }
        _ => {
            while rest.next_if(|next| matches!(next, ' '..='/')).is_some() {}
            rest.next_if(|next| matches!(next, '0'..='~'));
        }
    }
}

fn skip_control_sequence(rest: &mut Rest<'_>) {
    while rest.next_if(|next| matches!(next, ' '..='?')).is_some() {}
    rest.next_if(|next| matches!(next, '@'..='~'));
}

/// Skips a title, a link or the like up to its end, BEL or ST; one without an end takes no further line.
fn skip_string(rest: &mut Rest<'_>) {
    while let Some(next) = rest.next_if(|&next| next != '\n') {
        match next {
            '\u{7}' | '\u{9c}' => return,
            '\u{1b}' => {
                rest.next_if_eq(&'\\');
                return;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;

    fn with_log<T>(bytes: &[u8], read: impl FnOnce(&Path) -> T) -> T {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run.log");
        fs::write(&path, bytes).unwrap();
        read(&path)
    }

    /// As [`excerpt`], of bytes that are read already.
    fn head_and_tail(bytes: &[u8], cap: usize) -> Vec<u8> {
        if bytes.len() <= cap {
            return bytes.to_vec();
        }
        let (head, tail) = shares(cap);
        join(&bytes[..head], &bytes[bytes.len() - tail..], bytes.len() as u64)
    }

    #[test]
    fn the_last_state_of_a_progress_bar_is_the_progress() {
        let log = b"step 1\n\x1b[32mstep 2\x1b[0m  10%\rstep 2\t 20%\r\x1b[K\r\n\n";
        assert_eq!(with_log(log, last_progress).unwrap(), "step 2  20%");
        assert_eq!(with_log(b" \n\r\n", last_progress), None);
        assert_eq!(last_progress(Path::new("/gx-nowhere")), None);
    }

    #[test]
    fn a_line_without_an_end_is_shown_in_part() {
        let log = "é".repeat(100_000);
        assert_eq!(with_log(log.as_bytes(), last_progress).unwrap().chars().count(), 200);
    }

    #[test]
    fn the_tail_has_the_last_lines_as_a_terminal_shows_them() {
        let log = b"a\nb\n10%\r20%\r\nlast";
        assert_eq!(with_log(log, |path| tail(path, 3)).unwrap(), "b\n20%\nlast\n");
        assert_eq!(with_log(log, |path| tail(path, 99)).unwrap(), "a\nb\n20%\nlast\n");
        assert_eq!(with_log(log, |path| tail(path, 0)).unwrap(), "");
        assert_eq!(with_log(b"", |path| tail(path, 5)).unwrap(), "");
    }

    #[test]
    fn the_place_where_the_last_lines_begin_is_counted_from_the_end() {
        let start = |log: &[u8], lines| with_log(log, |path| start_of_tail(path, lines)).unwrap();
        assert_eq!(
            (start(b"a\nb\nc\n", 2), start(b"a\nb\nc", 1), start(b"a\n", 0), start(b"a\nb\n", 9)),
            (2, 4, 2, 0)
        );
        let long = "0123456789\n".repeat(200_000);
        assert_eq!(start(long.as_bytes(), 3), long.len() as u64 - 33);
    }

    #[test]
    fn the_tail_of_a_large_log_begins_with_a_whole_line() {
        let log = "0123456789\n".repeat(200_000);
        let shown = with_log(log.as_bytes(), |path| tail(path, usize::MAX)).unwrap();
        assert!(shown.len() <= TAIL_WINDOW && shown.lines().all(|line| line == "0123456789"));
    }

    #[test]
    fn a_large_log_keeps_its_head_and_its_tail_and_says_what_is_missing() {
        let log: String = (0..1000).map(|line| format!("line {line:03}\n")).collect();
        let kept = with_log(log.as_bytes(), |path| excerpt(path, 90)).unwrap();
        assert_eq!(kept, head_and_tail(log.as_bytes(), 90), "a file is cut as bytes are");
        let expected = "line 000\nline 001\n[gx: 8919 bytes left out here]\n\
                        line 993\nline 994\nline 995\nline 996\nline 997\nline 998\nline 999\n";
        assert_eq!(String::from_utf8(kept).unwrap(), expected);
        assert_eq!(with_log(log.as_bytes(), |path| excerpt(path, 9000)).unwrap(), log.as_bytes());
    }

    #[test]
    fn nothing_that_drives_a_terminal_is_left() {
        let hostile = "a\x1b[2J\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c\u{9b}31md\x1b(Be\x08\u{202e}\tf\n";
        assert_eq!(sanitize(hostile), "abcde\tf\n");
        assert_eq!(sanitize("\x1b]never ended\nnext"), "\nnext");
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read_and_shown(bytes: Vec<u8>, cap in 0usize..64) {
            if let Some(line) = last_line(&bytes) {
                prop_assert!(line.chars().count() <= PROGRESS_WIDTH && !line.contains(char::is_control));
            }
            prop_assert_eq!(with_log(&bytes, |path| excerpt(path, cap)).unwrap(), head_and_tail(&bytes, cap));
            with_log(&bytes, |path| tail(path, cap)).unwrap();
        }

        #[test]
        fn clean_text_has_no_controls_and_stays_as_it_is(text in r"[\x00-\x20\x1b\[\];a-z\u{7f}-\u{a0}]*") {
            let clean = sanitize(&text);
            prop_assert!(!clean.contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
            prop_assert_eq!(sanitize(&clean), clean);
        }
    }
}
