//! Letters that are written by their numbers: `%41`, `\u0041` and `\x41`.

use std::ops::Range;

use memchr::{memchr, memchr2};

/// The next `%41`, `\u0041` or `\x41` that begins before `limit`.
pub fn next_escape(text: &[u8], from: usize, limit: usize) -> Option<(Range<usize>, Option<Vec<u8>>)> {
    let mut at = from;
    while at < limit {
        at += memchr2(b'%', b'\\', &text[at..limit])?;
        if text[at] == b'%' && percent_at(text, at).is_some() {
            let line = memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length);
            // As far as the last one of the line, but lines are not searched for ever.
            let far = line.min(at + 4096);
            let last = (at..far.saturating_sub(2)).rev().find(|place| percent_at(text, *place).is_some());
            let range = at..last.unwrap_or(at) + 3;
            let plain = percent(&text[range.clone()]);
            return Some((range, plain));
        }
        let length = unicode_length(&text[at..]);
        if length > 0 {
            let range = at..at + length;
            let plain = unicode(&text[range.clone()]);
            return Some((range, plain));
        }
        at += 1;
    }
    None
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The byte of two hexadecimal digits.
pub fn pair(high: u8, low: u8) -> Option<u8> {
    Some(digit(high)? << 4 | digit(low)?)
}

fn percent_at(text: &[u8], at: usize) -> Option<u8> {
    match text.get(at..at + 3)? {
        [b'%', high, low] => pair(*high, *low),
        _ => None,
    }
}

fn percent(text: &[u8]) -> Option<Vec<u8>> {
    let (mut plain, mut at) = (Vec::with_capacity(text.len()), 0);
    while at < text.len() {
        let read = percent_at(text, at);
        plain.push(read.unwrap_or(text[at]));
        at += if read.is_some() { 3 } else { 1 };
    }
    Some(plain)
}

/// One `\u0041` or `\x41`, with two backslashes too: its length and its letter. No other byte of `\x..` is text.
fn unicode_at(text: &[u8]) -> Option<(usize, char)> {
    let slashes = text.iter().take(2).take_while(|byte| **byte == b'\\').count();
    let is_byte = text.get(slashes) == Some(&b'x');
    if slashes == 0 || !(is_byte || text.get(slashes)?.eq_ignore_ascii_case(&b'u')) {
        return None;
    }
    let end = slashes + if is_byte { 3 } else { 5 };
    let digits = text.get(slashes + 1..end)?;
    let number = digits.iter().try_fold(0, |sum, byte| Some(sum << 4 | u32::from(digit(*byte)?)))?;
    let letter = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
    (!is_byte || matches!(letter, ' '..='~')).then_some((end, letter))
}

fn unicode_length(text: &[u8]) -> usize {
    let mut length = 0;
    while let Some((taken, _)) = text.get(length..).and_then(unicode_at) {
        length += taken;
    }
    length
}

fn unicode(text: &[u8]) -> Option<Vec<u8>> {
    let (mut plain, mut at) = (String::new(), 0);
    while let Some((taken, letter)) = text.get(at..).and_then(unicode_at) {
        plain.push(letter);
        at += taken;
    }
    Some(plain.into_bytes())
}
