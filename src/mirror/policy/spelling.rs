//! The one spelling of a path that stands for all that some file system takes for the same name.
//!
//! Names are compared as the most forgiving systems do: without case (NTFS, APFS), composed and decomposed letters
//! alike (APFS), letters of another width or form as the plain ones (a reader sees no difference), without characters that HFS+ ignores (git's `is_hfs_dotgit` has the list), without the dots and spaces
//! that Windows cuts from the end of a name, with `\` for `/`, and without the name of a stream of NTFS.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// Of a path as Git stores it, or of a part of one.
pub fn of_path(path: &[u8]) -> Cow<'_, [u8]> {
    if is_plain(path) {
        return Cow::Borrowed(path);
    }
    let slashed: Vec<u8> = path.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect();
    let folded = fold(&slashed);
    let parts = folded.split(|byte| *byte == b'/').map(ending);
    Cow::Owned(parts.collect::<Vec<_>>().join(&b'/'))
}

/// Of a pattern of paths: its letters are folded as those of paths are; its `\` stays what it is there.
pub fn of_pattern(pattern: &str) -> String {
    // Text stays text when it is folded.
    String::from_utf8_lossy(&fold(pattern.as_bytes())).into_owned()
}

/// Whether a path is its own spelling, as nearly all are.
fn is_plain(path: &[u8]) -> bool {
    let mut before = b'/';
    for byte in path {
        if !byte.is_ascii() || byte.is_ascii_uppercase() || matches!(byte, b'\\' | b':') {
            return false;
        }
        if *byte == b'/' && matches!(before, b'.' | b' ') {
            return false;
        }
        before = *byte;
    }
    !matches!(before, b'.' | b' ')
}

/// Folds case and width, composes, and leaves out what is ignored; bytes that are no text stay.
fn fold(text: &[u8]) -> Vec<u8> {
    let mut folded = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        let letters = chunk.valid().nfkd().filter(|letter| !is_ignored(*letter));
        // Up and down again, which joins what a single step does not: `ß` and `ss`, `ſ` and `s`, `K` and `k`.
        let folded_letters = letters
            .flat_map(char::to_lowercase)
            .flat_map(char::to_uppercase)
            .flat_map(char::to_lowercase)
            .filter(|letter| !is_ignored(*letter));
        folded.extend(folded_letters.nfkc().collect::<String>().into_bytes());
        folded.extend_from_slice(chunk.invalid());
    }
    folded
}

/// Characters that cannot be seen and that some file system or reader leaves out.
fn is_ignored(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// A name without the dots and spaces at its end and without a stream's name; one of dots alone stays.
fn ending(name: &[u8]) -> &[u8] {
    let stream = name.windows(2).position(|pair| pair == b"::").unwrap_or(name.len());
    let kept = name[..stream].iter().rposition(|byte| !matches!(byte, b'.' | b' ')).map_or(0, |at| at + 1);
    if kept == 0 { name } else { &name[..kept] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(path: &str) -> String {
        String::from_utf8(of_path(path.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn what_a_file_system_takes_for_one_name_has_one_spelling() {
        for path in [
            "private/plan.md",
            "Private/PLAN.md",
            "private./plan.md ",
            "private . ./plan.md...",
            "pri\u{200b}vate/plan\u{200d}.md",
            "\u{feff}private/plan.md\u{e0041}",
            "private\\plan.md",
            "private/plan.md::$DATA",
            "prıvate/plan.md",
            "ｐｒｉｖａｔｅ／plan.md",
            "private\u{a0}/plan.md\u{3000}",
        ] {
            assert_eq!(spelled(path), "private/plan.md", "{path:?}");
        }
        assert_eq!(spelled("cafe\u{301}/STRASSE"), spelled("Café/straße"));
        assert_eq!(spelled("\u{212a}ey/ſecret"), "key/secret");
    }

    #[test]
    fn other_names_stay_other_names() {
        for path in ["src/a.rs", "a..b/c d", "..", ".../x", "private2/x", "a:b"] {
            assert_eq!(spelled(path), path);
        }
        assert_eq!(of_path(b"A\xff/b.").as_ref(), b"a\xff/b");
        assert_eq!(of_pattern("Private/**/\\[É"), "private/**/\\[é");
    }
}
