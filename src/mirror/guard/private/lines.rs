//! The lines of a text that say something, as numbers, so that an excerpt is known however it is indented.

/// Shorter lines than this, white space left out, are in many texts that have nothing to do with each other.
const LEAST: usize = 12;

/// So many letters or digits make a line more than a ruler or a row of brackets.
const LETTERS: usize = 6;

/// How far a text is looked at for a NUL, which no text has; as Git does it.
const PROBE: usize = 8000;

/// The numbers of the lines that say something; none of what is no text.
pub fn of(content: &[u8]) -> Vec<u64> {
    if content[..content.len().min(PROBE)].contains(&0) {
        return Vec::new();
    }
    content.split(|byte| *byte == b'\n').filter_map(number).collect()
}

/// Whether a text says nothing at all: files such as `__init__.py` are the same everywhere.
pub fn is_blank(content: &[u8]) -> bool {
    content.iter().all(u8::is_ascii_whitespace)
}

/// FNV-1a over what is no white space, stirred at the end: the same in every build, since it is stored.
fn number(line: &[u8]) -> Option<u64> {
    let (mut hash, mut length, mut letters) = (0xcbf2_9ce4_8422_2325_u64, 0, 0);
    for byte in line.iter().filter(|byte| !byte.is_ascii_whitespace()) {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        length += 1;
        // Letters of other scripts are several bytes each, all above ASCII.
        letters += usize::from(byte.is_ascii_alphanumeric() || !byte.is_ascii());
    }
    hash ^= hash >> 32;
    (length >= LEAST && letters >= LETTERS).then_some(hash.wrapping_mul(0x9e37_79b9_7f4a_7c15))
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
        assert!(of(b"def schedule(step):\0\nreturn step * 3").is_empty());
        assert!(is_blank(b" \n\r\n") && is_blank(b"") && !is_blank(b"x"));
    }
}
