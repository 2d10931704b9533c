//! The shape of a text, as `like` has it.

use serde_json::Value;

/// SQL's `like`, case aside: `%` stands for any text, `_` for one character.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    letters: Vec<char>,
}

impl Pattern {
    /// Reads it.
    pub fn new(pattern: &str) -> Self {
        Self { letters: pattern.chars().flat_map(char::to_lowercase).collect() }
    }

    /// Whether the text of a field that is neither missing nor null has this shape.
    pub fn fits_value(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.fits(text),
            plain @ (Value::Number(_) | Value::Bool(_)) => self.fits(&plain.to_string()),
            _ => false,
        }
    }

    /// Whether a whole text has this shape.
    pub fn fits(&self, text: &str) -> bool {
        if text.is_ascii() {
            // Read where it stands: a list may have a hundred thousand texts.
            return self.fits_letters(text.len(), |at| text.as_bytes()[at].to_ascii_lowercase() as char);
        }
        let letters: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
        self.fits_letters(letters.len(), |at| letters[at])
    }

    /// On a mismatch the last `%` takes one character more.
    fn fits_letters(&self, count: usize, letter_at: impl Fn(usize) -> char) -> bool {
        let (mut at, mut next) = (0, 0);
        let mut retry = None;
        while at < count {
            match self.letters.get(next) {
                Some('%') => {
                    retry = Some((at, next));
                    next += 1;
                }
                Some(&letter) if letter == '_' || letter == letter_at(at) => {
                    at += 1;
                    next += 1;
                }
                _ => {
                    let Some((from, percent)) = retry else { return false };
                    retry = Some((from + 1, percent));
                    (at, next) = (from + 1, percent + 1);
                }
            }
        }
        self.letters[next..].iter().all(|&rest| rest == '%')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_knows_any_text_and_one_character_and_no_case() {
        let like = |text: &str, pattern: &str| Pattern::new(pattern).fits(text);
        for (pattern, matches) in [
            ("%batch%", true),
            ("halve _atch%", true),
            ("HALVE%524k", true),
            ("batch", false),
            ("%", true),
            ("", false),
            ("%halve batch 524_", true),
            ("%a%a%5%", true),
            ("halve batch 524k_", false),
        ] {
            assert_eq!(like("Halve batch 524K", pattern), matches, "{pattern}");
        }
        assert!(like("", "") && like("", "%%") && !like("", "_"));
        assert!(like("GRÖSSE", "gr_sse") && like("größer", "GRÖ%") && !like("größe", "gr_e"));
    }
}
