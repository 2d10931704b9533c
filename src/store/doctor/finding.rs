//! What a check has found.

use anyhow::Result;
use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// All is well.
    Ok,
    /// Worth knowing.
    Note,
    /// Something will go wrong, or is slow.
    Warning,
    /// Something is wrong.
    Error,
}

impl Severity {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What puts it right without taking anything from anybody; says what it did.
pub type Fix<'a> = Box<dyn FnOnce() -> Result<String> + 'a>;

/// One thing that a check has found.
pub struct Finding<'a> {
    /// How bad it is.
    pub severity: Severity,
    /// What was found.
    pub found: String,
    /// Why it matters.
    pub why: String,
    /// The command that mends it, where there is one.
    pub command: Option<String>,
    /// What `--fix` does about it, where that is safe.
    pub fix: Option<Fix<'a>>,
}

impl<'a> Finding<'a> {
    /// Something that is wrong.
    pub fn error(found: impl Into<String>, why: &str) -> Self {
        Self::new(Severity::Error, found.into(), why)
    }

    /// Something that will go wrong.
    pub fn warning(found: impl Into<String>, why: &str) -> Self {
        Self::new(Severity::Warning, found.into(), why)
    }

    /// Something worth knowing.
    pub fn note(found: impl Into<String>, why: &str) -> Self {
        Self::new(Severity::Note, found.into(), why)
    }

    fn new(severity: Severity, found: String, why: &str) -> Self {
        Self { severity, found, why: why.to_owned(), command: None, fix: None }
    }

    /// The command that mends it.
    pub fn mend(self, command: impl Into<String>) -> Self {
        Self { command: Some(command.into()), ..self }
    }

    /// What `--fix` does; the command is then `gx doctor --fix` where no other is named.
    pub fn fix(self, fix: impl FnOnce() -> Result<String> + 'a) -> Self {
        let command = self.command.or_else(|| Some("gx doctor --fix".to_owned()));
        Self { command, fix: Some(Box::new(fix)), ..self }
    }
}

/// A few names of many: `exp-1, exp-2, exp-3 and 7 more`.
pub(super) fn few<T: ToString>(names: &[T]) -> String {
    let shown: Vec<String> = names.iter().take(3).map(ToString::to_string).collect();
    match names.len().saturating_sub(3) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// `has` or `have`, and the like.
pub(super) fn verb<'a>(number: usize, one: &'a str, many: &'a str) -> &'a str {
    if number == 1 { one } else { many }
}
