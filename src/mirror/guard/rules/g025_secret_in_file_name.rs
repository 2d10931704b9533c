//! G025: a secret in the name of a file or a folder.

use anyhow::Result;

use crate::mirror::guard::case::Case;
use crate::mirror::guard::destination::Class;
use crate::mirror::guard::finding::Spot;
use crate::mirror::guard::rule::{Look, Rule, Seen};
use crate::mirror::guard::secrets::hit::redact;
use crate::mirror::guard::secrets::told::{self, ALLOW, ROTATE};
use crate::model::path::RepoPath;

/// The rule.
pub const RULE: Rule = Rule {
    id: "G025",
    name: "secret-in-file-name",
    about: "a secret in the name of a file or a folder stays off public places",
    page: include_str!("../../../../docs/guard/G025.md"),
    look: Look::Entry(look),
};

/// No rule finds a secret in less.
const SHORTEST: usize = 12;

fn look(case: &Case<'_>, seen: &Seen<'_>) -> Result<()> {
    if case.policy.file.content.secrets == Some(false) || seen.item.name.len() < SHORTEST {
        return Ok(());
    }
    let is_public = case.destination.class == Class::Public;
    let name = &seen.item.name;
    for hit in case.scanner.scan(b"", name) {
        let folder = &seen.path.as_bytes()[..seen.path.as_bytes().len().saturating_sub(name.len())];
        let (before, behind) = (&name[..hit.place.start], &name[hit.place.end..]);
        let shown = [folder, before, redact(&hit.secret).as_bytes(), behind].concat();
        let spot = Spot { path: Some(RepoPath::new(shown)), ..seen.spot() };
        let rename = format!(
            "git rebase --interactive {}~  # with `edit` at its line; then git mv, and git rebase --continue",
            seen.commit
        );
        let remedies = vec![ROTATE.to_owned(), rename, ALLOW.to_owned()];
        case.add(told::finding(RULE.id, is_public, &hit, spot, remedies));
    }
    Ok(())
}
