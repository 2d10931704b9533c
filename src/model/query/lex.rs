//! The tokens of a `--where` text, each with its column.

use std::fmt;

use crate::model::query::expr::Comparison;

/// A token and the column (in characters, from 1) where it starts.
#[derive(Clone, Debug)]
pub struct Token {
    /// From 1.
    pub column: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A run of letters, digits and `_./:+-`: a name, a keyword, a number or a date.
    Word(String),
    /// A text in single or double quotes; a doubled quote stands for itself.
    Text(String),
    /// A field's name in backticks, which may hold anything.
    Name(String),
    /// A comparison.
    How(Comparison),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(text) | Self::Text(text) | Self::Name(text) => f.write_str(text),
            Self::How(how) => how.fmt(f),
            Self::Open => f.write_str("("),
            Self::Close => f.write_str(")"),
            Self::Comma => f.write_str(","),
        }
    }
}

/// Why a text cannot be cut into tokens.
#[derive(Debug)]
pub struct Snag {
    /// From 1.
    pub column: usize,
    /// In a few words.
    pub what: String,
}

/// Cuts a text into tokens.
///
/// # Errors
/// A [`Snag`] at a quote that is never closed, or at a character that starts no token.
pub fn tokens(text: &str) -> Result<Vec<Token>, Snag> {
    let letters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        if letter.is_whitespace() {
            at += 1;
            continue;
        }
        let (kind, length) = token(&letters[at..]).map_err(|what| Snag { column: at + 1, what })?;
        found.push(Token { column: at + 1, kind });
        at += length;
    }
    Ok(found)
}

/// The first token of a non-empty text, and how many characters it takes.
fn token(letters: &[char]) -> Result<(Kind, usize), String> {
    let second = letters.get(1);
    let how = |how, length| Ok((Kind::How(how), length));
    match letters[0] {
        '(' => Ok((Kind::Open, 1)),
        ')' => Ok((Kind::Close, 1)),
        ',' => Ok((Kind::Comma, 1)),
        '=' => how(Comparison::Equal, if second == Some(&'=') { 2 } else { 1 }),
        '!' if second == Some(&'=') => how(Comparison::NotEqual, 2),
        '<' if second == Some(&'>') => how(Comparison::NotEqual, 2),
        '<' if second == Some(&'=') => how(Comparison::LessOrEqual, 2),
        '<' => how(Comparison::Less, 1),
        '>' if second == Some(&'=') => how(Comparison::GreaterOrEqual, 2),
        '>' => how(Comparison::Greater, 1),
        quote @ ('\'' | '"' | '`') => {
            let (text, length) = quoted(letters).ok_or_else(|| format!("no {quote} closes this one"))?;
            Ok((if quote == '`' { Kind::Name(text) } else { Kind::Text(text) }, length))
        }
        first if in_word(first) => {
            let word: String = letters.iter().take_while(|letter| in_word(**letter)).collect();
            let length = word.len();
            Ok((Kind::Word(word), length))
        }
        other => Err(format!("`{other}` has no meaning here")),
    }
}

/// The text between the quote that comes first and the next single one like it, and the length of it all.
fn quoted(letters: &[char]) -> Option<(String, usize)> {
    let quote = letters[0];
    let mut text = String::new();
    let mut at = 1;
    loop {
        let letter = *letters.get(at)?;
        if letter != quote {
            text.push(letter);
            at += 1;
        } else if letters.get(at + 1) == Some(&quote) {
            text.push(quote);
            at += 2;
        } else {
            return Some((text, at + 1));
        }
    }
}

/// Words are ASCII, so a word has as many bytes as characters.
fn in_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_./:+-".contains(letter)
}
