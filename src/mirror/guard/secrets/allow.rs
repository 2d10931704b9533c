//! What looks like a secret and is none.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use crate::mirror::guard::secrets::file::{Allowlist, Condition, Target};
use crate::mirror::guard::secrets::pattern::Patterns;

/// An allowlist, ready to be asked.
#[derive(Debug)]
pub struct Allow {
    condition: Condition,
    target: Target,
    paths: Patterns,
    regexes: Patterns,
    stopwords: Vec<String>,
    automaton: OnceLock<AhoCorasick>,
}

/// What allowlists are asked about.
pub struct Subject<'a> {
    /// The path of the text.
    pub path: &'a [u8],
    /// The secret.
    pub secret: &'a [u8],
    /// All that the rule took.
    pub whole: &'a [u8],
    /// The lines that it stands on.
    pub line: &'a [u8],
}

impl Allow {
    /// From the file.
    pub fn of(list: Allowlist) -> Self {
        let sources = |written: Vec<toml::Spanned<String>>| {
            Patterns::new(written.into_iter().map(toml::Spanned::into_inner).collect())
        };
        Self {
            condition: list.condition,
            target: list.regex_target,
            paths: sources(list.paths),
            regexes: sources(list.regexes),
            stopwords: list.stopwords,
            automaton: OnceLock::new(),
        }
    }

    /// Whether nothing in this file counts, whatever it says.
    pub fn covers(&self, path: &[u8]) -> bool {
        if path.is_empty() || !self.paths.any(path) {
            return false;
        }
        // With AND, what the file says has its say too.
        self.condition == Condition::Or || (self.regexes.is_empty() && self.stopwords.is_empty())
    }

    /// What it makes of a path; nothing where it does not look at paths.
    pub fn names(&self, path: &[u8]) -> Option<bool> {
        (!self.paths.is_empty()).then(|| self.paths.any(path))
    }

    /// Whether this is no secret.
    pub fn clears(&self, subject: &Subject<'_>) -> bool {
        let text = match self.target {
            Target::Secret => subject.secret,
            Target::Match => subject.whole,
            Target::Line => subject.line,
        };
        if self.condition == Condition::Or {
            return self.regexes.any(text) || self.has_stopword(subject.secret);
        }
        (self.paths.is_empty() || self.paths.any(subject.path))
            && (self.regexes.is_empty() || self.regexes.any(text))
            && (self.stopwords.is_empty() || self.has_stopword(subject.secret))
    }

    fn has_stopword(&self, secret: &[u8]) -> bool {
        !self.stopwords.is_empty() && self.automaton().is_match(secret)
    }

    fn automaton(&self) -> &AhoCorasick {
        self.automaton.get_or_init(|| {
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .build(&self.stopwords)
                .expect("a list of words fits into an automaton")
        })
    }
}
