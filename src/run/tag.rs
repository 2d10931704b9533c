//! The run tag: which session an experiment belongs to.

use std::path::Path;

use anyhow::Result;

use crate::error::{fault, misuse};
use crate::git::repo::Head;
use crate::run::runner::Runner;

impl Runner<'_> {
    /// The run tag that a command in this work tree means.
    ///
    /// # Errors
    /// None is given, configured, or named by the branch.
    pub fn current_tag(&self, given: Option<&str>) -> Result<String> {
        self.tag(given, &self.repo.head()?)
    }

    pub(super) fn tag(&self, given: Option<&str>, head: &Head) -> Result<String> {
        let configured = || self.repo.setting("gx.tag");
        let tag = given.map(str::to_owned).or_else(configured).or_else(|| tag_of_branch(head.branch_name()?));
        let tag = tag.ok_or_else(|| {
            let place = head
                .branch_name()
                .map_or("HEAD is detached".to_owned(), |name| format!("branch `{name}` names none"));
            fault(format!("no run tag: {place}"))
                .hint("give one with the run: `--tag mar5`")
                .hint("or make a branch for the session: `gx init --tag mar5`")
        })?;
        check_tag(&tag)?;
        Ok(tag)
    }
}

/// The last part of a branch `autoresearch/*` or `exp/*/*`.
pub(super) fn tag_of_branch(branch: &str) -> Option<String> {
    let parts: Vec<&str> = branch.split('/').collect();
    matches!(parts[..], ["autoresearch", _] | ["exp", _, _]).then(|| parts[parts.len() - 1].to_owned())
}

/// Checks that a tag can be part of a branch's name.
///
/// # Errors
/// Where it can't.
pub fn check_tag(tag: &str) -> Result<()> {
    let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.' | '+');
    let is_good = !tag.is_empty()
        && tag.chars().all(is_plain)
        && !tag.starts_with(['-', '.'])
        && !tag.ends_with('.')
        && !tag.contains("..")
        && Path::new(tag).extension().is_none_or(|extension| extension != "lock");
    if is_good {
        return Ok(());
    }
    Err(misuse(format!("`{tag}` cannot be a run tag"))
        .hint("use letters, digits and `-`, such as `mar5`")
        .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_is_the_last_part_of_a_session_branch() {
        assert_eq!(tag_of_branch("autoresearch/mar5").as_deref(), Some("mar5"));
        assert_eq!(tag_of_branch("exp/H100/mar8").as_deref(), Some("mar8"));
        for branch in ["main", "autoresearch", "autoresearch/a/b", "exp/mar8", "feature/autoresearch/x"] {
            assert_eq!(tag_of_branch(branch), None, "{branch}");
        }
    }

    #[test]
    fn a_tag_must_fit_into_a_branch_name() {
        for good in ["mar5", "a.b", "größe", "x_1+2"] {
            assert!(check_tag(good).is_ok(), "{good}");
        }
        for bad in ["", "-x", ".x", "x.", "a..b", "a b", "a/b", "a~1", "x.lock", "a\nb"] {
            assert!(check_tag(bad).is_err(), "{bad}");
        }
    }
}
