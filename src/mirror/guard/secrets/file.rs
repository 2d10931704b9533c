//! A file of secret rules as it is written, in gitleaks' format.

use anyhow::Result;
use serde::Deserialize;
use toml::Spanned;

use crate::error::misuse;

/// One file. What gitleaks knows besides (`extend`, `required`, commits in allowlists) is refused, not passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct File {
    /// For people.
    pub title: String,
    /// For gitleaks.
    pub min_version: String,
    /// What no rule means, in the older spelling.
    pub allowlist: Option<Allowlist>,
    /// What no rule means.
    pub allowlists: Vec<Allowlist>,
    /// The rules.
    pub rules: Vec<Entry>,
}

/// One rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Entry {
    /// What it is called, in words with dashes.
    pub id: Spanned<String>,
    /// What it finds, in a sentence.
    #[serde(default)]
    pub description: String,
    /// What a secret looks like; without one, the path alone is the finding.
    pub regex: Option<Spanned<String>>,
    /// Where it is looked for; without one, everywhere.
    pub path: Option<Spanned<String>>,
    /// Which group of the regex is the secret; 0 is the first that is not empty.
    #[serde(default)]
    pub secret_group: usize,
    /// The secret must have more bits a letter than this; 0 asks nothing.
    #[serde(default)]
    pub entropy: f64,
    /// Words of which a text must hold one, in any case, before the regex is asked at all.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// For people.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What it does not mean.
    #[serde(default)]
    pub allowlists: Vec<Allowlist>,
}

/// What is no secret although it looks like one.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Allowlist {
    /// For people.
    pub description: String,
    /// Whether one of the lists below is enough.
    pub condition: Condition,
    /// Regular expressions of paths.
    pub paths: Vec<Spanned<String>>,
    /// Regular expressions of what `regex_target` names.
    pub regexes: Vec<Spanned<String>>,
    /// What the regexes look at.
    pub regex_target: Target,
    /// Words that stand in no secret.
    pub stopwords: Vec<String>,
}

/// Whether one list of an allowlist is enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Condition {
    /// One is.
    #[default]
    #[serde(alias = "or", alias = "||", rename = "OR")]
    Or,
    /// All that are not empty have to agree.
    #[serde(alias = "and", alias = "&&", rename = "AND")]
    And,
}

/// What the regexes of an allowlist look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// The secret.
    #[default]
    #[serde(alias = "")]
    Secret,
    /// All that the rule's regex took.
    Match,
    /// The lines that it stands on.
    Line,
}

/// Reads one; `name` is what errors call it.
///
/// # Errors
/// It is no such file: where and why.
pub fn read(name: &str, text: &str) -> Result<File> {
    toml::from_str(text)
        .map_err(|error| at(name, text, error.span().map_or(0, |span| span.start), error.message()))
}

/// A fault at a place of a file: `.gx/rules.toml:12: …`.
pub fn at(name: &str, text: &str, place: usize, what: &str) -> anyhow::Error {
    let before = text.get(..place).unwrap_or_default();
    misuse(format!("{name}:{}: {what}", 1 + before.matches('\n').count())).into()
}
