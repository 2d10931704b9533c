//! G013: the address of a submodule that the public cannot reach, or may not know.

use anyhow::Result;

use crate::git::raw::is_torn;
use crate::mirror::guard::case::Case;
use crate::mirror::guard::destination::{Class, Destination, canonical};
use crate::mirror::guard::finding::Finding;
use crate::mirror::guard::rule::{Look, Rule, Seen};
use crate::mirror::policy::{names, spelling};
use crate::model::upload::shown;

/// The rule.
pub const RULE: Rule = Rule {
    id: "G013",
    name: "submodule-url",
    about: "submodules of public branches come from addresses that the public may read",
    page: include_str!("../../../../docs/guard/G013.md"),
    look: Look::Entry(look),
};

fn look(case: &Case<'_>, seen: &Seen<'_>) -> Result<()> {
    let is_meant = spelling::of_path(seen.path.as_bytes()).as_ref() == b".gitmodules";
    if !case.is_public() || !is_meant || !seen.item.is_blob() {
        return Ok(());
    }
    let urls = match case.repo.settings_in(seen.item.id, r"^submodule\..*\.url$") {
        Ok(urls) => urls,
        Err(error) if is_torn(&error) => {
            case.unchecked(format!("`.gitmodules` cannot be read: {error:#}"), seen.spot(), &["git fsck"]);
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    for (_, url) in urls {
        if let Some(why) = refused(case, &url)? {
            let what = format!("the submodule address `{}` {why}", shown(&url));
            let remedy = "git config -f .gitmodules submodule.NAME.url https://HOST/PATH";
            case.add(Finding::blocked(RULE.id, what, seen.spot(), url).remedy(remedy));
        }
    }
    Ok(())
}

/// Why the public may not have an address, if it may not.
fn refused(case: &Case<'_>, url: &str) -> Result<Option<&'static str>> {
    // What is relative to the public repository lies beside it.
    if url.starts_with("./") || url.starts_with("../") {
        return Ok(None);
    }
    // Spelled as everything is before it is compared, so that no user, port or case gets past a pattern.
    let Some(spelled) = canonical(case.repo, url) else { return Ok(Some("is of no form that is known")) };
    if Destination::of(case.repo, url, url)?.class == Class::Private {
        return Ok(Some("was declared private"));
    }
    if url.split_once("://").is_some_and(|(_, rest)| rest.split('/').next().unwrap_or_default().contains('@'))
    {
        return Ok(Some("holds a user or a token"));
    }
    let allowed = &case.policy.file.submodules.public_urls;
    let is_allowed = match allowed.is_empty() {
        true => spelled.starts_with("https://"),
        false => {
            allowed.iter().any(|pattern| names::matches(pattern, &spelled) || names::matches(pattern, url))
        }
    };
    Ok((!is_allowed).then_some("is none that the policy allows (`submodules.public_urls`)"))
}
