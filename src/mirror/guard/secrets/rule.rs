//! One secret rule: where it applies, and what in a text it takes for a secret.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::mirror::guard::secrets::allow::Allow;
use crate::mirror::guard::secrets::dialect;
use crate::mirror::guard::secrets::file::Entry;
use crate::mirror::guard::secrets::pattern::{Lazy, Patterns};
use crate::mirror::guard::secrets::shape;

/// A rule, its expressions not yet compiled.
#[derive(Debug)]
pub struct Rule {
    /// Its id.
    pub id: Arc<str>,
    /// What it finds.
    pub description: Arc<str>,
    /// In lower case; a text without any of them is not looked at.
    pub keywords: Vec<String>,
    /// What is no secret of this kind.
    pub allow: Vec<Allow>,
    /// More bits a letter than this; 0 asks nothing.
    pub entropy: f64,
    /// It is about anything that looks like a password: where another rule finds the same, that one speaks.
    pub is_generic: bool,
    regex: Option<String>,
    path: Patterns,
    secret_group: usize,
    engine: OnceLock<Engine>,
}

/// The expressions of a rule.
#[derive(Debug)]
pub struct Engine {
    whole: Lazy,
    shape: Option<Shape>,
}

#[derive(Debug)]
struct Shape {
    tail: Lazy,
    lead: Option<usize>,
    starts: Vec<(usize, usize)>,
}

/// Where in a text a rule can match.
#[derive(Debug, PartialEq, Eq)]
pub enum Places {
    /// Anywhere.
    All,
    /// Only by its keywords, which stand there; in rising order.
    At(Vec<usize>),
}

impl Rule {
    /// From the file.
    pub fn of(entry: Entry) -> Self {
        let id = entry.id.into_inner();
        Self {
            description: entry.description.into(),
            keywords: entry.keywords.iter().map(|word| word.to_ascii_lowercase()).collect(),
            allow: entry.allowlists.into_iter().map(Allow::of).collect(),
            entropy: entry.entropy,
            is_generic: id.to_ascii_lowercase().contains("generic"),
            regex: entry.regex.map(toml::Spanned::into_inner),
            path: Patterns::new(entry.path.into_iter().map(toml::Spanned::into_inner).collect()),
            secret_group: entry.secret_group,
            engine: OnceLock::new(),
            id: id.into(),
        }
    }

    /// Whether files of this name are looked at.
    pub fn applies(&self, path: &[u8]) -> bool {
        (self.path.is_empty() || self.path.any(path)) && !self.allow.iter().any(|allow| allow.covers(path))
    }

    /// All that it makes of a path; nothing where it treats all paths alike.
    pub fn names(&self, path: &[u8]) -> impl Iterator<Item = bool> {
        let own = (!self.path.is_empty()).then(|| self.path.any(path));
        own.into_iter().chain(self.allow.iter().filter_map(move |allow| allow.names(path)))
    }

    /// Its expressions; nothing where the name alone is the finding.
    pub fn engine(&self) -> Option<&Engine> {
        let regex = self.regex.as_ref()?;
        Some(self.engine.get_or_init(|| {
            let parsed = dialect::parse(regex).expect("it was tried when it was read");
            let shape = shape::read(&parsed, &self.keywords);
            let shape = shape.map(|shape| Shape {
                tail: Lazy::new(shape.tail),
                lead: shape.lead,
                starts: shape.starts,
            });
            Engine { whole: Lazy::new(parsed), shape }
        }))
    }

    /// The secret in a match: a group of it, or all. Like gitleaks, the expression is asked again about the match alone.
    pub fn secret(&self, engine: &Engine, whole: &[u8]) -> Range<usize> {
        let groups = engine.whole.groups(whole);
        let all = 0..whole.len();
        if !groups.is_match() || groups.group_len() < 2 {
            return all;
        }
        let group = |number: usize| groups.get_group(number).map(|span| span.range());
        if self.secret_group > 0 {
            return group(self.secret_group).unwrap_or(0..0);
        }
        (1..groups.group_len()).filter_map(group).find(|range| !range.is_empty()).unwrap_or(all)
    }
}

impl Engine {
    /// Whether only the surroundings of keywords have to be looked at.
    #[cfg(test)]
    pub fn is_short(&self) -> bool {
        self.shape.is_some()
    }

    /// Takes in that a keyword stands somewhere, and tells where the rule can match because of it: from there on, or
    /// anywhere (nothing).
    pub fn meet(&self, text: &[u8], keyword: usize, place: usize, tell: &mut dyn FnMut(Option<usize>)) {
        let Some(shape) = &self.shape else { return tell(None) };
        for (number, behind) in &shape.starts {
            let start = place.checked_sub(*behind).filter(|_| *number == keyword);
            if let Some(start) = start.filter(|start| shape.tail.is_at(text, *start)) {
                tell(Some(start));
            }
        }
    }

    /// All matches, from left to right, none over another: those that a search of the whole text finds.
    pub fn matches(&self, text: &[u8], places: &Places) -> Vec<Range<usize>> {
        let lead = self.shape.as_ref().and_then(|shape| shape.lead);
        let (mut found, mut from) = (Vec::new(), 0);
        let mut search = |start: usize| {
            let next = self.whole.find(text, start)?;
            if !next.is_empty() {
                found.push(next.range());
            }
            Some(next.end().max(next.start() + 1))
        };
        match places {
            Places::All => {
                while let Some(end) = Some(from).filter(|from| *from <= text.len()).and_then(&mut search) {
                    from = end;
                }
            }
            Places::At(places) => {
                for place in places {
                    // A match by this keyword begins before it, not further than the longest lead. What an earlier
                    // keyword or match has taken is behind us.
                    while *place >= from {
                        let start = lead.map_or(0, |lead| place.saturating_sub(lead)).max(from);
                        let Some(end) = search(start) else { return found };
                        from = end;
                    }
                }
            }
        }
        found
    }
}

/// Sorts places that were met keyword by keyword.
pub fn sorted(places: Places) -> Places {
    match places {
        Places::All => Places::All,
        Places::At(mut places) => {
            places.sort_unstable();
            places.dedup();
            Places::At(places)
        }
    }
}
