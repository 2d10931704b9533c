//! What is asked of an engine about configuration, ignored paths and attributes.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::model::path::RepoPath;

/// The configuration of one repository, and what its files say about paths.
pub(in crate::git) trait Settings {
    /// Every entry with a value whose name begins so, lowest precedence first.
    fn all(&self, prefix: &str) -> Result<Vec<(String, String)>>;

    /// One setting, where it is set.
    fn get(&self, name: &str) -> Option<String>;

    /// Writes a setting into the repository's own configuration.
    fn set(&self, name: &str, value: &str) -> Result<()>;

    /// Reads anew what somebody else has written.
    fn refresh(&self) {}

    /// One setting of a file; nothing where that is not there.
    fn in_file(&self, file: &Path, name: &str) -> Option<String>;

    /// Whether Git ignores a path, relative to the top of the work tree, that it does not track.
    fn is_ignored(&self, path: &str) -> bool;

    /// Of which paths an attribute has Git change the file's bytes on their way in or out.
    fn converting(&self, paths: &[&RepoPath]) -> Vec<bool>;

    /// The top of the main work tree.
    fn main_work_dir(&self) -> Option<PathBuf>;
}

/// The attributes that do so (gitattributes(5)).
pub(in crate::git) const CONVERTING: [&str; 6] =
    ["filter", "text", "crlf", "eol", "ident", "working-tree-encoding"];

/// Whether a text of Git's configuration means yes (git-config(1), "boolean").
pub(in crate::git) fn is_true(value: &str) -> bool {
    ["true", "yes", "on"].iter().any(|word| value.eq_ignore_ascii_case(word))
        || value.parse::<i64>().is_ok_and(|number| number != 0)
}

/// As the program lists names: section and key in small letters, what is between them as it is.
pub(in crate::git) fn normalized(name: &str) -> String {
    let first = name.find('.').unwrap_or(name.len());
    let last = name.rfind('.').unwrap_or(name.len());
    [name[..first].to_ascii_lowercase(), name[first..last].to_owned(), name[last..].to_ascii_lowercase()]
        .concat()
}
