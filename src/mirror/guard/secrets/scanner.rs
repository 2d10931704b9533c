//! Looks for secrets in texts; one scanner serves all threads.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use anyhow::Result;
use memchr::{memchr, memchr_iter, memmem, memrchr};
use sha2::{Digest, Sha256};

use crate::mirror::guard::secrets::allow::Subject;
use crate::mirror::guard::secrets::encoded::{self, Segment};
use crate::mirror::guard::secrets::entropy;
use crate::mirror::guard::secrets::hit::Hit;
use crate::mirror::guard::secrets::rule::{Engine, Places, Rule, sorted};
use crate::mirror::guard::secrets::seams;
use crate::mirror::guard::secrets::table::Table;
use crate::mirror::policy::terms::hex;

/// A line that says this is meant to be there.
const ALLOW: &[u8] = b"gitleaks:allow";

/// How often what was unfolded is unfolded again, as gitleaks does.
const DEEPEST: usize = 5;

/// A rule whose keywords stand more often in one text is run over all of it: asking at each of them may read on to the
/// end of the text each time, which somebody could make take hours.
const MOST_ASKED: usize = 1000;

/// So much of a line is looked at, on either side of a secret: some lines are megabytes.
const FAR: usize = 2000;

/// All rules, ready to be asked.
#[derive(Debug)]
pub struct Scanner {
    /// The built-in rules with a repository's own; nothing where it has none.
    table: Option<Table>,
    own: String,
}

/// A text at some depth of unfolding.
struct Layer<'a> {
    path: &'a [u8],
    /// As it was given.
    raw: &'a [u8],
    /// As it is unfolded here.
    text: &'a [u8],
    /// What was unfolded last; nothing in the text as it was given.
    segments: &'a [Segment],
}

/// A secret, and what decides whether another rule's counts for more.
struct Found {
    hit: Hit,
    begin: usize,
    is_generic: bool,
}

impl Scanner {
    /// The built-in rules, and a repository's own: what errors call the file, and its text.
    ///
    /// # Errors
    /// Its own rules are wrong: where and why.
    pub fn new(own: Option<(&str, &str)>) -> Result<Self> {
        let table = own.map(|own| Table::new(Some(own))).transpose()?;
        Ok(Self { table, own: own.map_or_else(String::new, |(_, text)| text.to_owned()) })
    }

    /// The rules; the built-in ones are read when the first text is looked at, once in a process.
    pub(crate) fn table(&self) -> &Table {
        static BUILT_IN: OnceLock<Table> = OnceLock::new();
        let built_in = || BUILT_IN.get_or_init(|| Table::new(None).expect("the built-in rules can be read"));
        self.table.as_ref().unwrap_or_else(built_in)
    }

    /// A hash of the rules that are not built in: what was looked at under others is looked at again.
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(&self.own))
    }

    /// The id and the description of each rule.
    pub fn rules(&self) -> impl Iterator<Item = (&str, &str)> {
        self.table().rules.iter().map(|rule| (&*rule.id, &*rule.description))
    }

    /// What the rules make of a path: under paths of one class the same text has the same secrets.
    pub fn class(&self, path: &[u8]) -> u64 {
        let table = self.table();
        if table.allow.iter().any(|allow| allow.covers(path)) {
            return 0;
        }
        let answers = table.rules.iter().flat_map(|rule| rule.names(path));
        answers.fold(1, |class: u64, answer| class.wrapping_mul(31).wrapping_add(u64::from(answer)))
    }

    /// All secrets of a text, by their places. The path decides about rules that are for some files only; it may be
    /// empty where there is none.
    pub fn scan(&self, path: &[u8], text: &[u8]) -> Vec<Hit> {
        if self.table().allow.iter().any(|allow| allow.covers(path)) {
            return Vec::new();
        }
        let mut found = Vec::new();
        self.pass(&Layer { path, raw: text, text, segments: &[] }, &mut found);
        self.pass_joined(path, text, &mut found);
        let (mut current, mut segments) = (Cow::Borrowed(text), Vec::new());
        for _ in 0..DEEPEST {
            let Some((next, parts)) = encoded::unfold(&current, &segments) else { break };
            (current, segments) = (Cow::Owned(next), parts);
            self.pass(&Layer { path, raw: text, text: &current, segments: &segments }, &mut found);
        }
        told(found, text)
    }

    /// Looks at lines as they read when their string literals are joined, for secrets with a form of their own.
    fn pass_joined(&self, path: &[u8], text: &[u8], found: &mut Vec<Found>) {
        let table = self.table();
        let is_like = |around: &[u8], before: usize| {
            let mut is_like = false;
            table.keywords(around, |rule, _, place| {
                is_like |= place < before && !table.rules[rule].is_generic;
            });
            is_like
        };
        seams::joined(text, &is_like, &mut |joined| {
            let layer = Layer { path, raw: text, text: &joined.text, segments: &joined.segments };
            let mut more = Vec::new();
            self.pass(&layer, &mut more);
            found.extend(more.into_iter().filter(|one| !one.is_generic));
        });
    }

    /// Where in a text which rules can match.
    pub(crate) fn places(&self, text: &[u8]) -> BTreeMap<usize, Places> {
        let mut places: BTreeMap<usize, Places> = BTreeMap::new();
        self.table().always.iter().for_each(|rule| drop(places.insert(*rule, Places::All)));
        let mut asked = vec![0_usize; self.table().rules.len()];
        self.table().keywords(text, |rule, keyword, place| {
            asked[rule] += 1;
            if asked[rule] > MOST_ASKED {
                if asked[rule] == MOST_ASKED + 1 {
                    places.insert(rule, Places::All);
                }
                return;
            }
            let Some(engine) = self.table().rules[rule].engine() else {
                places.insert(rule, Places::All);
                return;
            };
            engine.meet(text, keyword, place, &mut |start| match start {
                None => drop(places.insert(rule, Places::All)),
                Some(start) => match places.entry(rule).or_insert_with(|| Places::At(Vec::new())) {
                    Places::At(places) => places.push(start),
                    Places::All => {}
                },
            });
        });
        places.into_iter().map(|(rule, places)| (rule, sorted(places))).collect()
    }

    /// One pass over a text.
    fn pass(&self, layer: &Layer<'_>, found: &mut Vec<Found>) {
        for (number, places) in self.places(layer.text) {
            let rule = &self.table().rules[number];
            if !rule.applies(layer.path) {
                continue;
            }
            let Some(engine) = rule.engine() else {
                found.extend((layer.segments.is_empty() && !layer.path.is_empty()).then(|| by_path(rule)));
                continue;
            };
            for range in engine.matches(layer.text, &places) {
                found.extend(self.judge(layer, rule, engine, range));
            }
        }
    }

    /// Whether a match is a secret.
    fn judge(&self, layer: &Layer<'_>, rule: &Rule, engine: &Engine, range: Range<usize>) -> Option<Found> {
        if !layer.segments.is_empty() && !encoded::touches(layer.segments, &range) {
            // The pass before has seen it.
            return None;
        }
        let range = trimmed(layer.text, range);
        let whole = &layer.text[range.clone()];
        let part = rule.secret(engine, whole);
        let secret = &whole[part.clone()];
        if rule.entropy != 0.0 && entropy::bits(secret) <= rule.entropy {
            return None;
        }
        let line = &layer.text[line(layer.text, &range)];
        let subject = Subject { path: layer.path, secret, whole, line };
        if self.table().allow.iter().chain(&rule.allow).any(|allow| allow.clears(&subject)) {
            return None;
        }
        let place = range.start + part.start..range.start + part.end;
        let place = if layer.segments.is_empty() { place } else { encoded::origin(layer.segments, &place) };
        let place = place.start.min(layer.raw.len())..place.end.min(layer.raw.len());
        let is_allowed = memmem::find(&layer.raw[self::line(layer.raw, &place)], ALLOW).is_some();
        Some(Found {
            begin: if layer.segments.is_empty() { range.start } else { place.start },
            is_generic: rule.is_generic,
            hit: Hit {
                rule: rule.id.clone(),
                description: rule.description.clone(),
                line: 0,
                place,
                secret: secret.to_vec(),
                is_allowed,
            },
        })
    }
}

fn by_path(rule: &Rule) -> Found {
    let hit = Hit {
        rule: rule.id.clone(),
        description: rule.description.clone(),
        line: 1,
        place: 0..0,
        secret: Vec::new(),
        is_allowed: false,
    };
    Found { hit, begin: 0, is_generic: false }
}

/// A match without the ends of lines around it.
fn trimmed(text: &[u8], range: Range<usize>) -> Range<usize> {
    let whole = &text[range.clone()];
    let before = whole.iter().take_while(|byte| **byte == b'\n').count();
    let behind = whole[before..].iter().rev().take_while(|byte| **byte == b'\n').count();
    range.start + before..range.end - behind
}

/// The lines that a range stands on, no further than [`FAR`].
fn line(text: &[u8], range: &Range<usize>) -> Range<usize> {
    let first = range.start.saturating_sub(FAR);
    let start = memrchr(b'\n', &text[first..range.start]).map_or(first, |place| first + place + 1);
    let last = (range.end + FAR).min(text.len());
    let end = memchr(b'\n', &text[range.end..last]).map_or(last, |length| range.end + length);
    start..end
}

/// The hits in the order of the text, with their lines, without what is said twice.
fn told(mut found: Vec<Found>, text: &[u8]) -> Vec<Hit> {
    if found.is_empty() {
        return Vec::new();
    }
    let ends: Vec<usize> = memchr_iter(b'\n', text).collect();
    let line_of = |place: usize| 1 + ends.partition_point(|end| *end < place);
    for one in &mut found {
        one.begin = line_of(one.begin);
        one.hit.line = line_of(one.hit.place.start);
    }
    let special: Vec<(usize, Vec<u8>)> =
        found.iter().filter(|one| !one.is_generic).map(|one| (one.begin, one.hit.secret.clone())).collect();
    found.retain(|one| {
        !one.is_generic
            || !special
                .iter()
                .any(|(line, secret)| *line == one.begin && memmem::find(secret, &one.hit.secret).is_some())
    });
    let mut hits: Vec<Hit> = found.into_iter().map(|one| one.hit).collect();
    hits.sort_by(|one, other| (one.place.start, &one.rule).cmp(&(other.place.start, &other.rule)));
    hits.dedup_by(|one, other| {
        one.rule == other.rule && one.place == other.place && one.secret == other.secret
    });
    hits
}

#[cfg(test)]
pub(crate) mod tests;
