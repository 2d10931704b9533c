//! Regular expressions that are compiled when they are first asked: most of them never are.

use std::sync::OnceLock;

use regex_automata::meta::{Config, Regex};
use regex_automata::util::captures::Captures;
use regex_automata::{Anchored, Input, Match};
use regex_syntax::hir::Hir;

use crate::mirror::guard::secrets::dialect;

/// The largest automaton of one expression, in bytes; the largest rule of gitleaks needs a tenth of it.
const LARGEST: usize = 64 << 20;

/// One or more expressions of which each may match.
#[derive(Debug, Default)]
pub struct Patterns {
    sources: Vec<String>,
    regex: OnceLock<Regex>,
}

impl Patterns {
    /// Takes them as they are written; [`compiled`] says whether they can be read.
    pub fn new(sources: Vec<String>) -> Self {
        Self { sources, regex: OnceLock::new() }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Whether one of them matches somewhere.
    pub fn any(&self, text: &[u8]) -> bool {
        !self.is_empty() && self.regex().is_match(text)
    }

    fn regex(&self) -> &Regex {
        self.regex.get_or_init(|| {
            let parsed: Vec<Hir> =
                self.sources.iter().filter_map(|source| dialect::parse(source).ok()).collect();
            build(&parsed).expect("they were tried when they were read")
        })
    }
}

/// Compiles one expression, only to see whether it can be.
///
/// # Errors
/// What is wrong with it, in one line.
pub fn compiled(source: &str) -> Result<(), String> {
    let parsed = dialect::parse(source).map_err(|error| last_line(&error.to_string()))?;
    build(&[parsed]).map(drop).map_err(|error| last_line(&error.to_string()))
}

fn last_line(told: &str) -> String {
    told.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

fn build(parsed: &[Hir]) -> Result<Regex, Box<regex_automata::meta::BuildError>> {
    let config = Config::new().utf8_empty(false).nfa_size_limit(Some(LARGEST));
    Regex::builder().configure(config).build_many_from_hir(parsed).map_err(Box::new)
}

/// One expression that was parsed before, compiled when it is first asked.
#[derive(Debug)]
pub struct Lazy {
    parsed: Hir,
    regex: OnceLock<Regex>,
}

impl Lazy {
    /// Takes what was parsed.
    pub fn new(parsed: Hir) -> Self {
        Self { parsed, regex: OnceLock::new() }
    }

    fn regex(&self) -> &Regex {
        self.regex
            .get_or_init(|| build(std::slice::from_ref(&self.parsed)).expect("it was tried when it was read"))
    }

    /// Whether it matches from exactly this place on.
    pub fn is_at(&self, text: &[u8], place: usize) -> bool {
        self.regex().is_match(Input::new(text).range(place..).anchored(Anchored::Yes))
    }

    /// The first match that begins at a place or behind it; what stands before is seen by `\b` and `^`.
    pub fn find(&self, text: &[u8], from: usize) -> Option<Match> {
        self.regex().search(&Input::new(text).range(from..))
    }

    /// The groups of the first match.
    pub fn groups(&self, text: &[u8]) -> Captures {
        let mut groups = self.regex().create_captures();
        self.regex().captures(text, &mut groups);
        groups
    }
}
