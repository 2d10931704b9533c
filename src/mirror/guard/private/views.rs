//! All that a file says: its bytes, the text in them, what is packed in them, and what they spell in base64.

use crate::mirror::guard::decode::open::open;
use crate::mirror::guard::decode::part::Part;
use crate::mirror::guard::secrets::encoded::value;

/// A shorter run of base64 among other text may be a word, and holds nothing that is worth comparing.
const SHORTEST: usize = 64;

/// The same of one that has a line for itself, or goes on over many.
const LINE: usize = 32;

/// Takes each view of a file, its own bytes first.
pub fn each(name: &[u8], content: &[u8], take: &mut dyn FnMut(&[u8])) {
    open(name, content, &mut |part| {
        let Part::View(view) = part else { return };
        take(view.bytes);
        for block in blocks(view.bytes) {
            open(name, &block, &mut |part| {
                if let Part::View(view) = part {
                    take(view.bytes);
                }
            });
        }
    });
}

/// What the blocks of base64 in a text say: those of many lines, and long runs within one.
fn blocks(text: &[u8]) -> Vec<Vec<u8>> {
    let (mut blocks, mut block) = (Vec::new(), Vec::new());
    for line in text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
        let letters = line.strip_suffix(b"=").map_or(line, |line| line.strip_suffix(b"=").unwrap_or(line));
        let is_whole = !letters.is_empty() && letters.iter().all(|byte| is_letter(*byte));
        if is_whole && (line.len() >= LINE || !block.is_empty()) {
            block.extend_from_slice(letters);
            if line.len() == letters.len() {
                continue;
            }
            take(&mut block, &mut blocks);
            continue;
        }
        take(&mut block, &mut blocks);
        let runs = line.split(|byte| !is_letter(*byte)).filter(|run| run.len() >= SHORTEST);
        blocks.extend(runs.map(plain));
    }
    take(&mut block, &mut blocks);
    blocks
}

fn take(block: &mut Vec<u8>, blocks: &mut Vec<Vec<u8>>) {
    if block.len() >= LINE {
        blocks.push(plain(block));
    }
    block.clear();
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
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
}
