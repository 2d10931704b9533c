//! A secret that was found, and how it may be spoken of.

use std::ops::Range;
use std::sync::Arc;

/// One secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The id of the secret rule, such as `github-pat`.
    pub rule: Arc<str>,
    /// What the rule finds, in a sentence.
    pub description: Arc<str>,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// Its bytes in the text; of what was encoded there, the encoded bytes. Empty where the path alone is the finding.
    pub place: Range<usize>,
    /// The secret itself, decoded.
    pub secret: Vec<u8>,
    /// Whether its line says `gitleaks:allow`.
    pub is_allowed: bool,
}

/// A secret as it may be shown: its first letters, never more than a sixth of it and four, and its length.
pub fn redact(secret: &[u8]) -> String {
    let shown = (secret.len() / 6).min(4);
    let safe = |byte: &u8| if byte.is_ascii_graphic() { char::from(*byte) } else { '.' };
    let start: String = secret.iter().take(shown).map(safe).collect();
    format!("{start}… ({} bytes)", secret.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_secret_four_letters_are_shown_at_most() {
        assert_eq!(redact(b"ghp_0123456789abcdefghij"), "ghp_… (24 bytes)");
        assert_eq!(redact(b"hunter2"), "h… (7 bytes)");
        assert_eq!(redact(b"pin"), "… (3 bytes)");
        assert_eq!(redact("\u{7f}\n\u{1b}[1mäöü0123456789".as_bytes()), "...… (22 bytes)");
    }
}
