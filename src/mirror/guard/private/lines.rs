//! The lines of a text that say something, as numbers, so that an excerpt is known however it is indented or quoted.

use memchr::memchr;

/// Shorter lines than this, white space left out, are in many texts that have nothing to do with each other.
const LEAST: usize = 12;

/// So many letters or digits make a line more than a ruler or a row of brackets.
const LETTERS: usize = 6;

/// How far a text is looked at for a NUL, which no text should have; as Git does it.
const PROBE: usize = 8000;

/// What quotes, diffs, comments and lists put before a line, and JSON around it.
const BEFORE: &[u8] = b"+-<>!#/*|;%\"',";

/// What JSON puts behind a line.
const BEHIND: &[u8] = b"\"',";

/// The numbers of the lines that say something; none of what is no text.
///
/// The escapes of a string end lines as line breaks do, so that a text in JSON has the lines of the text itself.
pub fn of(content: &[u8]) -> Vec<u64> {
    let (mut numbers, mut line, mut at) = (Vec::new(), Vec::new(), 0);
    if !is_text(content) {
        return numbers;
    }
    while let Some(byte) = content.get(at) {
        at += 1;
        match byte {
            b'\n' | 0 => end(&mut line, &mut numbers),
            b'\\' => {
                at += content[at..].iter().take_while(|byte| **byte == b'\\').count();
                match content.get(at) {
                    Some(b'n' | b'r') => end(&mut line, &mut numbers),
                    Some(b't') => {}
                    _ => continue,
                }
                at += 1;
            }
            byte if byte.is_ascii_whitespace() => {}
            byte => line.push(*byte),
        }
    }
    end(&mut line, &mut numbers);
    numbers
}

fn end(line: &mut Vec<u8>, numbers: &mut Vec<u64>) {
    numbers.extend(number(line));
    line.clear();
}

/// Whether a text says nothing at all: files such as `__init__.py` are the same everywhere.
pub fn is_blank(content: &[u8]) -> bool {
    content.iter().all(u8::is_ascii_whitespace)
}

/// Whether it has no NUL, or nothing else that no text has.
fn is_text(content: &[u8]) -> bool {
    if memchr(0, &content[..content.len().min(PROBE)]).is_none() {
        return true;
    }
    let (mut all, mut odd) = (0, 0);
    for chunk in content.utf8_chunks() {
        let said = chunk.valid().bytes().filter(|byte| *byte != 0);
        let is_odd = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
        all += said.clone().count() + chunk.invalid().len();
        odd += said.filter(is_odd).count() + chunk.invalid().len();
    }
    odd * 50 <= all
}

/// FNV-1a over a line without white space, stirred at the end: the same in every build, since it is stored.
fn number(line: &[u8]) -> Option<u64> {
    let start = line.iter().position(|byte| !BEFORE.contains(byte))?;
    let end = line.iter().rposition(|byte| !BEHIND.contains(byte))?;
    let line = line.get(start..=end)?;
    // Letters of other scripts are several bytes each, all above ASCII.
    let letters = line.iter().filter(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii()).count();
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let mut hash = line.iter().fold(0xcbf2_9ce4_8422_2325, step);
    hash ^= hash >> 32;
    (line.len() >= LEAST && letters >= LETTERS).then_some(hash.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indentation_does_not_matter_and_what_says_nothing_does_not_count() {
        let one = of(b"def schedule(step):\n    return step * 3\n\n}\n---------------------\nimport os\n");
        assert_eq!(one.len(), 2);
        assert_eq!(of(b"\tdef   schedule(step):\r\n return step*3"), one);
        assert_ne!(of(b"def schedule(stop):"), one[..1]);
        assert!(is_blank(b" \n\r\n") && is_blank(b"") && !is_blank(b"x"));
    }

    #[test]
    fn a_text_has_its_lines_in_a_diff_a_quotation_a_comment_and_a_string_too() {
        let plain = of(b"def schedule(step):\n    print(\"a\\nlong word of it\")\n");
        assert_eq!(plain.len(), 2);
        for wrapped in [
            &b"+def schedule(step):\n+    print(\"a\\nlong word of it\")\n"[..],
            b"> > def schedule(step):\n> >     print(\"a\\nlong word of it\")\n",
            b"# def schedule(step):\n//  * print(\"a\\nlong word of it\")\n",
            b"[\n\"def schedule(step):\\n\",\n  \"    print(\\\"a\\\\nlong word of it\\\")\\n\"\n]",
            b"\"\\tdef schedule(step):\\r\\n    print(\\\"a\\\\nlong word of it\\\")\\n\"",
            b"def schedule(step):\n    print(\"a\\nlong word of it\")\n\0",
        ] {
            assert_eq!(of(wrapped), plain, "{}", String::from_utf8_lossy(wrapped));
        }
    }

    #[test]
    fn what_has_a_nul_and_more_that_no_text_has_has_no_lines() {
        let program = [&b"\x7fELF\0\x90\x91\x92\x93\x01\x02\x03"[..], b"a string in a program\n"].concat();
        assert!(of(&program).is_empty());
    }
}
