//! G021: an e-mail address that the public may not read.

use anyhow::Result;

use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::Finding;
use crate::mirror::guard::remedies::reauthor;
use crate::mirror::guard::rule::{Look, Rule, Text};

/// The rule.
pub const RULE: Rule = Rule {
    id: "G021",
    name: "private-identity",
    about: "no commit or tag names an e-mail address that the policy denies or maps to a public one",
    page: include_str!("../../../../docs/guard/G021.md"),
    look: Look::Text(look),
};

fn look(case: &Case<'_>, text: &Text<'_>) -> Result<()> {
    let (denied, mapped) = (&case.policy.denied_emails, &case.policy.file.identity.public);
    if !case.is_public() || denied.is_empty() && mapped.is_empty() {
        return Ok(());
    }
    // In every header and trailer, and in what was merged with a signed tag.
    for address in addresses(text.bytes) {
        let Ok(address) = std::str::from_utf8(address) else { continue };
        let is_mapped = mapped.keys().any(|private| private.eq_ignore_ascii_case(address));
        let why = match is_mapped {
            true => "which `identity.public` replaces",
            false if denied.is_match(address.as_bytes()) => "which the policy denies",
            false => continue,
        };
        let what = format!("the address {address}, {why}");
        let key = address.to_ascii_lowercase();
        case.add(reauthor(case, text, Finding::blocked(RULE.id, what, text.spot(), key)));
    }
    Ok(())
}

/// Whatever has an `@` between characters that an address may have, with or without angle brackets around it.
fn addresses(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"<>()[]{},;:\"'".contains(byte);
    let words = text.split(is_end).filter(|word| word.contains(&b'@'));
    words.map(|word| word.strip_suffix(b".").unwrap_or(word))
}
