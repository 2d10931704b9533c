//! Text in two or four bytes a letter, with and without a mark in front, alone and among other bytes.

use memchr::memchr;

/// Shorter runs among other bytes say nothing: numbers look like that too.
const SHORTEST: usize = 8;

/// So much of a file is looked at to see whether all of it is such text.
const SAMPLE: usize = 4096;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

/// The text that these bytes spell in UTF-16 or UTF-32, as UTF-8; nothing if there is none.
pub fn text(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0xff, 0xfe, 0, 0, rest @ ..] => return Some(wide(rest, Order::Little)),
        [0, 0, 0xfe, 0xff, rest @ ..] => return Some(wide(rest, Order::Big)),
        [0xff, 0xfe, rest @ ..] => return Some(whole(rest, Order::Little)),
        [0xfe, 0xff, rest @ ..] => return Some(whole(rest, Order::Big)),
        _ => {}
    }
    memchr(0, bytes)?;
    for order in [Order::Little, Order::Big] {
        if is_wide(&bytes[..bytes.len().min(SAMPLE)], order) {
            return Some(wide(bytes, order));
        }
    }
    if let Some(order) = order(&bytes[..bytes.len().min(SAMPLE)]) {
        return Some(whole(bytes, order));
    }
    Some(runs(bytes)).filter(|text| !text.is_empty())
}

fn whole(bytes: &[u8], order: Order) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit(pair, order));
    char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

fn wide(bytes: &[u8], order: Order) -> String {
    bytes.chunks_exact(4).map(|four| number(four, order)).map(spoken).collect()
}

fn spoken(number: u32) -> char {
    char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn number(four: &[u8], order: Order) -> u32 {
    let (first, second) = (unit(&four[..2], order), unit(&four[2..], order));
    let (low, high) = if order == Order::Little { (first, second) } else { (second, first) };
    u32::from(high) << 16 | u32::from(low)
}

/// Whether nearly every four bytes are one ASCII letter: mostly Latin text, without a mark.
fn is_wide(sample: &[u8], order: Order) -> bool {
    let fours = sample.chunks_exact(4);
    let all = fours.len();
    let letters = fours.filter(|four| (0x09..0x7f).contains(&number(four, order))).count();
    all >= SHORTEST && letters * 10 >= all * 9
}

fn unit(pair: &[u8], order: Order) -> u16 {
    match order {
        Order::Little => u16::from_le_bytes([pair[0], pair[1]]),
        Order::Big => u16::from_be_bytes([pair[0], pair[1]]),
    }
}

/// Whether nearly every other byte is zero, and which: mostly Latin text, without a mark.
fn order(sample: &[u8]) -> Option<Order> {
    let pairs = sample.chunks_exact(2);
    let (all, mut high, mut low) = (pairs.len(), 0, 0);
    for pair in pairs {
        high += usize::from(pair[0] == 0);
        low += usize::from(pair[1] == 0);
    }
    let is_text = |zeros: usize, others: usize| zeros * 10 >= all * 7 && others * 20 <= all;
    match () {
        () if all < SHORTEST => None,
        () if is_text(low, high) => Some(Order::Little),
        () if is_text(high, low) => Some(Order::Big),
        () => None,
    }
}

/// All runs of ASCII with a zero beside each letter, at even and odd places, a line each.
fn runs(bytes: &[u8]) -> String {
    let mut text = String::new();
    for order in [Order::Little, Order::Big] {
        let mut at = 0;
        while let Some(zero) = memchr(0, &bytes[at..]).map(|length| at + length) {
            // The letter stands before its zero in one order and behind it in the other.
            let first = if order == Order::Little { zero.saturating_sub(1).max(at) } else { zero };
            let pairs = bytes[first..].chunks_exact(2);
            let run: String = pairs.map_while(|pair| letter(pair, order)).collect();
            if run.len() >= SHORTEST {
                text.push_str(&run);
                text.push('\n');
            }
            at = (first + 2 * run.len()).max(zero + 1);
        }
    }
    text
}

fn letter(pair: &[u8], order: Order) -> Option<char> {
    let letter = char::from_u32(u32::from(unit(pair, order)))?;
    (letter.is_ascii() && (!letter.is_control() || letter.is_ascii_whitespace())).then_some(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(text: &str, order: Order) -> Vec<u8> {
        let spell = |unit: u16| if order == Order::Little { unit.to_le_bytes() } else { unit.to_be_bytes() };
        text.encode_utf16().flat_map(spell).collect()
    }

    #[test]
    fn text_is_read_in_both_orders_with_a_mark_without_and_among_other_bytes() {
        let says = "token = 'käse 🌊'\nnext line";
        for order in [Order::Little, Order::Big] {
            let plain = spelled(says, order);
            assert_eq!(text(&plain).as_deref(), Some(says));
            let marked = spelled("\u{feff}käse", order);
            assert_eq!(text(&marked).as_deref(), Some("käse"));
            for before in [&b"\x01\x02\x90"[..], b"\x7fELF\x02\x01\x90\x91"] {
                let hidden = [before, &spelled("a hidden word", order), &[0x99; 400]].concat();
                assert!(text(&hidden).is_some_and(|text| text.contains(" hidden word")), "{before:?}");
            }
        }
        let le: Vec<u8> = says.chars().flat_map(|letter| u32::from(letter).to_le_bytes()).collect();
        let be: Vec<u8> = says.chars().flat_map(|letter| u32::from(letter).to_be_bytes()).collect();
        for (plain, mark) in [(le, &b"\xff\xfe\0\0"[..]), (be, b"\0\0\xfe\xff")] {
            assert_eq!(text(&plain).as_deref(), Some(says));
            assert_eq!(text(&[mark, &plain].concat()).as_deref(), Some(says));
        }
        assert_eq!(text(b"plain text"), None);
        assert_eq!(text(&[0, 0, 0, 0, 1, 0, 0, 0, 2, 0]), None);
    }
}
