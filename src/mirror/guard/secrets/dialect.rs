//! Go's regular expressions, written so that Rust's `regex-syntax` reads the same from them.
//!
//! Go takes a `{` that begins no count as itself, and `[`, `&&`, `--` and `~~` inside a class too; Rust wants a backslash
//! there. Both read the rest alike as soon as Unicode is off, since Go's `\w`, `\d`, `\s` and `\b` know ASCII only.
//! Two differences are left, and kept: `\s` takes a vertical tab here, and `(?i)k` no Kelvin sign.

use regex_syntax::hir::Hir;
use regex_syntax::{Error, ParserBuilder};

/// Parses a pattern: over bytes where it can be, else over Unicode.
///
/// # Errors
/// It is no regular expression in either dialect.
pub fn parse(pattern: &str) -> Result<Hir, Box<Error>> {
    let pattern = translated(pattern);
    let parsed = |is_unicode| {
        ParserBuilder::new().unicode(is_unicode).utf8(false).build().parse(&pattern).map_err(Box::new)
    };
    parsed(false).or_else(|_| parsed(true))
}

fn translated(pattern: &str) -> String {
    let (mut text, mut rest) = (String::with_capacity(pattern.len() + 8), pattern);
    let mut is_class = false;
    while let Some(letter) = rest.chars().next() {
        let taken = if letter == '\\' {
            // An escape is two letters, whatever stands there.
            let taken = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
            text.push_str(&rest[..taken]);
            taken
        } else if is_class {
            class_piece(rest, &mut text, &mut is_class)
        } else {
            piece(rest, &mut text, &mut is_class)
        };
        rest = &rest[taken..];
    }
    text
}

/// One piece outside of classes; how many bytes it was.
fn piece(rest: &str, text: &mut String, is_class: &mut bool) -> usize {
    if let Some(opened) = ["[^]", "[]"].iter().find(|opened| rest.starts_with(**opened)) {
        // A bracket that comes first closes nothing.
        *is_class = true;
        text.push_str(&opened[..opened.len() - 1]);
        text.push_str("\\]");
        return opened.len();
    }
    if rest.starts_with('{') && !is_count(rest) {
        text.push_str("\\{");
        return 1;
    }
    *is_class = rest.starts_with('[');
    let taken = rest.chars().next().map_or(0, char::len_utf8);
    text.push_str(&rest[..taken]);
    taken
}

fn class_piece(rest: &str, text: &mut String, is_class: &mut bool) -> usize {
    if let Some(end) = rest.starts_with("[:").then(|| rest.find(":]")).flatten() {
        text.push_str(&rest[..end + 2]);
        return end + 2;
    }
    if let Some(double) = ["&&", "--", "~~"].iter().find(|double| rest.starts_with(**double)) {
        let one = &double[..1];
        text.push_str(&format!("\\{one}\\{one}"));
        return 2;
    }
    if rest.starts_with('[') {
        text.push('\\');
    }
    *is_class = !rest.starts_with(']');
    let taken = rest.chars().next().map_or(0, char::len_utf8);
    text.push_str(&rest[..taken]);
    taken
}

/// Whether `{3}`, `{3,}` or `{3,5}` stands here.
fn is_count(rest: &str) -> bool {
    let Some((count, _)) = rest[1..].split_once('}') else { return false };
    let (least, most) = count.split_once(',').unwrap_or((count, "0"));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && is_number(least) && is_number(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_takes_as_itself_is_escaped_and_the_rest_is_left() {
        for (go, rust) in [
            (r"^\$(?:\d+|{\d+})$", r"^\$(?:\d+|\{\d+})$"),
            ("a{2}b{2,}c{2,3}d{e}", r"a{2}b{2,}c{2,3}d\{e}"),
            ("[^]]+[]x]", r"[^\]]+[\]x]"),
            ("[[:alnum:]a[b]", r"[[:alnum:]a\[b]"),
            ("[a&&b--c]", r"[a\&\&b\-\-c]"),
            (r"[\]{]{1,2}", r"[\]{]{1,2}"),
        ] {
            assert_eq!(translated(go), rust);
            parse(go).unwrap();
        }
        assert!(parse("(").is_err());
        parse("[äö]+").unwrap();
    }
}
