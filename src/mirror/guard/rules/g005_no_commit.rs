//! G005: a ref that names no commit, not even through tags.

use anyhow::Result;

use crate::git::raw::Kind;
use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::{Finding, Spot};
use crate::mirror::guard::leaving::Leaving;
use crate::mirror::guard::rule::{Look, Rule};

/// The rule.
pub const RULE: Rule = Rule {
    id: "G005",
    name: "no-commit",
    about: "refs and tags of public places name commits, no loose files or trees",
    page: include_str!("../../../../docs/guard/G005.md"),
    look: Look::Whole(look),
};

fn look(case: &Case<'_>, leaving: &Leaving) -> Result<()> {
    let is_loose = |kind| matches!(kind, Kind::Tree | Kind::Blob);
    for loose in leaving.loose.iter().filter(|loose| case.is_public() && is_loose(loose.kind)) {
        let target = leaving.target(loose.target);
        let spot = Spot { target: Some(target.to_owned()), object: Some(loose.id), ..Spot::default() };
        let what =
            format!("`{target}` would name a {}, which has no path that could be judged", loose.kind.word());
        let remedy = "tag a commit that holds it";
        case.add(Finding::blocked(RULE.id, what, spot, loose.id.to_string()).remedy(remedy));
    }
    Ok(())
}
