//! What Git tells hooks on stdin: one line a ref.

use anyhow::Result;

use crate::error::{Exit, fault};
use crate::mirror::guard::update::Update;
use crate::model::object::ObjectId;

/// Reads what a pre-push hook is told: `LOCAL-REF LOCAL-ID REMOTE-REF REMOTE-ID` (githooks(5)).
///
/// The local ref is what was typed and may hold blanks, so a line is read from its end.
///
/// # Errors
/// A line that is none: whoever cannot read what is pushed cannot let it pass.
pub fn pushed(input: &[u8]) -> Result<Vec<Update>> {
    let lines = input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| push(line).ok_or_else(|| strange(line))).collect()
}

/// Reads what a pre-receive hook is told: `OLD-ID NEW-ID REF` (githooks(5)).
///
/// # Errors
/// As [`pushed`].
pub fn received(input: &[u8]) -> Result<Vec<Update>> {
    let lines = input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| receive(line).ok_or_else(|| strange(line))).collect()
}

fn push(line: &[u8]) -> Option<Update> {
    let mut words = line.rsplitn(4, |byte| *byte == b' ');
    let (old, target, new) = (id(words.next()?)?, words.next()?, id(words.next()?)?);
    let source = words.next()?;
    Some(Update { source: text(source), new, target: name(target)?, old })
}

fn receive(line: &[u8]) -> Option<Update> {
    let mut words = line.splitn(3, |byte| *byte == b' ');
    let (old, new, target) = (id(words.next()?)?, id(words.next()?)?, name(words.next()?)?);
    let source = if new.is_some() { target.clone() } else { "(delete)".to_owned() };
    Some(Update { source, new, target, old })
}

/// An id of either length, where only zeros stand for nothing.
fn id(word: &[u8]) -> Option<Option<ObjectId>> {
    let id: ObjectId = std::str::from_utf8(word).ok()?.parse().ok()?;
    Some(Some(id).filter(|id| id.as_bytes().iter().any(|byte| *byte != 0)))
}

fn name(word: &[u8]) -> Option<String> {
    Some(text(word)).filter(|name| !name.is_empty())
}

/// Names of refs may be any bytes; what is no text is shown with a mark in its place, and matches no pattern by it.
fn text(word: &[u8]) -> String {
    String::from_utf8_lossy(word).into_owned()
}

fn strange(line: &[u8]) -> anyhow::Error {
    let shown = String::from_utf8_lossy(line).escape_debug().to_string();
    fault(format!("git told the hook what nobody can read: `{shown}`")).exit(Exit::Unchecked).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "1111111111111111111111111111111111111111";
    const ZERO: &str = "0000000000000000000000000000000000000000";

    #[test]
    fn a_local_ref_may_hold_blanks_and_a_line_is_read_from_its_end() {
        let input =
            format!("HEAD@{{2 days ago}} {ONE} refs/heads/x {ZERO}\n(delete) {ZERO} refs/heads/y {ONE}\n");
        let read = pushed(input.as_bytes()).unwrap();
        assert_eq!((read[0].source.as_str(), read[0].target.as_str()), ("HEAD@{2 days ago}", "refs/heads/x"));
        assert_eq!((read[0].new.is_some(), read[0].old), (true, None));
        assert_eq!((read[1].source.as_str(), read[1].new), ("(delete)", None));
    }

    #[test]
    fn zeros_of_both_lengths_stand_for_nothing() {
        let (one, zero) = ("2".repeat(64), "0".repeat(64));
        let read = pushed(format!("main {one} refs/heads/main {zero}\n").as_bytes()).unwrap();
        assert_eq!((read[0].new.unwrap().as_bytes().len(), read[0].old), (32, None));
        let read = received(format!("{one} {zero} refs/heads/a b\n").as_bytes()).unwrap();
        assert_eq!((read[0].new, read[0].target.as_str()), (None, "refs/heads/a b"));
    }

    #[test]
    fn a_line_that_is_none_stops_the_push() {
        for line in ["x\n", "main 11 refs/heads/main 00\n", " \n", &format!("{ONE} refs/heads/x {ZERO}\n")] {
            let told = crate::error::tell(&pushed(line.as_bytes()).unwrap_err());
            assert_eq!(told.exit, Exit::Unchecked, "{line}");
        }
        assert!(pushed(b"").unwrap().is_empty());
    }
}
