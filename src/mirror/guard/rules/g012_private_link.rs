//! G012: a symlink that points to what is private.

use std::os::unix::ffi::OsStrExt;
use std::path::Component;

use anyhow::Result;

use crate::git::raw::is_torn;
use crate::mirror::guard::case::Case;
use crate::mirror::guard::finding::Finding;
use crate::mirror::guard::remedies::{bring, quoted};
use crate::mirror::guard::rule::{Look, Rule, Seen};
use crate::model::path::RepoPath;

/// The rule.
pub const RULE: Rule = Rule {
    id: "G012",
    name: "private-link",
    about: "a symlink names no private path: its target is text that anybody reads",
    page: include_str!("../../../../docs/guard/G012.md"),
    look: Look::Entry(look),
};

fn look(case: &Case<'_>, seen: &Seen<'_>) -> Result<()> {
    if !case.is_public() || !seen.item.is_symlink() {
        return Ok(());
    }
    let mut found = None;
    let read = case.repo.raw_here(&[seen.item.id], &mut |_, _, target| {
        let path = led_to(seen.path, target);
        // A folder is private where what lies in it is.
        let inside = [&path[..], b"/\x01"].concat();
        let policy = case.policy;
        if [&path, &inside].into_iter().any(|path| policy.is_private(path) || policy.is_never(path)) {
            let what = format!("a symlink to the private path `{}`", RepoPath::new(path));
            let remedy = format!("git rm --cached -- {}", quoted(seen.path.as_path()));
            found = Some(Finding::blocked(RULE.id, what, seen.spot(), seen.path.as_bytes()).remedy(remedy));
        }
        Ok(())
    });
    match read {
        Err(error) if is_torn(&error) => {
            case.unchecked(format!("{error:#}"), seen.spot(), &[&bring(case.repo)]);
        }
        read => read?,
    }
    found.into_iter().for_each(|finding| case.add(finding));
    Ok(())
}

/// Where a link leads, from the top of the tree; of one that leads out of it, or from the root, the names in it.
fn led_to(link: &RepoPath, target: &[u8]) -> Vec<u8> {
    let target = std::path::Path::new(std::ffi::OsStr::from_bytes(target));
    let from = link.as_path().parent().filter(|_| target.is_relative());
    let mut names: Vec<&[u8]> = Vec::new();
    for part in from.into_iter().flat_map(|from| from.components()).chain(target.components()) {
        match part {
            Component::Normal(name) => names.push(name.as_bytes()),
            Component::ParentDir => drop(names.pop()),
            _ => {}
        }
    }
    names.join(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_from_its_own_folder() {
        for (link, target, expected) in [
            ("a/b/link", "../../private/x", "private/x"),
            ("link", "./private", "private"),
            ("a/link", "b/../../../private", "private"),
            ("a/link", "/home/ada/private/x", "home/ada/private/x"),
        ] {
            assert_eq!(led_to(&link.into(), target.as_bytes()), expected.as_bytes());
        }
    }
}
