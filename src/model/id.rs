//! What an experiment is called.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::site::Site;

/// `exp-12`, or `lab2/exp-12` for an experiment that came from another clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExperimentId {
    site: Option<Site>,
    number: u64,
}

impl ExperimentId {
    /// An experiment of this clone.
    pub fn local(number: u64) -> Self {
        Self { site: None, number }
    }

    /// An experiment that came from the clone `site`.
    pub fn foreign(site: Site, number: u64) -> Self {
        Self { site: Some(site), number }
    }

    /// The clone that it came from; nothing for an experiment of this one.
    pub fn site(&self) -> Option<&Site> {
        self.site.as_ref()
    }

    /// Its number, never used twice in one clone.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The ref that holds its snapshot.
    pub fn reference(&self) -> String {
        format!("refs/experiments/{self}")
    }

    /// Where its ref waits after `gx rm`.
    pub fn trash(&self) -> String {
        format!("refs/gx/trash/{self}")
    }

    /// Reads the id out of a ref's name.
    pub fn of_reference(name: &str) -> Option<Self> {
        name.strip_prefix("refs/experiments/").or_else(|| name.strip_prefix("refs/gx/trash/"))?.parse().ok()
    }
}

impl fmt::Display for ExperimentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(site) = &self.site {
            write!(f, "{site}/")?;
        }
        write!(f, "exp-{}", self.number)
    }
}

/// Anything that carries an experiment's id, as rankings see it.
pub trait Named {
    /// What it is called.
    fn id(&self) -> &ExperimentId;
}

impl Named for ExperimentId {
    fn id(&self) -> &ExperimentId {
        self
    }
}

/// The text is no experiment id.
#[derive(Debug, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no id of an experiment")
    }
}

impl FromStr for ExperimentId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (site, name) = match text.split_once('/') {
            Some((site, name)) => (Some(site.parse().map_err(|_| NotAnId)?), name),
            None => (None, text),
        };
        let digits = name.strip_prefix("exp-").ok_or(NotAnId)?;
        // Only the canonical spelling is an id: `exp-07` and `exp-+7` name nothing.
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        let number = digits.parse().ok().filter(|_| plain).ok_or(NotAnId)?;
        Ok(Self { site, number })
    }
}

impl Serialize for ExperimentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ExperimentId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_through_text_and_ref_names() {
        for text in ["exp-1", "exp-4711", "lab2/exp-12"] {
            let id: ExperimentId = text.parse().unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!(ExperimentId::of_reference(&id.reference()), Some(id.clone()));
            assert_eq!(ExperimentId::of_reference(&id.trash()), Some(id));
        }
    }

    #[test]
    fn only_the_canonical_spelling_is_an_id() {
        for text in [
            "",
            "exp-",
            "exp-0",
            "exp-07",
            "exp-+7",
            "exp-1x",
            "/exp-1",
            "a/b/exp-1",
            "EXP-1",
            "exp-99999999999999999999",
        ] {
            assert_eq!(text.parse::<ExperimentId>(), Err(NotAnId), "{text}");
        }
    }
}
