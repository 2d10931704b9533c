//! Git's commits as bytes.

use anyhow::{Context, Result, anyhow};

use crate::clock::Timestamp;
use crate::git::engine::objects::Torn;
use crate::model::object::ObjectId;

/// What gx asks of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Commit {
    pub tree: ObjectId,
    pub parents: Vec<ObjectId>,
    pub message: String,
}

impl Commit {
    /// Reads what an engine gave.
    ///
    /// # Errors
    /// Bytes that are no commit.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        parse(bytes).ok_or_else(|| Torn("a commit is damaged".to_owned()).into())
    }
}

fn parse(bytes: &[u8]) -> Option<Commit> {
    let (mut tree, mut parents, mut rest) = (None, Vec::new(), bytes);
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let (line, after) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
        rest = after;
        let id = |hex: &[u8]| std::str::from_utf8(hex).ok()?.parse::<ObjectId>().ok();
        if line.is_empty() {
            break;
        } else if let Some(hex) = line.strip_prefix(b"tree ") {
            tree = Some(id(hex)?);
        } else if let Some(hex) = line.strip_prefix(b"parent ") {
            parents.push(id(hex)?);
        }
    }
    let message = String::from_utf8_lossy(rest).trim_start_matches('\n').to_owned();
    Some(Commit { tree: tree?, parents, message })
}

/// What an annotated tag names.
pub(super) fn tagged(bytes: &[u8]) -> Result<ObjectId> {
    let line = bytes.split(|byte| *byte == b'\n').next().and_then(|line| line.strip_prefix(b"object "));
    let hex = line.and_then(|hex| std::str::from_utf8(hex).ok());
    hex.and_then(|hex| hex.parse().ok()).ok_or_else(|| Torn("a tag is damaged".to_owned()).into())
}

/// Name, address and moment, as author and committer lines have them.
///
/// # Errors
/// A name of which nothing is left.
pub(super) fn signature(name: &str, email: &str, at: Timestamp) -> Result<String> {
    let (name, email) = (clean(name), clean(email));
    if name.is_empty() {
        return Err(anyhow!("a name of these signs cannot stand in a commit"));
    }
    let zone = at.zone_minutes();
    let (sign, minutes) = if zone < 0 { ('-', -zone) } else { ('+', zone) };
    Ok(format!("{name} <{email}> {} {sign}{:02}{:02}", at.seconds(), minutes / 60, minutes % 60))
}

/// As Git itself does it: no signs that have a meaning in the line, and none of these at the ends.
fn clean(text: &str) -> String {
    let is_crud = |letter: char| {
        letter <= ' ' || matches!(letter, '.' | ',' | ':' | ';' | '<' | '>' | '"' | '\\' | '\'')
    };
    text.trim_matches(is_crud).chars().filter(|letter| !matches!(letter, '\n' | '<' | '>' | '\0')).collect()
}

/// The bytes of a new commit.
///
/// # Errors
/// A message that Git would cut.
pub(super) fn bytes(tree: ObjectId, parents: &[ObjectId], signature: &str, message: &str) -> Result<Vec<u8>> {
    if message.contains('\0') {
        return Err(anyhow!("a message cannot hold a NUL")).context("cannot write a commit");
    }
    let parents: String = parents.iter().map(|parent| format!("parent {parent}\n")).collect();
    Ok(format!("tree {tree}\n{parents}author {signature}\ncommitter {signature}\n\n{message}").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_whatever_headers_stand_between() {
        let (tree, parent) = ("ab".repeat(20), "cd".repeat(20));
        let text = format!(
            "tree {tree}\nparent {parent}\nparent {tree}\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\
             gpgsig -----BEGIN\n parent {parent}\n -----END\n\n\nsubject\n\nparent {parent}\n"
        );
        let commit = Commit::parse(text.as_bytes()).unwrap();
        assert_eq!(commit.tree.to_string(), tree);
        assert_eq!(
            commit.parents.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [parent.clone(), tree]
        );
        assert_eq!(commit.message, format!("subject\n\nparent {parent}\n"));
        assert!(Commit::parse(b"").is_err() && Commit::parse(b"tree x\n\n").is_err());
    }

    #[test]
    fn signs_with_a_meaning_are_taken_out_of_names() {
        let at: Timestamp = "2026-03-08T12:00:00.000000Z".parse().unwrap();
        let line = signature(" Ada <L>\n.", "a@b", at).unwrap();
        assert!(line.starts_with("Ada L <a@b> "), "{line}");
        assert!(signature("<>", "a@b", at).is_err());
    }
}
