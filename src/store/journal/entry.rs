//! A line of the journal, as its files hold it.

use crate::model::object::ObjectId;

/// A line of the journal: which snapshot it is about, and the text that its note must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The snapshot commit.
    pub snapshot: ObjectId,
    /// The line of the record.
    pub line: String,
}

/// The lines that a file holds; what is none says nothing.
pub(super) fn parse(text: &[u8]) -> Vec<Entry> {
    let lines = whole_lines(text).split(|byte| *byte == b'\n');
    let lines = lines.filter_map(|line| std::str::from_utf8(line).ok());
    lines
        .filter_map(|line| {
            let (snapshot, line) = line.split_once(' ')?;
            Some(Entry { snapshot: snapshot.parse().ok()?, line: line.to_owned() })
        })
        .collect()
}

/// A file system that was torn may hold half a line at the end, which no note must get.
pub(super) fn whole_lines(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    &text[..end]
}
