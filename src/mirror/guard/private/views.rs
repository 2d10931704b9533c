//! All that a file says: its bytes, the text in them, what is packed in them, and what they spell in base64 or hex.

use crate::mirror::guard::decode::open::open;
use crate::mirror::guard::decode::part::Part;
use crate::mirror::guard::decode::spelled;

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

/// What the blocks of base64 and hex in a text say, whatever that is.
fn blocks(text: &[u8]) -> Vec<Vec<u8>> {
    let mut blocks = Vec::new();
    spelled::each(text, &mut |letters| {
        blocks.push(spelled::plain(letters));
        blocks.extend(spelled::digits(letters));
    });
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

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
