//! A path inside the repository: bytes, since Git and Linux promise no more.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A path relative to the top of the work tree, with `/` between its parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Vec<u8>);

impl RepoPath {
    /// From Git's own bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes, as Git stores them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As the operating system takes it, relative to the top of the work tree.
    pub fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0))
    }

    /// As Git writes it on a line (`core.quotePath`): in quotes and with octal numbers where a byte is not printable
    /// ASCII, so that no other path looks the same.
    pub fn c_quoted(&self) -> String {
        let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
        if self.0.iter().all(is_plain) {
            return String::from_utf8_lossy(&self.0).into_owned();
        }
        let mut out = String::from("\"");
        for byte in &self.0 {
            match byte {
                b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
                b'\n' => out.push_str("\\n"),
                b'\t' => out.push_str("\\t"),
                b'\r' => out.push_str("\\r"),
                _ if is_plain(byte) => out.push(char::from(*byte)),
                _ => out.push_str(&format!("\\{byte:03o}")),
            }
        }
        out + "\""
    }
}

impl fmt::Display for RepoPath {
    /// Printable on one line: control characters and bytes that are not UTF-8 are escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for letter in chunk.valid().chars() {
                if letter.is_control() {
                    write!(f, "{}", letter.escape_default())?;
                } else {
                    write!(f, "{letter}")?;
                }
            }
            chunk.invalid().iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))?;
        }
        Ok(())
    }
}

impl From<&str> for RepoPath {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl Serialize for RepoPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What [`Serialize`] wrote: a name that was escaped there stays escaped, which is enough for telling it.
impl<'de> Deserialize<'de> for RepoPath {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(String::deserialize(from)?.into_bytes()))
    }
}

/// Joins paths for one line of output: `README.md, notes.txt and 3 more`.
pub fn list(paths: &[RepoPath]) -> String {
    const SHOWN: usize = 4;
    let mut text = paths.iter().take(SHOWN).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if paths.len() > SHOWN {
        text.push_str(&format!(" and {} more", paths.len() - SHOWN));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_are_shown_on_one_line() {
        assert_eq!(RepoPath::new(*b"a\nb\xff/\xc3\xa9").to_string(), "a\\nb\\xff/é");
    }

    #[test]
    fn paths_are_quoted_as_git_quotes_them() {
        assert_eq!(RepoPath::from("a b/c.txt").c_quoted(), "a b/c.txt");
        assert_eq!(RepoPath::new(*b"a\nb\xff\"\\\x01").c_quoted(), r#""a\nb\377\"\\\001""#);
        assert_eq!(RepoPath::from("é").c_quoted(), r#""\303\251""#);
    }

    #[test]
    fn a_long_list_is_cut() {
        let paths: Vec<RepoPath> = ["a", "b", "c", "d", "e", "f"].map(RepoPath::from).to_vec();
        assert_eq!(list(&paths), "a, b, c, d and 2 more");
        assert_eq!(list(&paths[..2]), "a, b");
    }
}
