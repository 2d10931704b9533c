//! Which paths a list of patterns means, after the manner of `.gitignore`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use anyhow::Result;
use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use crate::error::{Fault, misuse};

/// A set of patterns over paths relative to the root of the repository.
///
/// A pattern without `/` matches that name at any depth; one with `/` starts at the root; what lies in a
/// matched folder matches too, and a `/` at the end matches only what lies in the folder. `*` stops at `/`,
/// `**` does not.
#[derive(Clone, Debug)]
pub struct Globs {
    set: GlobSet,
}

impl Globs {
    /// Reads the patterns; the first that cannot be understood is named in the error.
    pub fn new(patterns: &[String]) -> Result<Globs> {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            for glob in globs(pattern)? {
                set.add(glob);
            }
        }
        Ok(Globs { set: set.build()? })
    }

    /// Checks that the patterns can be understood; what they match is not made, which every command would pay for.
    ///
    /// # Errors
    /// As of [`Self::new`].
    pub fn check(patterns: &[String]) -> Result<()> {
        patterns.iter().try_for_each(|pattern| globs(pattern).map(drop))
    }

    /// Whether any pattern means this path: relative to the root, `/` between its parts, as Git stores it.
    pub fn matches(&self, path: &[u8]) -> bool {
        self.set.is_match(OsStr::from_bytes(path))
    }

    /// Whether there is no pattern at all, which matches nothing.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
    }
}

fn globs(pattern: &str) -> Result<Vec<Glob>> {
    let mut globs = Vec::new();
    for spelling in spellings(pattern)? {
        let glob = GlobBuilder::new(&spelling).literal_separator(true).backslash_escape(true).build();
        globs.push(glob.map_err(|error| wrong(pattern, &error.kind().to_string()))?);
    }
    Ok(globs)
}

fn wrong(pattern: &str, why: &str) -> Fault {
    misuse(format!("has the invalid pattern {pattern:?}: {why}"))
}

/// What a pattern stands for in terms of globset: the path itself, and all below it.
fn spellings(pattern: &str) -> Result<Vec<String>, Fault> {
    let folder = pattern.ends_with('/');
    let bare = pattern.strip_prefix("./").unwrap_or(pattern).trim_end_matches('/');
    let name = bare.trim_start_matches('/');
    if name.is_empty() {
        return Err(wrong(pattern, "it is empty"));
    }
    if name.starts_with('!') {
        return Err(wrong(pattern, "exceptions with `!` are not supported (write `\\!` for a name)"));
    }
    if name.split('/').any(|part| part == "..") {
        return Err(wrong(pattern, "paths start at the root of the repository, `..` leads out of it"));
    }
    let path =
        if bare.contains('/') || pattern.starts_with("./") { name.to_owned() } else { format!("**/{name}") };
    let below = format!("{path}/**");
    Ok(if folder { vec![below] } else { vec![path, below] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matched<'a>(pattern: &str, paths: &[&'a str]) -> Vec<&'a str> {
        let globs = Globs::new(&[pattern.to_owned()]).unwrap();
        paths.iter().copied().filter(|path| globs.matches(path.as_bytes())).collect()
    }

    #[test]
    fn patterns_read_like_those_of_gitignore() {
        let paths = [
            "train.py",
            "old/train.py",
            "train.pyc",
            "src/a.py",
            "src/b/c.py",
            "data/x/y.bin",
            "x/data/z",
            "data2/q",
        ];
        for (pattern, expected) in [
            ("train.py", &["train.py", "old/train.py"][..]),
            ("/train.py", &["train.py"]),
            ("./train.py", &["train.py"]),
            ("*.py", &["train.py", "old/train.py", "src/a.py", "src/b/c.py"]),
            ("src/*.py", &["src/a.py"]),
            ("src/**/*.py", &["src/a.py", "src/b/c.py"]),
            ("data/", &["data/x/y.bin", "x/data/z"]),
            ("/data/", &["data/x/y.bin"]),
            ("data", &["data/x/y.bin", "x/data/z"]),
            ("data/x", &["data/x/y.bin"]),
            ("**/data", &["data/x/y.bin", "x/data/z"]),
            ("s?c", &["src/a.py", "src/b/c.py"]),
            ("*", &paths),
            ("**", &paths),
        ] {
            assert_eq!(matched(pattern, &paths), expected, "{pattern}");
        }
        assert!(matched("data/", &["data"]).is_empty(), "a file is no folder");
    }

    #[test]
    fn a_path_need_not_be_text() {
        let globs = Globs::new(&["*.bin".to_owned()]).unwrap();
        assert!(globs.matches(b"weights-\xff\n.bin"));
        assert!(!globs.is_empty());
        let none = Globs::new(&[]).unwrap();
        assert!(none.is_empty() && !none.matches(b"train.py"));
    }

    #[test]
    fn a_pattern_that_cannot_be_meant_is_named() {
        let told = |pattern: &str| Globs::new(&[pattern.to_owned()]).unwrap_err().to_string();
        assert!(told("src/[a").starts_with("has the invalid pattern \"src/[a\": unclosed character class"));
        assert_eq!(told("/"), "has the invalid pattern \"/\": it is empty");
        assert!(told("../data").contains("leads out of it"));
        assert!(told("!keep.py").contains("not supported"));
    }

    proptest! {
        #[test]
        fn no_pattern_panics_and_a_plain_name_matches_itself(pattern in "\\PC{0,20}", name in "[a-z._]{1,8}x") {
            let _ = Globs::new(&[pattern]);
            let globs = Globs::new(std::slice::from_ref(&name)).unwrap();
            let deep = format!("a/{name}/b");
            prop_assert!(globs.matches(name.as_bytes()) && globs.matches(deep.as_bytes()));
        }
    }
}
