//! What a clone is called where several share their experiments.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name of a clone, as in `lab-b/exp-12`: it can stand in the name of a ref, and is no name of an experiment.
///
/// Copies share their text: it is part of the id of each of a hundred thousand experiments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site(Arc<str>);

impl Site {
    /// How many characters a name may have.
    pub const LONGEST: usize = 64;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is no name of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotASite;

impl fmt::Display for NotASite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a site's name has letters, digits and `-`, `_`, `.` inside, at most {} of them, and is not like `exp-1`",
            Site::LONGEST
        )
    }
}

impl std::error::Error for NotASite {}

impl FromStr for Site {
    type Err = NotASite;

    fn from_str(text: &str) -> Result<Self, NotASite> {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let begins_and_ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = text.as_bytes();
        let is_like_an_experiment = text
            .strip_prefix("exp-")
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()));
        // Git refuses `..` and `.lock` in the names of refs (git-check-ref-format(1)).
        let is_free = !text.contains("..") && !text.ends_with(".lock") && !is_like_an_experiment;
        let is_well_formed = bytes.iter().all(|byte| is_inner(*byte))
            && begins_and_ends(bytes.first())
            && begins_and_ends(bytes.last());
        (is_well_formed && is_free && bytes.len() <= Self::LONGEST).then(|| Self(text.into())).ok_or(NotASite)
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Site {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Site {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_one_part_of_a_refs_name_and_no_experiment() {
        for name in ["lab-b", "A100.rack_2", "x", "exp-1a", &"a".repeat(64)] {
            assert_eq!(name.parse::<Site>().unwrap().to_string(), name);
        }
        for name in [
            "",
            "exp-12",
            "exp-",
            "a/b",
            "-a",
            "a-",
            ".a",
            "a..b",
            "a.lock",
            "ä",
            "a b",
            "a~1",
            &"a".repeat(65),
        ] {
            assert_eq!(name.parse::<Site>(), Err(NotASite), "{name}");
        }
    }
}
