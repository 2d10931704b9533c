//! In which formats a repository is: read from the extensions that its configuration names.
//!
//! As Git itself reads them (`Documentation/technical/repository-version.txt`): from the one file, no includes.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, anyhow};

use crate::git::engine::settings::is_true;

/// How object ids are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::git) enum Hash {
    /// 20 bytes.
    Sha1,
    /// 32 bytes.
    Sha256,
}

impl Hash {
    /// The bytes of an id.
    pub fn len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// The id of nothing, in hexadecimal digits.
    pub fn zero(self) -> String {
        "0".repeat(2 * self.len())
    }
}

/// How refs are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::git) enum Storage {
    /// A file each, and `packed-refs`.
    Files,
    /// Tables of many.
    Reftable,
}

/// The formats of one repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::git) struct Formats {
    /// Of objects.
    pub hash: Hash,
    /// Of refs.
    pub refs: Storage,
    /// Whether objects may be missing here that a remote has.
    pub is_partial: bool,
    /// Whether libgit2 knows all of it.
    pub is_classic: bool,
}

impl Formats {
    /// Reads them.
    ///
    /// # Errors
    /// A configuration that cannot be read, or a format of which gx knows nothing.
    pub fn read(common_dir: &Path) -> Result<Self> {
        let path = common_dir.join("config");
        match fs::read(&path) {
            Ok(text) => Self::parse(&String::from_utf8_lossy(&text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::parse(""),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    fn parse(config: &str) -> Result<Self> {
        let mut formats =
            Self { hash: Hash::Sha1, refs: Storage::Files, is_partial: false, is_classic: true };
        // `git clone --filter` marks the remote; not every version of it adds the extension.
        let is_promised = |(section, key, value): &(String, String, String)| {
            section.starts_with("remote ") && key == "promisor" && is_true(value)
        };
        if entries(config).iter().any(is_promised) {
            formats.is_partial = true;
            formats.is_classic = false;
        }
        for (_, key, value) in entries(config).into_iter().filter(|(section, ..)| section == "extensions") {
            match (key.as_str(), value.to_ascii_lowercase().as_str()) {
                ("objectformat", "sha1") | ("refstorage", "files") => {}
                ("objectformat", "sha256") => formats.hash = Hash::Sha256,
                ("refstorage", "reftable") => formats.refs = Storage::Reftable,
                ("objectformat" | "refstorage", other) => {
                    return Err(anyhow!("the repository uses the format `{other}`, which gx does not know"));
                }
                ("partialclone", _) => formats.is_partial = true,
                ("noop" | "preciousobjects" | "worktreeconfig", _) => continue,
                _ => {}
            }
            formats.is_classic &= matches!(value.to_ascii_lowercase().as_str(), "sha1" | "files");
        }
        Ok(formats)
    }
}

/// The entries of a file, each with its section; sections and keys in small letters.
fn entries(config: &str) -> Vec<(String, String, String)> {
    let (mut found, mut inside) = (Vec::new(), String::new());
    for line in config.lines() {
        let mut line = line.trim();
        if let Some((section, rest)) = line.strip_prefix('[').and_then(|line| line.split_once(']')) {
            inside = section.trim().to_ascii_lowercase();
            line = rest.trim();
        }
        let line = line.split(['#', ';']).next().unwrap_or_default();
        if !line.is_empty() {
            let (key, value) = line.split_once('=').unwrap_or((line, "true"));
            let value = value.trim().trim_matches('"');
            found.push((inside.clone(), key.trim().to_ascii_lowercase(), value.to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_extensions_of_the_file_decide() {
        let classic =
            Formats::parse("[core]\n\tbare = false\n[extensions]\n\tworktreeConfig = true\n").unwrap();
        assert!(classic.is_classic && classic.hash == Hash::Sha1 && classic.refs == Storage::Files);
        let text = "[Extensions] objectFormat = \"sha256\"\n\trefstorage = reftable # new\n[remote \"extensions\"]\n";
        let new = Formats::parse(text).unwrap();
        assert_eq!((new.hash, new.refs, new.is_classic), (Hash::Sha256, Storage::Reftable, false));
        let partial = Formats::parse("[extensions]\n\tpartialClone = origin\n").unwrap();
        assert!(partial.is_partial && !partial.is_classic && partial.refs == Storage::Files);
        let promised = Formats::parse("[remote \"origin\"]\n\turl = x\n\tpromisor = true\n").unwrap();
        assert!(promised.is_partial && !promised.is_classic);
        assert!(Formats::parse("[remote \"origin\"]\n\tpromisor = false\n").unwrap().is_classic);
        assert!(!Formats::parse("[extensions]\nrelativeWorktrees\n").unwrap().is_classic);
        assert!(Formats::parse("[extensions]\nobjectformat = sha3\n").is_err());
        assert!(Formats::parse("[remote \"x\"]\nobjectformat = sha3\n").unwrap().is_classic);
    }
}
