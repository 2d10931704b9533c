//! String literals that a program joins, such as `"ghp_" + "…"`: their line as it reads when it is joined.

use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::mirror::guard::secrets::encoded::Segment;

/// What joins two literals, in the languages that have operators for it; quotes beside each other join in C and Python.
const SEAMS: [&str; 18] = [
    "\" + \"", "' + '", "\"+\"", "'+'", "\" + '", "' + \"", "\" \"", "' '", "\" . \"", "' . '", "\".\"",
    "'.'", "\" .. \"", "' .. '", "\" & \"", "\" ~ \"", "' ~ '", "\" <> \"",
];

/// So much of a literal on either side of a seam is asked whether it could be a secret.
const BESIDE: usize = 40;

/// So much of a line is joined, before a seam and behind it; some lines are megabytes.
const BEFORE: usize = 300;
const BEHIND: usize = 2000;

/// A part of a line as it reads without its seams.
#[derive(Debug, PartialEq, Eq)]
pub struct Joined {
    /// What it says.
    pub text: Vec<u8>,
    /// Where it was joined; the first one is where it begins, and joins nothing.
    pub segments: Vec<Segment>,
}

/// Joins the parts of lines in which a literal begins like a secret that goes on in the next one.
///
/// `is_like` is asked about the letters around a seam, and how many of them stand before it.
pub fn joined(text: &[u8], is_like: &dyn Fn(&[u8], usize) -> bool, take: &mut dyn FnMut(&Joined)) {
    static FINDER: OnceLock<AhoCorasick> = OnceLock::new();
    let finder = FINDER.get_or_init(|| {
        let builder = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(SEAMS);
        builder.expect("a few short words")
    });
    let (mut waiting, mut done, mut from): (Vec<Range<usize>>, usize, usize) = (Vec::new(), 0, 0);
    while let Some(seam) = finder.find(&text[from..]).map(|seam| seam.start() + from..seam.end() + from) {
        // The quote behind one seam may be that before the next.
        from = seam.end;
        if !is_seam(text, &seam) {
            continue;
        }
        waiting.retain(|before| before.start + BEFORE >= seam.start);
        if seam.start >= done && is_like_at(text, &seam, is_like) {
            let part = part(text, &seam);
            let mut seams = std::mem::take(&mut waiting);
            seams.retain(|before| before.start >= part.start);
            seams.extend(
                finder
                    .find_iter(&text[seam.start..part.end])
                    .map(|one| one.start() + seam.start..one.end() + seam.start),
            );
            done = if part.end == seam.end + BEHIND { seam.end + BEHIND / 2 } else { part.end };
            take(&join(text, part, &seams));
        } else {
            waiting.push(seam);
        }
    }
}

/// Whether there are letters on both sides, as there are in a secret.
fn is_seam(text: &[u8], seam: &Range<usize>) -> bool {
    let is_letter = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(|byte| is_letter(*byte));
    is_letter(seam.start.checked_sub(1)) && is_letter(Some(seam.end))
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn is_like_at(text: &[u8], seam: &Range<usize>, is_like: &dyn Fn(&[u8], usize) -> bool) -> bool {
    let is_in = |byte: &&u8| is_letter(**byte) || matches!(**byte, b'.' | b'/' | b':' | b'@');
    let before = text[..seam.start].iter().rev().take(BESIDE).take_while(is_in).count();
    let (mut around, mut at) = (text[seam.start - before..seam.start].to_vec(), seam.end);
    while around.len() < before + BESIDE {
        let piece = text[at..].iter().take(BESIDE).take_while(is_in).count();
        around.extend_from_slice(&text[at..at + piece]);
        at += piece;
        let Some(next) = SEAMS.iter().find(|next| text[at..].starts_with(next.as_bytes())) else { break };
        at += next.len();
    }
    is_like(&around, before)
}

/// The line of a seam, as far as it is joined.
fn part(text: &[u8], seam: &Range<usize>) -> Range<usize> {
    let first = seam.start.saturating_sub(BEFORE);
    let start = memchr::memrchr(b'\n', &text[first..seam.start]).map_or(first, |place| first + place + 1);
    let last = (seam.end + BEHIND).min(text.len());
    let end = memchr::memchr(b'\n', &text[seam.end..last]).map_or(last, |length| seam.end + length);
    start..end
}

fn join(text: &[u8], part: Range<usize>, seams: &[Range<usize>]) -> Joined {
    let (mut joined, mut at) = (Vec::with_capacity(part.len()), part.start);
    let mut segments = vec![Segment { here: 0..0, origin: part.start..part.start }];
    for seam in seams.iter().filter(|seam| is_seam(text, seam)) {
        joined.extend_from_slice(&text[at..seam.start]);
        at = seam.end;
        segments.push(Segment { here: joined.len()..joined.len(), origin: seam.clone() });
    }
    joined.extend_from_slice(&text[at..part.end]);
    Joined { text: joined, segments }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::guard::secrets::encoded::{origin, touches};

    fn all(text: &str) -> Vec<String> {
        let (mut found, is_like) = (Vec::new(), |around: &[u8], before: usize| {
            memchr::memmem::find(around, b"tok_").is_some_and(|place| place < before)
        });
        joined(text.as_bytes(), &is_like, &mut |one| {
            found.push(String::from_utf8(one.text.clone()).unwrap());
        });
        found
    }

    #[test]
    fn a_line_is_joined_where_a_literal_begins_like_a_secret() {
        for (text, says) in [
            ("one\nx = \"tok_\" + \"abc\";\ntwo", "x = \"tok_abc\";"),
            ("x = 't'+'ok'+'_ab' + 'c'", "x = 'tok_abc'"),
            ("x = \"to\" \"k_abc\"", "x = \"tok_abc\""),
            ("echo 'tok_a' . 'bc'", "echo 'tok_abc'"),
            ("x = 'a' + 'b' + 'tok_c' + 'd'", "x = 'abtok_cd'"),
        ] {
            assert_eq!(all(text), [says], "{text}");
        }
        for none in
            ["x = \"a\" + \"tok_b\"", "x = \"tok_\" + name", "f(\"tok_\", \"abc\")", "\"tok_\" +\n\"abc\""]
        {
            assert_eq!(all(none), [""; 0], "{none}");
        }
    }

    #[test]
    fn a_place_in_a_joined_line_is_led_back_and_only_what_is_over_a_seam_touches_it() {
        let text = b"first\nx = 'tok_' + 'ab' + 'cd' # y";
        let mut found = Vec::new();
        joined(text, &|_, _| true, &mut |one| found.push((one.text.clone(), one.segments.clone())));
        let [(line, segments)] = &found[..] else { panic!("{found:?}") };
        assert_eq!(line, b"x = 'tok_abcd' # y");
        assert_eq!(origin(segments, &(5..13)), 11..29);
        assert_eq!(origin(segments, &(15..18)), text.len() - 3..text.len());
        assert!(touches(segments, &(5..13)) && touches(segments, &(8..10)));
        assert!(!touches(segments, &(0..9)) && !touches(segments, &(13..18)));
    }
}
