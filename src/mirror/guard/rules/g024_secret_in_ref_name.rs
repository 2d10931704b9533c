//! G024: a secret in the name of a branch or a tag.

use anyhow::Result;

use crate::mirror::guard::case::Case;
use crate::mirror::guard::destination::Class;
use crate::mirror::guard::finding::Spot;
use crate::mirror::guard::rule::{Look, Rule};
use crate::mirror::guard::secrets::hit::redact;
use crate::mirror::guard::secrets::told::{self, ALLOW, ROTATE};
use crate::mirror::guard::update::Update;

/// The rule.
pub const RULE: Rule = Rule {
    id: "G024",
    name: "secret-in-ref-name",
    about: "a secret in the name of a branch or a tag stays off public places",
    page: include_str!("../../../../docs/guard/G024.md"),
    look: Look::Update(look),
};

fn look(case: &Case<'_>, update: &Update) -> Result<()> {
    // Deleting a name tells nobody what is not there already.
    if case.policy.file.content.secrets == Some(false) || update.new.is_none() {
        return Ok(());
    }
    let is_public = case.destination.class == Class::Public;
    for hit in case.scanner.scan(b"", update.target.as_bytes()) {
        // The name holds the secret, so it is blanked out there too.
        let said = update.target.get(hit.place.clone()).unwrap_or(&update.target);
        let target = update.target.replace(said, &redact(&hit.secret));
        let spot = Spot { target: Some(target), commit: update.new, ..Spot::default() };
        let rename = "git branch -m NEW-NAME  # or git tag NEW-NAME, and push that".to_owned();
        let remedies = vec![ROTATE.to_owned(), rename, ALLOW.to_owned()];
        case.add(told::finding(RULE.id, is_public, &hit, spot, remedies));
    }
    Ok(())
}
