//! All that a file says: its bytes, the text in them, what is packed in them, and what they spell in base64 or hex.

use crate::mirror::guard::decode::open::open;
use crate::mirror::guard::decode::part::Part;
use crate::mirror::guard::secrets::encoded::value;
use crate::mirror::guard::secrets::wrapped::{LINE, next_line, next_run};

/// A shorter run of base64 among other text may be a word, and holds nothing that is worth comparing.
const SHORTEST: usize = 64;

/// So often what is spelled is spelled once more.
const DEEPEST: usize = 2;

/// Takes each view of a file, its own bytes first.
pub fn each(name: &[u8], content: &[u8], take: &mut dyn FnMut(&[u8])) {
    look(name, content, DEEPEST, take);
}

fn look(name: &[u8], content: &[u8], left: usize, take: &mut dyn FnMut(&[u8])) {
    open(name, content, &mut |part| {
        let Part::View(view) = part else { return };
        take(view.bytes);
        if left > 0 {
            blocks(view.bytes).iter().for_each(|block| look(name, block, left - 1, take));
        }
    });
}

/// What the blocks of base64 and hex in a text say: those of many lines, and long runs within one.
fn blocks(text: &[u8]) -> Vec<Vec<u8>> {
    let (mut blocks, mut at) = (Vec::new(), 0);
    while let Some(first) = next_run(text, at) {
        let mut letters = text[first.clone()].to_vec();
        let mut last = first.clone();
        while let Some(line) = next_line(text, first.len(), &last) {
            letters.extend_from_slice(&text[line.clone()]);
            last = line;
        }
        at = last.end;
        if last != first || first.len() >= SHORTEST || (first.len() >= LINE && is_line(text, &first)) {
            blocks.push(plain(&letters));
            blocks.extend(digits(&letters));
        }
    }
    blocks
}

/// Whether nothing else stands on the line of a run.
fn is_line(text: &[u8], run: &std::ops::Range<usize>) -> bool {
    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r' | b'=');
    let before = text[..run.start].iter().rev().find(|byte| !is_blank(byte));
    let behind = text[run.end..].iter().find(|byte| !is_blank(byte));
    before.is_none_or(|byte| *byte == b'\n') && behind.is_none_or(|byte| *byte == b'\n')
}

/// What pairs of hexadecimal digits spell, whatever that is.
fn digits(letters: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    letters.chunks(2).map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}

/// What letters of base64 spell, whatever that is.
fn plain(letters: &[u8]) -> Vec<u8> {
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
            let said: Vec<String> =
                blocks(text.as_bytes()).into_iter().map(|block| String::from_utf8(block).unwrap()).collect();
            assert_eq!(said, [says], "{text}");
        }
        assert!(blocks(b"a_long_word_of_code\n\nplain words").is_empty());
    }

    #[test]
    fn hex_is_read_too_and_base64_in_strings_and_in_base64() {
        let says = "The plan of the schedule says a great deal, and goes on!";
        let hex: String = says.bytes().map(|byte| format!("{byte:02X}")).collect();
        let letters = "VGhlIHBsYW4gb2YgdGhlIHNjaGVkdWxlIHNheXMgYSBncmVhdCBkZWFsLCBhbmQgZ29lcyBvbiE=";
        let twice = "VkdobElIQnNZVzRnYjJZZ2RHaGxJSE5qYUdWa2RXeGxJSE5oZVhNZ1lTQm5jbVZoZENCa1pXRnNMQ0JoYm1RZ1oyOWxjeUJ2YmlFPQ==";
        let holds = |text: &str| {
            let mut is_said = false;
            each(b"a.txt", text.as_bytes(), &mut |view| is_said |= view == says.as_bytes());
            is_said
        };
        for text in [
            hex.clone(),
            format!("{}\n{}\n", &hex[..60], &hex[60..]),
            format!("\"{}\\n{}\\n{}\"", &letters[..36], &letters[36..72], &letters[72..]),
            twice.to_owned(),
        ] {
            assert!(holds(&text), "{text}");
        }
        assert!(!holds(&hex[1..]));
    }
}
