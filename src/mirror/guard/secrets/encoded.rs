//! What stands in a text in another spelling: base64, hex, `%41` and `\u0041`, as gitleaks unfolds them.

use std::ops::Range;

use crate::mirror::guard::secrets::escaped::{next_escape, pair};
use crate::mirror::guard::secrets::wrapped::{next_line, next_run};

/// Shorter runs are not taken for hex.
const SHORTEST_HEX: usize = 32;

/// A part of a text that was unfolded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where it stands now.
    pub here: Range<usize>,
    /// Where it stood in the very first text.
    pub origin: Range<usize>,
}

/// The text with all that can be read unfolded, and where; nothing if there is nothing of the kind.
pub fn unfold(text: &[u8], before: &[Segment]) -> Option<(Vec<u8>, Vec<Segment>)> {
    let (mut unfolded, mut segments, mut copied) = (Vec::new(), Vec::new(), 0);
    let mut from = 0;
    while let Some((range, plain)) = next(text, from) {
        from = range.end;
        let Some(plain) = plain else { continue };
        unfolded.extend_from_slice(&text[copied..range.start]);
        let start = unfolded.len();
        unfolded.extend_from_slice(&plain);
        copied = range.end;
        segments.push(Segment { here: start..unfolded.len(), origin: origin(before, &range) });
    }
    unfolded.extend_from_slice(&text[copied..]);
    Some((unfolded, segments)).filter(|(_, segments)| !segments.is_empty())
}

/// Where a range of an unfolded text stood in the very first one.
pub fn origin(segments: &[Segment], range: &Range<usize>) -> Range<usize> {
    let first = segments.partition_point(|segment| segment.here.end <= range.start);
    let touched = segments[first..].iter().take_while(|segment| segment.here.start < range.end);
    let shifted = |place: usize, before: usize| {
        let last = before.checked_sub(1).map(|last| &segments[last]);
        last.map_or(place, |last| last.origin.end + place.saturating_sub(last.here.end))
    };
    let Some(last) = touched.clone().last() else {
        return shifted(range.start, first)..shifted(range.end, first);
    };
    let begins_inside = segments[first].here.start <= range.start;
    let start = if begins_inside { segments[first].origin.start } else { shifted(range.start, first) };
    let end = last.origin.end + range.end.saturating_sub(last.here.end);
    start.min(end)..end
}

/// Whether a range touches a segment.
pub fn touches(segments: &[Segment], range: &Range<usize>) -> bool {
    let first = segments.partition_point(|segment| segment.here.end <= range.start);
    segments.get(first).is_some_and(|segment| segment.here.start < range.end)
}

/// The next piece that looks encoded, and what it says if it can be read.
fn next(text: &[u8], from: usize) -> Option<(Range<usize>, Option<Vec<u8>>)> {
    let run = next_run(text, from);
    let limit = run.as_ref().map_or(text.len(), |run| run.start);
    if let Some(escape) = next_escape(text, from, limit) {
        return Some(escape);
    }
    let run = run?;
    let digits = text[run.clone()].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    if digits >= SHORTEST_HEX {
        let range = run.start..run.start + digits;
        let plain = hex(&text[range.clone()]);
        return Some(match plain {
            Some(plain) if digits == run.len() => wrapped(text, &run, plain, hex),
            plain => (range, plain),
        });
    }
    let range = padded(text, &run);
    match base64(&text[range.clone()]) {
        // Lines of an odd width would have to be put together before they are read.
        Some(plain) if run.len().is_multiple_of(4) => Some(wrapped(text, &run, plain, sextets)),
        plain => Some((range, plain)),
    }
}

/// A run with the one or two `=` behind it.
fn padded(text: &[u8], run: &Range<usize>) -> Range<usize> {
    let padding = text[run.end..].iter().take(2).take_while(|byte| **byte == b'=').count();
    run.start..run.end + padding
}

/// What a run says together with the lines on which it goes on, as far as these can be read: as one text, and where no
/// shorter line ends that, a line each too, since they may be many texts of one length.
fn wrapped(
    text: &[u8],
    first: &Range<usize>,
    plain: Vec<u8>,
    read: fn(&[u8]) -> Option<Vec<u8>>,
) -> (Range<usize>, Option<Vec<u8>>) {
    let (mut range, mut last, mut lines) = (padded(text, first), first.clone(), vec![plain]);
    while let Some(line) = next_line(text, first.len(), &last) {
        let Some(more) = read(&text[line.clone()]) else { break };
        lines.push(more);
        (range, last) = (range.start..padded(text, &line).end, line);
    }
    let whole = lines.concat();
    let apart = if lines.len() > 1 && last.len() == first.len() {
        [b"\n", lines.join(&b'\n').as_slice()].concat()
    } else {
        Vec::new()
    };
    (range, Some([whole, apart].concat()))
}

fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let pairs = text.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs.map(|two| pair(two[0], two[1]).filter(|byte| is_printable(*byte))).collect()
}

fn is_printable(byte: u8) -> bool {
    (0x09..0x7f).contains(&byte)
}

/// Base64 of printable ASCII, with `+/` and padding or with `-_` and none.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let letters = &text[..text.len() - padding];
    // What has no digit and no sign is a long word of code.
    letters.iter().find(|byte| !byte.is_ascii_alphabetic())?;
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric();
    let is_standard = text.len().is_multiple_of(4)
        && letters.iter().all(|byte| is_plain(byte) || matches!(byte, b'+' | b'/'));
    let is_url = padding == 0
        && letters.len() % 4 != 1
        && letters.iter().all(|byte| is_plain(byte) || matches!(byte, b'-' | b'_'));
    if !is_standard && !is_url {
        return None;
    }
    sextets(letters)
}

/// What letters of base64 spell, if it is printable.
fn sextets(letters: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(letters.len() * 3 / 4);
    let (mut bits, mut held) = (0_u32, 0);
    for letter in letters {
        bits = (bits << 6 | u32::from(value(*letter))) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            plain.push(Some((bits >> held) as u8).filter(|byte| is_printable(*byte))?);
        }
    }
    Some(plain)
}

/// The six bits for which a letter of base64 stands, of either alphabet.
pub fn value(letter: u8) -> u8 {
    match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' | b'-' => 62,
        _ => 63,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unfolded(text: &str) -> Option<(String, Vec<Range<usize>>)> {
        let (plain, segments) = unfold(text.as_bytes(), &[])?;
        let origins = segments.into_iter().map(|segment| segment.origin).collect();
        Some((String::from_utf8(plain).unwrap(), origins))
    }

    #[test]
    fn each_spelling_is_unfolded_where_it_stands() {
        let cases = [
            ("a: bm90IGEgc2VjcmV0IQ== z", "a: not a secret! z", 3..23),
            ("bm90IGEgc2VjcmV0IQ", "not a secret!", 0..18),
            ("x %67%68p_%61 y", "x ghp_a y", 2..13),
            ("'\\u0067\\\\u0068'", "'gh'", 1..14),
            ("'\\x67\\\\x68\\xff'", "'gh\\xff'", 1..10),
            ("6e6f742061207365637265742061742061 ", "not a secret at a ", 0..34),
            (
                "\"bm90IGEgc2VjcmV0IGF0IGFsbCwgbm90\\nIGV2ZW4gYSBsaXR0bGUgb25lLCBubywg\\nbm9uZQ==\\n\"",
                "\"not a secret at all, not even a little one, no, none\\n\"",
                1..77,
            ),
            (
                "bm90IGEgc2VjcmV0IGF0IGFsbCwgbm90\nIGV2ZW4gYSBsaXR0bGUgb25lLCBubywg\n",
                "not a secret at all, not even a little one, no, \nnot a secret at all, not\n even a little one, no, \n",
                0..65,
            ),
        ];
        for (text, plain, origin) in cases {
            assert_eq!(unfolded(text), Some((plain.to_owned(), vec![origin])), "{text}");
        }
        for none in
            ["a_long_word_of_code_and_more", "0123456789abcdef0123456789abcdef", "100% or C:\\users", ""]
        {
            assert_eq!(unfolded(none), None, "{none}");
        }
    }

    #[test]
    fn a_place_is_led_back_through_what_was_unfolded() {
        let text = b"ab bm90IGEgc2VjcmV0IQ== cd";
        let (plain, segments) = unfold(text, &[]).unwrap();
        assert_eq!(origin(&segments, &(3..6)), 3..23);
        assert_eq!(origin(&segments, &(0..2)), 0..2);
        assert_eq!(origin(&segments, &(plain.len() - 2..plain.len())), text.len() - 2..text.len());
        assert_eq!(origin(&segments, &(0..plain.len())), 0..text.len());
    }
}
