//! The headers of commits and annotated tags as they are stored, continued lines and all.

use crate::model::object::ObjectId;

/// One header; lines that continue it start with a space there, and are joined by line breaks here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its name.
    pub name: Vec<u8>,
    /// What it says.
    pub value: Vec<u8>,
}

/// A commit or tag, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The headers in their order.
    pub headers: Vec<Header>,
    /// All after the empty line, a tag's signature too.
    pub message: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Takes an object apart; whatever is no header of the usual form is one without a value.
    pub fn of(bytes: &'a [u8]) -> Self {
        let mut parts = Self::default();
        let mut rest = bytes;
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            let (line, after) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
            rest = after;
            if line.is_empty() {
                parts.message = rest;
                break;
            }
            match (line.strip_prefix(b" "), parts.headers.last_mut()) {
                (Some(more), Some(header)) => {
                    header.value.push(b'\n');
                    header.value.extend_from_slice(more);
                }
                _ => {
                    let space = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
                    let value = line.get(space + 1..).unwrap_or_default().to_vec();
                    parts.headers.push(Header { name: line[..space].to_vec(), value });
                }
            }
        }
        parts
    }

    /// What the headers of this name say.
    pub fn all<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b [u8]> {
        let is_meant = move |header: &&Header| header.name == name.as_bytes();
        self.headers.iter().filter(is_meant).map(|header| header.value.as_slice())
    }
}

/// What an annotated tag names.
pub fn tagged(tag: &[u8]) -> Option<ObjectId> {
    first_id(tag, b"object ")
}

/// The tree of a commit.
pub fn tree(commit: &[u8]) -> Option<ObjectId> {
    first_id(commit, b"tree ")
}

/// Git itself reads these from the first line alone.
fn first_id(bytes: &[u8], name: &[u8]) -> Option<ObjectId> {
    let line = bytes.split(|byte| *byte == b'\n').next()?;
    std::str::from_utf8(line.strip_prefix(name)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continued_lines_belong_to_their_header_and_the_message_is_all_after_the_empty_line() {
        let text = b"tree 0123456789abcdef0123456789abcdef01234567\nmergetag object x\n tag v1\n \n Text\nodd\n\nsay\n\nmore\n";
        let parts = Parts::of(text);
        assert_eq!(parts.all("mergetag").collect::<Vec<_>>(), [b"object x\ntag v1\n\nText"]);
        assert_eq!(parts.headers.last().unwrap(), &Header { name: b"odd".to_vec(), value: Vec::new() });
        assert_eq!(parts.message, b"say\n\nmore\n");
        assert_eq!(tree(text).unwrap().short(), "0123456");
        assert_eq!(tagged(text), None);
    }
}
