//! What the guard has found, and what is to be done about it.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::mirror::policy::terms::hex;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

/// Whether it stops the upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It is told, and the upload goes on.
    Warning,
    /// Nothing leaves.
    Blocked,
    /// It could not be looked at, so nothing leaves either.
    Unchecked,
}

/// Where it was found; what is not known stays empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// The ref of the other side that would have brought it there.
    pub target: Option<String>,
    /// The first commit that has it.
    pub commit: Option<ObjectId>,
    /// The blob, tag or tree itself.
    pub object: Option<ObjectId>,
    /// The path in the tree of that commit; in an archive, with `!` and the name inside.
    pub path: Option<RepoPath>,
    /// The line, from 1.
    pub line: Option<usize>,
}

/// One thing that may not leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id, such as `G010`.
    pub rule: &'static str,
    /// What it does to the upload.
    pub severity: Severity,
    /// What was found, in one line without a secret in it.
    pub what: String,
    /// Where.
    pub spot: Spot,
    /// What it says there, with the secret blanked out.
    pub excerpt: Option<String>,
    /// What it is about, without where it was found: equal things have equal keys, whatever the commit. It may hold the
    /// secret itself; only its hash is ever shown or stored, as the fingerprint.
    pub key: Vec<u8>,
    /// What to do about it, as commands that can be pasted.
    pub remedies: Vec<String>,
}

/// How many hexadecimal digits of its hash name a finding.
pub const DIGITS: usize = 16;

impl Finding {
    /// One that stops the upload; `what` is a line without a secret, `key` what it is about.
    pub fn blocked(rule: &'static str, what: impl Into<String>, spot: Spot, key: impl Into<Vec<u8>>) -> Self {
        Self {
            rule,
            severity: Severity::Blocked,
            what: what.into(),
            spot,
            excerpt: None,
            key: key.into(),
            remedies: Vec::new(),
        }
    }

    /// The same with a command that helps.
    pub fn remedy(mut self, command: impl Into<String>) -> Self {
        self.remedies.push(command.into());
        self
    }

    /// The same with what it says there, secrets blanked out.
    pub fn excerpt(mut self, text: impl Into<String>) -> Self {
        self.excerpt = Some(text.into());
        self
    }

    /// Rule, path and what it is in a line, for a refusal that has room for a few.
    pub fn line(&self) -> String {
        let path = self.spot.path.as_ref().map(|path| format!(" {}", path.c_quoted())).unwrap_or_default();
        format!("{}{path}: {}", self.rule, self.what)
    }

    /// What it is called in exceptions: of equal things the same, wherever they are found.
    pub fn fingerprint(&self) -> String {
        let hash = Sha256::new().chain_update(self.rule).chain_update([0]).chain_update(&self.key).finalize();
        let mut digits = hex(&hash);
        digits.truncate(DIGITS);
        digits
    }
}
