//! G022: headers of commits and tags that no log shows.

use anyhow::Result;

use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::Finding;
use crate::mirror::guard::headers::{Header, Parts};
use crate::mirror::guard::remedies::reword;
use crate::mirror::guard::rule::{Look, Rule, Text};

/// What Git itself writes, and `change-id`, which jj and others write.
const KNOWN: [&str; 13] = [
    "tree",
    "parent",
    "author",
    "committer",
    "encoding",
    "gpgsig",
    "gpgsig-sha256",
    "mergetag",
    "change-id",
    "object",
    "type",
    "tag",
    "tagger",
];

/// The rule.
pub const RULE: Rule = Rule {
    id: "G022",
    name: "hidden-header",
    about: "no header of a commit or tag carries what no log shows",
    page: include_str!("../../../../docs/guard/G022.md"),
    look: Look::Text(look),
};

fn look(case: &Case<'_>, text: &Text<'_>) -> Result<()> {
    if !case.is_public() {
        return Ok(());
    }
    let parts = Parts::of(text.bytes);
    for header in &parts.headers {
        let name = String::from_utf8_lossy(&header.name);
        if !KNOWN.contains(&name.as_ref()) {
            let what = format!("the header `{}`, which no log shows", name.escape_debug());
            case.add(reword(case, text, Finding::blocked(RULE.id, what, text.spot(), header.name.clone())));
        }
        if let Some(tag) = tag_name(header).filter(|tag| case.policy.denied_names.is_match(tag)) {
            // Whatever the ref is called that brings it there.
            let tag = String::from_utf8_lossy(&tag).into_owned();
            let what = format!("a tag calls itself `{}`, which the policy denies", tag.escape_debug());
            case.add(reword(case, text, Finding::blocked(RULE.id, what, text.spot(), tag)));
        }
    }
    Ok(())
}

/// What a tag calls itself: its own header, or that of a tag that was merged.
fn tag_name(header: &Header) -> Option<Vec<u8>> {
    match &header.name[..] {
        b"tag" => Some(header.value.clone()),
        b"mergetag" => Parts::of(&header.value).all("tag").next().map(<[u8]>::to_vec),
        _ => None,
    }
}
