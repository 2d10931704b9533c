//! What is configured about how answers look.

use serde::Deserialize;

/// How answers are shown to people.
#[derive(Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Ui {
    /// Whether long answers go through a pager.
    pub pager: Paging,
}

/// Whether long answers go through a pager.
#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(try_from = "String")]
pub enum Paging {
    /// On a terminal that can move its cursor.
    Auto,
    /// They are written as they are.
    Never,
}

impl TryFrom<String> for Paging {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.as_str() {
            "auto" => Ok(Self::Auto),
            "never" => Ok(Self::Never),
            _ => Err(format!("must be \"auto\" or \"never\", not {word:?}")),
        }
    }
}
