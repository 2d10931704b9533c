//! Where a rule's keyword stands in its regex: what lets the scan look at few places instead of at the whole text.
//!
//! Most rules are `lead keyword rest` with a lead of limited length, such as `[\w.-]{0,50}?`. If every text that
//! `keyword rest` takes begins, some fixed number of bytes before it at most, with one of the rule's keywords, then every
//! match of the rule has a hit of the keyword search at a known distance from the place where `keyword rest` matches.
//! So `keyword rest`, held fast at that place, is asked first: it says no after a few bytes nearly always. Only
//! where it says yes can a match begin, and not further before than the longest lead. Nothing is guessed:
//! a regex for which this cannot be read off its structure is run over the whole text.

use std::collections::BTreeSet;

use regex_syntax::hir::{Class, Hir, HirKind};

/// More beginnings than these, or longer ones, are not followed.
const MOST: usize = 300;
const LONGEST: usize = 24;

/// How the keywords stand in the regex of a rule.
#[derive(Debug)]
pub struct Shape {
    /// `keyword rest`.
    pub tail: Hir,
    /// The longest lead in bytes; nothing where there is no limit.
    pub lead: Option<usize>,
    /// Which keyword, by its place in the rule's list, stands how many bytes behind the beginning of the tail.
    pub starts: Vec<(usize, usize)>,
}

/// A text with which all that an expression takes may begin, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    bytes: Vec<u8>,
    /// Nothing of the expression comes behind it.
    is_whole: bool,
}

/// Reads the shape off a regex; `keywords` are in lower case.
pub fn read(regex: &Hir, keywords: &[String]) -> Option<Shape> {
    let mut parts = Vec::new();
    flatten(regex, &mut parts);
    (0..parts.len()).find_map(|first| {
        let starts = starts(&heads_of_all(&parts[first..]), keywords)?;
        let mut lead = Some(0);
        for part in &parts[..first] {
            lead = lead.zip(part.properties().maximum_len()).map(|(sum, length)| sum + length);
        }
        Some(Shape { tail: Hir::concat(parts[first..].to_vec()), lead, starts })
    })
}

/// The parts of a sequence, without the groups around them.
fn flatten(regex: &Hir, parts: &mut Vec<Hir>) {
    match regex.kind() {
        HirKind::Capture(group) => flatten(&group.sub, parts),
        HirKind::Concat(inner) => inner.iter().for_each(|part| flatten(part, parts)),
        _ => parts.push(regex.clone()),
    }
}

/// The keywords at the beginnings; nothing if one of these has none.
fn starts(heads: &BTreeSet<Head>, keywords: &[String]) -> Option<Vec<(usize, usize)>> {
    let mut starts = BTreeSet::new();
    for head in heads {
        let found = keywords.iter().enumerate().find_map(|(number, keyword)| {
            let windows = head.bytes.windows(keyword.len().max(1));
            let at = windows.into_iter().position(|window| window == keyword.as_bytes())?;
            Some((number, at))
        });
        starts.insert(found?);
    }
    Some(starts.into_iter().collect())
}

fn heads_of_all(parts: &[Hir]) -> BTreeSet<Head> {
    let mut heads = BTreeSet::from([Head { bytes: Vec::new(), is_whole: true }]);
    for part in parts {
        if heads.iter().all(|head| !head.is_whole) {
            break;
        }
        let next = heads_of(part);
        let mut longer = BTreeSet::new();
        for head in &heads {
            if head.is_whole && head.bytes.len() <= LONGEST {
                longer.extend(next.iter().map(|next| Head {
                    bytes: [head.bytes.as_slice(), &next.bytes].concat(),
                    is_whole: next.is_whole,
                }));
            } else {
                longer.insert(Head { is_whole: false, ..head.clone() });
            }
        }
        if longer.len() > MOST {
            // What there was still begins every text.
            return heads.into_iter().map(|head| Head { is_whole: false, ..head }).collect();
        }
        heads = longer;
    }
    heads
}

fn heads_of(regex: &Hir) -> BTreeSet<Head> {
    let anything = || BTreeSet::from([Head { bytes: Vec::new(), is_whole: false }]);
    match regex.kind() {
        HirKind::Empty | HirKind::Look(_) => BTreeSet::from([Head { bytes: Vec::new(), is_whole: true }]),
        HirKind::Literal(text) => {
            BTreeSet::from([Head { bytes: text.0.to_ascii_lowercase(), is_whole: true }])
        }
        HirKind::Class(class) => letters(class).unwrap_or_else(anything),
        HirKind::Capture(group) => heads_of(&group.sub),
        HirKind::Concat(parts) => heads_of_all(parts),
        HirKind::Alternation(ways) => {
            let heads: BTreeSet<Head> = ways.iter().flat_map(heads_of).collect();
            if heads.len() > MOST { anything() } else { heads }
        }
        HirKind::Repetition(repeated) => match (repeated.min, repeated.max) {
            (0, Some(1)) => {
                let mut heads = heads_of(&repeated.sub);
                heads.insert(Head { bytes: Vec::new(), is_whole: true });
                heads
            }
            (0, _) => anything(),
            (1, Some(1)) => heads_of(&repeated.sub),
            _ => heads_of(&repeated.sub).into_iter().map(|head| Head { is_whole: false, ..head }).collect(),
        },
    }
}

/// The letters of a small class of ASCII.
fn letters(class: &Class) -> Option<BTreeSet<Head>> {
    let bytes = match class {
        Class::Bytes(bytes) => bytes.clone(),
        Class::Unicode(letters) => letters.to_byte_class()?,
    };
    let mut found = BTreeSet::new();
    for range in bytes.iter() {
        for byte in range.start()..=range.end() {
            found.insert(Head { bytes: vec![byte.to_ascii_lowercase()], is_whole: true });
        }
        if found.len() > 40 {
            return None;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::guard::secrets::dialect;

    type Read = (Option<usize>, Vec<(usize, usize)>);

    fn shape(pattern: &str, keywords: &[&str]) -> Option<Read> {
        let keywords: Vec<String> = keywords.iter().map(|word| (*word).to_owned()).collect();
        read(&dialect::parse(pattern).unwrap(), &keywords).map(|shape| (shape.lead, shape.starts))
    }

    #[test]
    fn a_keyword_is_found_behind_a_lead_and_never_where_a_match_could_do_without_it() {
        assert_eq!(shape(r"(?i)[\w.-]{0,50}?(?:adafruit)x", &["adafruit"]), Some((Some(50), vec![(0, 0)])));
        assert_eq!(shape(r"\b((?:sk|rk)_live_[a-z]{9})", &["k_live"]), Some((Some(0), vec![(0, 1)])));
        assert_eq!(shape("x*(a[Pp]i|key)", &["api", "key"]), Some((None, vec![(0, 0), (1, 0)])));
        assert_eq!(shape("(?:api)?key", &["key"]), Some((Some(0), vec![(0, 0), (0, 3)])));
        assert_eq!(shape("(?:api|other)x", &["api"]), None);
        assert_eq!(shape("(?:api)?x", &["api"]), None);
        assert_eq!(shape("pat[a-z]{14}", &["airtable"]), None);
    }
}
