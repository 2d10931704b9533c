//! What a check of the guard has found.

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Worth knowing.
    Note,
    /// Something may get out.
    Warning,
    /// Something gets out, or nobody looks.
    Error,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// How bad it is.
    pub weight: Weight,
    /// What.
    pub found: String,
    /// Why it matters.
    pub why: &'static str,
    /// The command that mends it.
    pub command: String,
}

impl Found {
    /// Something worth knowing.
    pub fn note(found: impl Into<String>, why: &'static str, command: impl Into<String>) -> Self {
        Self { weight: Weight::Note, found: found.into(), why, command: command.into() }
    }

    /// Something that may get out.
    pub fn warning(found: impl Into<String>, why: &'static str, command: impl Into<String>) -> Self {
        Self { weight: Weight::Warning, ..Self::note(found, why, command) }
    }

    /// Something that gets out.
    pub fn error(found: impl Into<String>, why: &'static str, command: impl Into<String>) -> Self {
        Self { weight: Weight::Error, ..Self::note(found, why, command) }
    }
}
