//! G011: a path that may lie in no repository, public or private.

use anyhow::Result;

use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::Finding;
use crate::mirror::guard::remedies::drop_path;
use crate::mirror::guard::rule::{Look, Rule, Seen};

/// The rule.
pub const RULE: Rule = Rule {
    id: "G011",
    name: "never-path",
    about: "keys, environments and credentials lie in no repository, private ones included",
    page: include_str!("../../../../docs/guard/G011.md"),
    look: Look::Path(look),
};

fn look(case: &Case<'_>, seen: &Seen<'_>) -> Result<()> {
    if seen.standing.is_never && !seen.item.is_folder() {
        let what = "a path that may lie in no repository";
        let found = Finding::blocked(RULE.id, what, seen.spot(), seen.path.as_bytes());
        case.add(
            drop_path(seen, found)
                .remedy("if it held a secret, make a new one: this one is known to whoever has the commit"),
        );
    }
    Ok(())
}
