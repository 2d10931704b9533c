//! The policy file as it is written: `.gx/policy.toml`, and the built-in one in the same form.

use std::collections::BTreeMap;

use anyhow::Result;
use regex::bytes::Regex;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::config::globs::Globs;
use crate::config::units;
use crate::error::{Fault, misuse};

/// Where the policy of a repository stands, from the top of its work tree.
pub const PATH: &str = ".gx/policy.toml";

/// One file; what it leaves out stays as it is elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    /// Which refs may exist on a public remote.
    pub refs: Refs,
    /// Which paths are private, and which may lie nowhere.
    pub paths: Paths,
    /// What is looked for inside files.
    pub content: Content,
    /// Whose names may be read.
    pub identity: Identity,
    /// What messages may say.
    pub messages: Messages,
    /// Where submodules may come from.
    pub submodules: Submodules,
    /// How the two repositories are kept in step.
    pub sync: Sync,
    /// What somebody has looked at and let pass.
    pub allow: Vec<Allowed>,
    /// What it is called, and its text, for those who find a mistake in it later.
    #[serde(skip)]
    pub origin: Origin,
}

/// Where a policy was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    name: String,
    text: String,
}

/// `[refs]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Refs {
    /// Of public remotes.
    pub public: PublicRefs,
}

/// `[refs.public]`: patterns of full names, in which `*` stands for anything.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PublicRefs {
    /// What may be pushed.
    pub allow: Option<Vec<String>>,
    /// What may not, though it is allowed.
    pub deny: Vec<String>,
    /// Regular expressions that no name may match, such as a customer's name.
    pub name_deny: Vec<String>,
    /// What may be deleted.
    pub allow_delete: Vec<String>,
}

/// `[paths]`: patterns as in `.gitignore`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Paths {
    /// What may lie in the private repository only.
    pub private: Vec<String>,
    /// What may lie in no repository.
    pub never: Vec<String>,
    /// What the two do not mean.
    pub except: Vec<String>,
}

/// `[content]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Content {
    /// Whether secrets are looked for.
    pub secrets: Option<bool>,
    /// The largest blob that is read, as a size.
    pub max_blob: Option<String>,
    /// What becomes of what cannot be read.
    pub opaque: Option<Opaque>,
    /// Whether copies of private blobs are looked for.
    pub private_blobs: Option<bool>,
    /// The share of private lines from which on a text is a copy.
    pub near_copy: Option<f64>,
}

/// What becomes of what the guard cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Opaque {
    /// It stays here.
    Block,
    /// It goes, and is told.
    Warn,
    /// It goes.
    Pass,
}

/// `[identity]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Identity {
    /// From an e-mail address of the private repository to `Name <address>` in the public one.
    pub public: BTreeMap<String, String>,
    /// Regular expressions of addresses that may not be read.
    pub deny_email: Vec<String>,
}

/// `[messages]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Messages {
    /// What becomes of a message that nobody has spoken about.
    pub default: Option<Message>,
    /// Regular expressions that no message may match.
    pub deny: Vec<String>,
}

/// What becomes of the message of a commit that goes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Message {
    /// A commit that touches private paths too publishes only its `Public:` section.
    DenyIfMixed,
    /// It is published as it is.
    Allow,
}

/// `[submodules]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Submodules {
    /// Patterns of addresses in which `*` stands for anything.
    pub public_urls: Vec<String>,
}

/// `[sync]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sync {
    /// The branch of the public repository.
    pub public_branch: Option<String>,
    /// The branch of the private one.
    pub private_branch: Option<String>,
    /// How changes go up.
    pub up: Option<Up>,
    /// How changes come down.
    pub down: Option<Down>,
    /// Who must have agreed to what goes up.
    pub approval: Option<Approval>,
}

/// How changes go up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Up {
    /// The named commits or experiments, replayed onto the public tip.
    Pick,
    /// The whole branch, without what is private.
    Strip,
    /// All in one commit.
    Squash,
}

/// How changes come down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Down {
    /// By a commit with two parents.
    Merge,
    /// The private commits are made again on top, while nobody else has them.
    Rebase,
}

/// Who must have agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Approval {
    /// Nobody.
    None,
    /// Somebody whose key stands in the private branch's `.gx/allowed_signers`.
    Signed,
}

/// `[[allow]]`: something that somebody has looked at.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// What it is, as the guard shows it.
    pub fingerprint: String,
    /// Why it may leave.
    pub reason: String,
    /// The last day on which it may, `2027-01-31`; without one, for ever.
    pub until: Option<String>,
}

impl File {
    /// Reads one; `name` is what errors call it.
    ///
    /// # Errors
    /// It is no policy: where and why.
    pub fn read(name: &str, text: &str) -> Result<Self> {
        let mut file: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            misuse(format!("{name}:{line}: {}", error.message())).hint(
                "correct it there; where it is committed, commit and push that: nothing else leaves before",
            )
        })?;
        file.origin = Origin { name: name.to_owned(), text: text.to_owned() };
        Ok(file)
    }

    /// Checks that every pattern, size and date in it can be understood.
    ///
    /// # Errors
    /// The first that cannot: where, what and why.
    pub fn check(&self) -> Result<()> {
        for pattern in [&self.paths.private, &self.paths.never, &self.paths.except].into_iter().flatten() {
            let checked = Globs::check(std::slice::from_ref(pattern));
            checked.map_err(|error| self.wrong(pattern, &error.to_string()))?;
        }
        let texts = [&self.refs.public.name_deny, &self.identity.deny_email, &self.messages.deny];
        for pattern in texts.into_iter().flatten() {
            Regex::new(pattern).map_err(|error| self.wrong(pattern, &last_line(&error.to_string())))?;
        }
        if let Some(size) = &self.content.max_blob {
            units::size(size).map_err(|error| self.wrong(size, &error.to_string()))?;
        }
        let share = self.content.near_copy.filter(|share| !(0.0..=1.0).contains(share));
        if let Some(share) = share {
            return Err(self.wrong("near_copy", &format!("must be between 0 and 1, not {share}")).into());
        }
        for until in self.allow.iter().filter_map(|allowed| allowed.until.as_deref()) {
            let moment: Result<Timestamp> = format!("{until}T00:00:00Z").parse();
            moment.map_err(|_| self.wrong(until, "must be a day such as \"2027-01-31\""))?;
        }
        Ok(())
    }

    /// What is wrong with a text that stands in the file, with the line where it does.
    fn wrong(&self, what: &str, why: &str) -> Fault {
        let Origin { name, text } = &self.origin;
        let inside = toml::Value::from(what).to_string();
        let at = text.find(&inside).or_else(|| text.find(what)).unwrap_or(0);
        misuse(format!("{name}:{}: `{what}`: {why}", line_of(text, at)))
    }

    /// The built-in one.
    pub fn built_in() -> Self {
        toml::from_str(include_str!("policy.toml")).expect("the built-in policy can be read")
    }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text[..at].matches('\n').count()
}

/// Of a mistake in a regular expression the last line says what it is; the others draw where.
fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_policy_can_be_read_and_a_mistake_is_told_with_its_line() {
        assert!(File::built_in().paths.private.contains(&"private/".to_owned()));
        let told = File::read(".gx/policy.toml", "[paths]\nprivat = []\n").unwrap_err().to_string();
        assert!(told.starts_with(".gx/policy.toml:2: unknown field `privat`"), "{told}");
    }
}
