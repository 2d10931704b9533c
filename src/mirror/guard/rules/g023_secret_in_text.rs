//! G023: a secret in a commit or a tag: its message, its names, any of its headers.

use anyhow::Result;

use crate::mirror::guard::case::Case;
use crate::mirror::guard::destination::Class;
use crate::mirror::guard::finding::Spot;
use crate::mirror::guard::remedies::from;
use crate::mirror::guard::rule::{Look, Rule, Text};
use crate::mirror::guard::secrets::told::{self, ALLOW, ROTATE};

/// The rule.
pub const RULE: Rule = Rule {
    id: "G023",
    name: "secret-in-text",
    about: "a secret in a message, a name or a header of a commit or a tag stays off public places",
    page: include_str!("../../../../docs/guard/G023.md"),
    look: Look::Text(look),
};

fn look(case: &Case<'_>, text: &Text<'_>) -> Result<()> {
    if case.policy.file.content.secrets == Some(false) {
        return Ok(());
    }
    let is_public = case.destination.class == Class::Public;
    for hit in case.scanner.scan(b"", text.bytes) {
        let spot = Spot {
            target: Some(text.target.to_owned()),
            commit: text.is_commit.then_some(text.id),
            object: Some(text.id),
            path: None,
            line: Some(hit.line),
        };
        let rewrite = if text.is_commit {
            vec![
                "git commit --amend  # where it is the last commit".to_owned(),
                format!(
                    "git rebase --interactive {}  # else, with `reword` at its line",
                    from(case, text.id)
                ),
            ]
        } else {
            vec![format!("git tag --force --annotate {} {}^{{}}", short(text.target), text.id)]
        };
        let first = std::iter::once(ROTATE.to_owned());
        let remedies = first.chain(rewrite).chain([ALLOW.to_owned()]).collect();
        case.add(told::finding(RULE.id, is_public, &hit, spot, remedies));
    }
    Ok(())
}

fn short(target: &str) -> &str {
    target.strip_prefix("refs/tags/").unwrap_or(target)
}
