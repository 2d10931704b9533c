//! Runs of base64 and hex, and how they go on over lines: in a file, in a string with `\\n` in it, in many strings.

use std::ops::Range;

/// Shorter runs are not taken for base64 or hex.
const SHORTEST: usize = 16;

/// Lines of at least so many letters are wrapped; a shorter one ends the text.
pub const LINE: usize = 32;

/// So much may stand between two lines: indentation, quotes, marks of comments.
const BETWEEN: usize = 160;

const fn is_run(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/' | b'+' | b'-')
}

const RUN: [bool; 256] = {
    let (mut table, mut byte) = ([false; 256], 0);
    while byte < 256 {
        table[byte] = is_run(byte as u8);
        byte += 1;
    }
    table
};

/// The next run of base64's letters that is long enough. A long run covers each sixteenth byte, so only these are asked.
pub fn next_run(text: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    loop {
        let probe = at + SHORTEST - 1;
        if !RUN[usize::from(*text.get(probe)?)] {
            at = probe + 1;
            continue;
        }
        let back = text[at..probe].iter().rev().take_while(|byte| RUN[usize::from(**byte)]).count();
        let start = probe - back;
        let end = run_end(text, probe);
        if end - start >= SHORTEST {
            return Some(start..end);
        }
        at = end;
    }
}

fn run_end(text: &[u8], from: usize) -> usize {
    from + text[from..].iter().take_while(|byte| RUN[usize::from(**byte)]).count()
}

/// The line that goes on a run, `width` letters wide at its first line, behind the line that ends at `end`.
///
/// Wrapped lines are all of one width but for the last, behind which no further word may stand.
pub fn next_line(text: &[u8], width: usize, last: &Range<usize>) -> Option<Range<usize>> {
    if width < LINE || last.len() != width {
        return None;
    }
    let start = behind_break(text, last.end)?;
    let end = run_end(text, start);
    let is_last = || {
        let ends = |byte: &u8| {
            matches!(byte, b'=' | b'\n' | b'\r' | b'"' | b'\'' | b'`' | b'\\' | b'<' | b',' | b';' | b')')
        };
        text.get(end).is_none_or(ends)
    };
    (end > start && end - start <= width && (end - start == width || is_last())).then_some(start..end)
}

/// Where the next line begins, if one ends here.
fn behind_break(text: &[u8], end: usize) -> Option<usize> {
    let (mut at, mut real, mut written) = (end, 0, 0);
    while let Some(byte) = text.get(at).filter(|_| at < end + BETWEEN) {
        match byte {
            b'\n' => real += 1,
            b'\\' => {
                at += text[at..].iter().take_while(|byte| **byte == b'\\').count();
                match text.get(at) {
                    Some(b'n') => written += 1,
                    Some(b'r') => {}
                    // A line that goes on in the next one.
                    _ => continue,
                }
            }
            b'+' if is_operator(text, at) => {}
            b' ' | b'\t' | b'\r' | b'"' | b'\'' | b',' | b'#' | b'>' | b'*' => {}
            _ => break,
        }
        at += 1;
    }
    (real <= 1 && written <= 1 && real + written > 0 && at < text.len()).then_some(at)
}

/// Whether a plus between quotes joins strings, and is no letter of base64.
fn is_operator(text: &[u8], at: usize) -> bool {
    let before = text[..at].iter().rev().find(|byte| !byte.is_ascii_whitespace());
    let behind = text[at + 1..].first();
    before.is_some_and(|byte| matches!(byte, b'"' | b'\''))
        && behind.is_some_and(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<&str> {
        let Some(first) = next_run(text.as_bytes(), 0) else { return Vec::new() };
        let mut found = vec![first.clone()];
        while let Some(next) = next_line(text.as_bytes(), first.len(), found.last().unwrap()) {
            found.push(next);
        }
        found.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn a_run_goes_on_over_lines_of_files_strings_and_lists_of_strings() {
        let (one, two, last) = ("a".repeat(40), "b".repeat(40), "c".repeat(10));
        for text in [
            format!("{one}\n{two}\n{last}==\n"),
            format!("{one}\r\n{two}\r\n{last}"),
            format!("x: |\n  {one}\n  {two}\n  {last}\n"),
            format!("{{\"x\": \"{one}\\n{two}\\n{last}=\\n\"}}"),
            format!("{{\"x\": \"{one}\\\\n{two}\\\\n{last}\"}}"),
            format!("[\"{one}\",\n  \"{two}\",\n  \"{last}\"]"),
            format!("x = (\"{one}\\n\"\n     \"{two}\\n\"\n  \"{last}\")"),
            format!("x = '{one}' +\n    '{two}' +\n    '{last}';"),
            format!("# {one}\n# {two}\n# {last}\n"),
        ] {
            assert_eq!(lines(&text), [one.as_str(), &two, &last], "{text}");
        }
        for text in [
            format!("{one}\n\n{two}\n"),
            format!("{one} {two}"),
            format!("{one}\nand words\n"),
            format!("{one}\n{two}{two}\n"),
        ] {
            assert_eq!(lines(&text), [one.as_str()], "{text}");
        }
        assert_eq!(lines("a_word_of_twenty_letters\nb_word_of_twenty_letters"), ["a_word_of_twenty_letters"]);
    }
}
