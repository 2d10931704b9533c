//! A commit taken apart, byte for byte, and put together again without what may not be published.

use anyhow::{Context, Result};

use crate::model::object::ObjectId;

/// What is taken over of a commit; signatures, the text of signed tags and what nobody knows are not among it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headers<'a> {
    /// Its tree.
    pub tree: ObjectId,
    /// Its parents.
    pub parents: Vec<ObjectId>,
    /// Name, address and moment, as they stand in the line.
    pub author: &'a [u8],
    /// The same of who made the commit.
    pub committer: &'a [u8],
    /// How the message is encoded, where it is not UTF-8.
    pub encoding: Option<&'a [u8]>,
    /// The message.
    pub message: &'a [u8],
}

impl<'a> Headers<'a> {
    /// Reads a commit as it is stored.
    ///
    /// # Errors
    /// It is damaged.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        parse(bytes).context("a commit is damaged")
    }

    /// The bytes of the commit.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("tree {}\n", self.tree).into_bytes();
        for parent in &self.parents {
            bytes.extend_from_slice(format!("parent {parent}\n").as_bytes());
        }
        let lines =
            [("author", Some(self.author)), ("committer", Some(self.committer)), ("encoding", self.encoding)];
        for (name, value) in lines {
            let Some(value) = value else { continue };
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(b' ');
            bytes.extend_from_slice(value);
            bytes.push(b'\n');
        }
        bytes.push(b'\n');
        bytes.extend_from_slice(self.message);
        bytes
    }
}

fn parse(bytes: &[u8]) -> Option<Headers<'_>> {
    let (mut tree, mut parents, mut rest) = (None, Vec::new(), bytes);
    let (mut author, mut committer, mut encoding) = (None, None, None);
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let (line, after) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
        rest = after;
        if line.is_empty() {
            break;
        }
        let of = |name: &[u8]| line.strip_prefix(name);
        if let Some(hex) = of(b"tree ") {
            tree = Some(id(hex)?);
        } else if let Some(hex) = of(b"parent ") {
            parents.push(id(hex)?);
        } else if let Some(who) = of(b"author ") {
            author = Some(who);
        } else if let Some(who) = of(b"committer ") {
            committer = Some(who);
        } else if let Some(name) = of(b"encoding ") {
            encoding = Some(name);
        }
    }
    Some(Headers { tree: tree?, parents, author: author?, committer: committer?, encoding, message: rest })
}

fn id(hex: &[u8]) -> Option<ObjectId> {
    std::str::from_utf8(hex).ok()?.parse().ok()
}

/// Name and address of an author's line, and the rest of it; nothing where it has none of this form.
pub fn who(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let open = line.iter().position(|byte| *byte == b'<')?;
    let close = open + line[open..].iter().position(|byte| *byte == b'>')?;
    Some((line[..open].trim_ascii(), &line[open + 1..close], &line[close + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_and_unknown_headers_are_left_behind_and_all_else_stays_byte_for_byte() {
        let (tree, parent) = ("ab".repeat(20), "cd".repeat(20));
        let head =
            format!("tree {tree}\nparent {parent}\nauthor A <a@b> 1 +0000\ncommitter C <c@d> 2 -0130\n");
        let kept = [head.as_bytes(), b"encoding ISO-8859-1\n\nh\xe9\n\nbody\n"].concat();
        let signed = [
            head.as_bytes(),
            b"gpgsig -----BEGIN\n encoding x\n -----END\nencoding ISO-8859-1\nmergetag object 1\n tag v1\nHG:x y\n",
            b"\nh\xe9\n\nbody\n",
        ]
        .concat();
        assert_eq!(Headers::parse(&kept).unwrap().bytes(), kept);
        assert_eq!(Headers::parse(&signed).unwrap().bytes(), kept);
        assert!(Headers::parse(b"tree x\n\n").is_err());
        assert_eq!(who(b"A B <a@b> 1 +0000"), Some((&b"A B"[..], &b"a@b"[..], &b" 1 +0000"[..])));
    }
}
