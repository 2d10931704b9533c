//! Metrics out of a trainer's log: its last complete block, a pattern's last matches, or a JSON object.

use std::borrow::Cow;

use regex_lite::Regex;
use serde_json::{Map, Number, Value};

/// What a trainer reported, in its order: numbers as JSON numbers, everything else (`nan`, `inf`,
/// `1,000`, words) as strings exactly as written, so that nothing is lost and NaN is never a result.
pub type Metrics = Map<String, Value>;

/// Reads the last metrics block of a log: a line `---`, then one `key: value` a line, up to the first
/// line that is no such pair. `None` where no block holds a pair.
///
/// The format is autoresearch's, with any keys. The log may be any bytes: lines end at `\n` or `\r`,
/// terminal escapes are dropped, and what is not UTF-8 is replaced.
pub fn block(log: &[u8]) -> Option<Metrics> {
    last_block(log, |_| true)
}

/// Reads the last block that reports `name`, else the last block of all: a trainer that prints other
/// things under a `---` after its results doesn't hide them.
pub fn last_block_with(log: &[u8], name: &str) -> Option<Metrics> {
    last_block(log, |metrics| metrics.contains_key(name)).or_else(|| block(log))
}

/// Reads the last match of every named group of `pattern`, over the log as clean lines joined by `\n`.
///
/// Groups that never match, or only the empty text, are absent.
pub fn by_pattern(log: &[u8], pattern: &Regex) -> Metrics {
    let mut text = String::with_capacity(log.len());
    for line in lines(log) {
        text.push_str(&line);
        text.push('\n');
    }
    let mut metrics = Metrics::new();
    for found in pattern.captures_iter(&text) {
        for name in pattern.capture_names().flatten() {
            if let Some(group) = found.name(name).filter(|group| !group.is_empty()) {
                metrics.insert(name.to_owned(), scalar(group.as_str().trim()));
            }
        }
    }
    metrics
}

/// Reads a JSON object, its nested objects flattened: `{"eval": {"loss": 1}}` gives `eval.loss`.
///
/// `None` for anything else; JSON has no NaN, so a file that holds one is no result either.
pub fn json(text: &str) -> Option<Metrics> {
    match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(Value::Object(object)) => {
            let mut metrics = Metrics::new();
            flatten(object, "", &mut metrics);
            Some(metrics)
        }
        _ => None,
    }
}

/// The number called `name`: `None` where it is missing, a string, or not finite.
pub fn value(metrics: &Metrics, name: &str) -> Option<f64> {
    metrics.get(name)?.as_f64().filter(|number| number.is_finite())
}

/// The last block with at least one pair that `wanted` accepts.
fn last_block(log: &[u8], wanted: impl Fn(&Metrics) -> bool) -> Option<Metrics> {
    let mut last = None;
    let mut open: Option<Metrics> = None;
    let mut close = |block: Option<Metrics>| {
        if let Some(block) = block.filter(|block| !block.is_empty() && wanted(block)) {
            last = Some(block);
        }
    };
    for line in lines(log) {
        if line.trim_end() == "---" {
            close(open.replace(Metrics::new()));
        } else if let Some(block) = &mut open {
            match pair(&line) {
                Some((key, value)) => {
                    block.insert(key.to_owned(), scalar(value));
                }
                None => close(open.take()),
            }
        }
    }
    close(open);
    last
}

/// Splits `key: value`; `None` unless the key is `[A-Za-z_][A-Za-z0-9_./-]*` and there is a value.
fn pair(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let value = value.trim();
    let starts = key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_./-".contains(letter);
    (starts && key.chars().all(plain) && !value.is_empty()).then_some((key, value))
}

/// A number where the text is a finite one (integers stay integers), else the text itself.
fn scalar(text: &str) -> Value {
    if let Ok(integer) = text.parse::<i64>() {
        return integer.into();
    }
    if let Ok(integer) = text.parse::<u64>() {
        return integer.into();
    }
    let number = text.parse().ok().and_then(Number::from_f64);
    number.map_or_else(|| text.into(), Value::Number)
}

fn flatten(object: Metrics, prefix: &str, into: &mut Metrics) {
    for (key, value) in object {
        let key = format!("{prefix}{key}");
        match value {
            Value::Object(inner) if !inner.is_empty() => flatten(inner, &format!("{key}."), into),
            other => {
                into.insert(key, other);
            }
        }
    }
}

/// The lines of a log, clean: `\n`, `\r\n` and `\r` end one.
fn lines(log: &[u8]) -> impl Iterator<Item = Cow<'_, str>> {
    log.split(|&byte| byte == b'\n').flat_map(|line| {
        let end = line.iter().rposition(|&byte| byte != b'\r').map_or(0, |last| last + 1);
        line[..end].split(|&byte| byte == b'\r').map(|part| clean(String::from_utf8_lossy(part)))
    })
}

/// Drops terminal escapes (ECMA-48: CSI, OSC and two-byte ones) from a line.
fn clean(line: Cow<'_, str>) -> Cow<'_, str> {
    if !line.contains('\u{1b}') {
        return line;
    }
    let mut kept = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter != '\u{1b}' {
            kept.push(letter);
            continue;
        }
        match letters.next() {
            Some('[') => drop(letters.find(|end| ('@'..='~').contains(end))),
            Some(']') => {
                let end = letters.find(|end| matches!(end, '\u{7}' | '\u{1b}'));
                if end == Some('\u{1b}') {
                    letters.next();
                }
            }
            _ => {}
        }
    }
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests;
