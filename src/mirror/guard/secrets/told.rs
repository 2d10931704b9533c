//! A secret as a finding: nothing of it is shown but its first letters.

use memchr::memmem;

use crate::mirror::guard::finding::{Finding, Severity, Spot};
use crate::mirror::guard::remedies::{filter_out, quoted};
use crate::mirror::guard::secrets::hit::{Hit, redact};
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

/// The finding for a hit. On a private place it is told and stops nothing. That its line says `gitleaks:allow` lets it
/// go nowhere: whoever writes the secret can write that too.
pub fn finding(rule: &'static str, is_public: bool, hit: &Hit, spot: Spot, remedies: Vec<String>) -> Finding {
    let marked = if hit.is_allowed {
        ", on a line that says gitleaks:allow, which counts for nothing here"
    } else {
        ""
    };
    let thing = if hit.secret.is_empty() { "a file of secrets" } else { "a secret" };
    Finding {
        rule,
        severity: if is_public { Severity::Blocked } else { Severity::Warning },
        what: format!("{thing}: {}{marked}", hit.rule),
        excerpt: (!hit.secret.is_empty()).then(|| redact(&hit.secret)),
        key: key(hit, &spot),
        remedies,
        spot,
    }
}

/// What it is about: the secret, wherever it stands; where a name alone is the finding, the rule and the name.
fn key(hit: &Hit, spot: &Spot) -> Vec<u8> {
    match (hit.secret.is_empty(), hit.is_allowed) {
        (true, _) => {
            let path = spot.path.as_ref().map(RepoPath::as_bytes).unwrap_or_default();
            [hit.rule.as_bytes(), b"\0", path].concat()
        }
        (false, false) => hit.secret.clone(),
        // A warning about it is not to stand for what stops, elsewhere.
        (false, true) => [&hit.secret[..], MARK].concat(),
    }
}

/// The secret in a key.
fn secret(key: &[u8]) -> &[u8] {
    key.strip_suffix(MARK).unwrap_or(key)
}

/// Stands behind the secret in the key of one whose line allows it.
const MARK: &[u8] = b"\0gitleaks:allow";

/// What to do about a secret in a file.
pub fn file_remedies(commit: ObjectId, path: &RepoPath) -> Vec<String> {
    let file = quoted(path.as_path());
    vec![
        ROTATE.to_owned(),
        format!(
            "git rm --cached -- {file} && git commit --amend --no-edit  # where the last commit brought it"
        ),
        format!("{}  # where an older one did", filter_out(commit, path)),
        ALLOW.to_owned(),
    ]
}

/// What comes first.
pub const ROTATE: &str = "make a new secret and revoke this one, if it has ever left this machine";

/// What comes last; the fingerprint stands with the finding.
pub const ALLOW: &str = "gx guard allow FINGERPRINT --reason 'why it may leave'";

/// Blanks out secrets that stand in names wherever else these are told: other findings of the same push name the same
/// refs and paths. Commands that hold such a name cannot be pasted any more; that is the lesser harm.
pub fn blank(findings: &mut [Finding]) {
    let is_name = |finding: &&Finding| matches!(finding.rule, "G024" | "G025");
    let secrets: Vec<Vec<u8>> =
        findings.iter().filter(is_name).map(|finding| secret(&finding.key).to_vec()).collect();
    for secret in secrets {
        let (said, shown) = (String::from_utf8_lossy(&secret).into_owned(), redact(&secret));
        for finding in findings.iter_mut() {
            let Finding { what, spot, remedies, .. } = finding;
            let texts = spot.target.iter_mut().chain(remedies).chain([what]);
            texts.filter(|text| text.contains(&said)).for_each(|text| *text = text.replace(&said, &shown));
            let path = spot.path.take();
            spot.path = path.map(|path| RepoPath::new(replaced(path.as_bytes(), &secret, shown.as_bytes())));
        }
    }
}

fn replaced(text: &[u8], secret: &[u8], shown: &[u8]) -> Vec<u8> {
    let (mut blanked, mut from) = (Vec::new(), 0);
    for at in memmem::find_iter(text, secret) {
        blanked.extend_from_slice(&text[from..at]);
        blanked.extend_from_slice(shown);
        from = at + secret.len();
    }
    blanked.extend_from_slice(&text[from..]);
    blanked
}
