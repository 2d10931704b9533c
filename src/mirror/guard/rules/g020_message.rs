//! G020: a message that says what the policy denies.

use anyhow::Result;

use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::Finding;
use crate::mirror::guard::headers::Parts;
use crate::mirror::guard::remedies::reword;
use crate::mirror::guard::rule::{Look, Rule, Text};

/// The rule.
pub const RULE: Rule = Rule {
    id: "G020",
    name: "denied-message",
    about: "no message of a commit or tag says what the policy denies",
    page: include_str!("../../../../docs/guard/G020.md"),
    look: Look::Text(look),
};

fn look(case: &Case<'_>, text: &Text<'_>) -> Result<()> {
    let denied = &case.policy.denied_messages;
    if !case.is_public() || denied.is_empty() {
        return Ok(());
    }
    let parts = Parts::of(text.bytes);
    // The text of a merged tag is part of what leaves, though `git log` shows nothing of it.
    for message in std::iter::once(parts.message).chain(parts.all("mergetag")) {
        for pattern in denied.matches(message) {
            let lines = message.split(|byte| *byte == b'\n');
            let line = lines.into_iter().position(|line| denied.matches(line).matched(pattern));
            let pattern = &denied.patterns()[pattern];
            let mut spot = text.spot();
            spot.line = line.map(|line| line + 1);
            let what = format!("the message matches `{pattern}`, which the policy denies");
            let key = [pattern.as_bytes(), b"\0", text.id.as_bytes()].concat();
            case.add(reword(case, text, Finding::blocked(RULE.id, what, spot, key)));
        }
    }
    Ok(())
}
