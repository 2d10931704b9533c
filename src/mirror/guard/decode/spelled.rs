//! Blocks of base64 and hex among other text, what they spell, and which of them spell something packed.

use std::ops::Range;

use crate::mirror::guard::decode::kind::{self, Kind};
use crate::mirror::guard::secrets::encoded::value;
use crate::mirror::guard::secrets::wrapped::{LINE, next_line, next_run};

/// A shorter run among other text may be a word, and holds nothing that is worth reading.
const SHORTEST: usize = 64;

/// So many letters tell of what kind a block is: a header of tar has 512 bytes.
const HEAD: usize = 1024;

/// Takes the letters of each block, those of many lines as one, and of long runs within a line.
pub fn each(text: &[u8], take: &mut dyn FnMut(&[u8])) {
    let mut at = 0;
    while let Some(first) = next_run(text, at) {
        let mut letters = text[first.clone()].to_vec();
        let mut last = first.clone();
        while let Some(line) = next_line(text, first.len(), &last) {
            letters.extend_from_slice(&text[line.clone()]);
            last = line;
        }
        at = last.end;
        if last != first || first.len() >= SHORTEST || (first.len() >= LINE && is_line(text, &first)) {
            take(&letters);
        }
    }
}

/// What the blocks of a text spell that begins as archives, packed files and histories do. Of the others only the
/// beginning is read, so that it costs little where there is none.
pub fn packed(text: &[u8]) -> Vec<Vec<u8>> {
    let mut packed = Vec::new();
    each(text, &mut |letters| {
        let head = &letters[..letters.len().min(HEAD)];
        if is_packed(&plain(head)) {
            packed.push(plain(letters));
        }
        if digits(head).is_some_and(|head| is_packed(&head)) {
            packed.extend(digits(letters));
        }
    });
    packed
}

fn is_packed(head: &[u8]) -> bool {
    !matches!(kind::of(head), Kind::Plain | Kind::Unknown(_))
}

/// Whether nothing else stands on the line of a run.
fn is_line(text: &[u8], run: &Range<usize>) -> bool {
    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r' | b'=');
    let before = text[..run.start].iter().rev().find(|byte| !is_blank(byte));
    let behind = text[run.end..].iter().find(|byte| !is_blank(byte));
    before.is_none_or(|byte| *byte == b'\n') && behind.is_none_or(|byte| *byte == b'\n')
}

/// What pairs of hexadecimal digits spell, whatever that is.
pub fn digits(letters: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    letters.chunks(2).map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}

/// What letters of base64 spell, whatever that is.
pub fn plain(letters: &[u8]) -> Vec<u8> {
    let (mut plain, mut bits, mut held) = (Vec::with_capacity(letters.len() * 3 / 4), 0_u32, 0);
    for letter in letters {
        bits = (bits << 6 | u32::from(value(*letter))) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            plain.push((bits >> held) as u8);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_in_one_line_in_many_and_among_other_text() {
        let letters = "VGhlIHBsYW4gb2YgdGhlIHNjaGVkdWxlIHNheXMgYSBncmVhdCBkZWFsLCBhbmQgZ29lcyBvbiE=";
        let says = "The plan of the schedule says a great deal, and goes on!";
        let many = format!("{}\r\n{}\r\n{}\r\n", &letters[..36], &letters[36..72], &letters[72..]);
        for text in [letters.to_owned(), many, format!("{{\"data\": \"{letters}\"}}")] {
            let mut said = Vec::new();
            each(text.as_bytes(), &mut |letters| said.push(String::from_utf8(plain(letters)).unwrap()));
            assert_eq!(said, [says], "{text}");
        }
        each(b"a_long_word_of_code\n\nplain words", &mut |letters| panic!("{letters:?}"));
    }
}
