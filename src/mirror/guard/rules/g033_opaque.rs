//! G033: something in which nobody can look; the policy says what becomes of it.

use crate::mirror::guard::finding::{Finding, Severity, Spot};
use crate::mirror::guard::rule::{Blob, Lens, Look, Rule};
use crate::mirror::guard::secrets::told::ALLOW;
use crate::mirror::policy::file::Opaque;
use crate::model::path::RepoPath;

/// The rule. Its findings come with those of G032, which opens what can be opened.
pub const RULE: Rule = Rule {
    id: "G033",
    name: "opaque",
    about: "what cannot be looked into (encrypted, broken, too large) is stopped or told, as the policy says",
    page: include_str!("../../../../docs/guard/G033.md"),
    look: Look::Walk,
};

/// The finding, unless the policy lets such things pass.
pub fn finding(lens: &Lens<'_>, blob: &Blob<'_>, name: &[u8], why: &str) -> Option<Finding> {
    let severity = match lens.policy.opaque() {
        Opaque::Pass => return None,
        Opaque::Block if lens.is_public => Severity::Blocked,
        Opaque::Block | Opaque::Warn => Severity::Warning,
    };
    let mut found = told(severity, format!("nobody can look into it: {why}"), blob, name);
    found.remedies = vec![
        "push what is in it instead, or pack it with zip or gzip".to_owned(),
        ALLOW.to_owned(),
        "[content] opaque = \"pass\"  # in .gx/policy.toml, for all such files".to_owned(),
    ];
    Some(found)
}

/// The finding about a part of a history: what the policy says of other files does not let it pass.
pub fn history(lens: &Lens<'_>, blob: &Blob<'_>, name: &[u8], what: &str) -> Finding {
    let severity = if lens.is_public { Severity::Blocked } else { Severity::Warning };
    let mut found = told(severity, format!("{what} holds a history that nobody can look into"), blob, name);
    found.remedies = vec!["push the branch itself, not a file of it".to_owned(), ALLOW.to_owned()];
    found
}

fn told(severity: Severity, what: String, blob: &Blob<'_>, name: &[u8]) -> Finding {
    let spot = Spot { path: Some(RepoPath::new(name)), ..blob.spot() };
    let key = [blob.id.to_string().as_bytes(), b"\0", name].concat();
    Finding { severity, ..Finding::blocked(RULE.id, what, spot, key) }
}
