//! Which files make up the policy of a repository, and which of them may loosen.
//!
//! What loosens is read from the private branch as it was last seen on the private remote; where nothing was pushed
//! yet, from the local branch of that name; where no private remote is known, from a file beside the git configuration.
//! None of these can be written by what is pushed or fetched from elsewhere. What forbids counts from all of them, and from
//! the local private branch before it is pushed.

use std::fs;
use std::io::ErrorKind;

use anyhow::{Context, Result};

use crate::error::{Exit, fault};
use crate::git::raw::{Kind, is_torn};
use crate::git::repo::Repo;
use crate::mirror::guard::headers;
use crate::mirror::guard::remedies::bring;
use crate::mirror::keys;
use crate::mirror::policy::file::{self, File};
use crate::mirror::policy::terms::Policy;
use crate::model::object::ObjectId;

/// So many tips are looked at before memory is let go of.
const AT_ONCE: usize = 1000;

impl Policy {
    /// What holds in a repository for an upload of these tips: of commits, tags or anything.
    ///
    /// # Errors
    /// A file that is no policy, by its place; a file that cannot be read.
    pub fn of(repo: &Repo, tips: &[ObjectId]) -> Result<Self> {
        let loosening = loosening(repo)?;
        let mut pushed: Vec<File> = Vec::new();
        let mut seen = Vec::new();
        for (number, tip) in tips.iter().enumerate() {
            if number % AT_ONCE == 0 {
                // What was read of the packs would stay in memory until the end.
                repo.rest();
            }
            let Some((blob, file)) = file_of(repo, *tip, &tip.short())? else { continue };
            if !seen.contains(&blob) {
                seen.push(blob);
                pushed.push(file);
            }
        }
        pushed.extend(unsent(repo)?);
        Self::join(loosening, &pushed)
    }
}

/// The file that may loosen, where there is one.
fn loosening(repo: &Repo) -> Result<Option<File>> {
    let Some(names) = private_refs(repo) else { return local(repo) };
    for name in names {
        if let Some(tip) = repo.read_ref(&name)? {
            return Ok(file_of(repo, tip, &name)?.map(|(_, file)| file));
        }
    }
    Ok(None)
}

/// The policy of the private branch here, where it says what it has not said on the private remote yet: it forbids from
/// the commit on. One that the private remote has gone past says nothing any more.
pub(in crate::mirror::policy) fn unsent(repo: &Repo) -> Result<Option<File>> {
    let Some([there, here]) = private_refs(repo) else { return Ok(None) };
    let (Some(there), Some(tip)) = (repo.read_ref(&there)?, repo.read_ref(&here)?) else { return Ok(None) };
    if there == tip {
        return Ok(None);
    }
    let Some((blob, _)) = policy_in(repo, tip)? else { return Ok(None) };
    let is_sent = policy_in(repo, there)?.is_some_and(|(sent, _)| sent == blob);
    if is_sent || repo.is_ancestor(tip, there)? {
        return Ok(None);
    }
    Ok(file_of(repo, tip, &here)?.map(|(_, file)| file))
}

/// The policy file of a commit or tag, with its id; nothing where it has none. Errors call the commit `name`.
///
/// # Errors
/// It cannot be read or understood.
pub fn file_of(repo: &Repo, tip: ObjectId, name: &str) -> Result<Option<(ObjectId, File)>> {
    let Some((blob, text)) = policy_in(repo, tip)? else { return Ok(None) };
    Ok(Some((blob, File::read(&format!("{name}:{}", file::PATH), &text)?)))
}

/// Where the private branch stands, the first that is there; nothing where no private remote is known.
pub(in crate::mirror::policy) fn private_refs(repo: &Repo) -> Option<[String; 2]> {
    let (remote, branch) = (keys::set(repo, keys::PRIVATE_REMOTE)?, keys::private_branch(repo));
    Some([format!("refs/remotes/{remote}/{branch}"), format!("refs/heads/{branch}")])
}

/// `.git/gx/policy.toml`.
fn local(repo: &Repo) -> Result<Option<File>> {
    let path = repo.gx_dir().join("policy.toml");
    match fs::read_to_string(&path) {
        Ok(text) => File::read(&path.display().to_string(), &text).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// The policy file in the tree of a commit or tag; nothing where it has none, or names no tree.
pub(in crate::mirror::policy) fn policy_in(repo: &Repo, tip: ObjectId) -> Result<Option<(ObjectId, String)>> {
    // An object that is not here is told by those who look at what would leave.
    if matches!(repo.kind(tip)?, None | Some(Kind::Blob)) {
        return Ok(None);
    }
    read_policy(repo, tip).map_err(|error| match is_torn(&error) {
        // What it forbids nobody knows.
        true => fault(format!("{} of {} cannot be read here: {error:#}", file::PATH, tip.short()))
            .hint(format!("bring here what is missing: `{}`", bring(repo)))
            .exit(Exit::Unchecked)
            .into(),
        false => error,
    })
}

fn read_policy(repo: &Repo, tip: ObjectId) -> Result<Option<(ObjectId, String)>> {
    let (mut at, mut names) = (tip, file::PATH.split('/'));
    loop {
        let (mut next, mut text) = (None, None);
        repo.raw_here(&[at], &mut |_, kind, bytes| {
            match kind {
                Kind::Commit => next = headers::tree(bytes),
                Kind::Tag => next = headers::tagged(bytes),
                Kind::Tree => next = named(repo, bytes, names.next().unwrap_or_default())?,
                // A tag may name a blob, which is no policy for that.
                Kind::Blob if names.clone().next().is_none() => {
                    text = Some(String::from_utf8_lossy(bytes).into_owned());
                }
                Kind::Blob => {}
            }
            Ok(())
        })?;
        match (next, text) {
            (Some(next), _) => at = next,
            (None, text) => return Ok(text.map(|text| (at, text))),
        }
    }
}

/// What a tree has under a name: a folder or a file, since what a symlink names is no policy.
fn named(repo: &Repo, tree: &[u8], wanted: &str) -> Result<Option<ObjectId>> {
    let mut found = None;
    repo.each_name(tree, &mut |mode, name, id| {
        if name == wanted.as_bytes() && matches!(mode & 0o170_000, 0o040_000 | 0o100_000) {
            found = Some(id);
        }
        Ok(())
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::object::Entry;

    fn tip_with(repo: &Repo, text: &str) -> ObjectId {
        let head = repo.head().unwrap().commit;
        let entry = Entry { mode: 0o100_644, id: repo.write_blob(text.as_bytes()).unwrap() };
        let tree = repo.edit_tree(repo.tree_of(head).unwrap(), &[(file::PATH.into(), Some(entry))]).unwrap();
        let at = crate::clock::Timestamp::now();
        let new = crate::git::object::NewCommit { tree, parents: &[head], message: "policy", at };
        repo.write_commit(&new).unwrap()
    }

    #[test]
    fn only_the_private_branch_loosens_and_every_tip_forbids() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let loose = "[paths]\nexcept = [\"private/ok.md\"]\n";
        let strict = "[paths]\nprivate = [\"secret/\"]\n";
        let (loosening, tightening) = (tip_with(&repo, loose), tip_with(&repo, strict));
        let is_private =
            |path: &str, tips: &[ObjectId]| Policy::of(&repo, tips).unwrap().is_private(path.as_bytes());
        assert!(
            is_private("private/ok.md", &[loosening]) && is_private("secret/x", &[loosening, tightening])
        );
        assert!(!is_private("secret/x", &[]));
        fs::create_dir_all(repo.gx_dir()).unwrap();
        fs::write(repo.gx_dir().join("policy.toml"), loose).unwrap();
        assert!(!is_private("private/ok.md", &[]) && is_private("private/no.md", &[]));
        // With a private remote its branch says it, and the local file nothing any more.
        repo.set_setting("gx.private.remote", "origin").unwrap();
        assert!(is_private("private/ok.md", &[]));
        let _ = repo.swap_ref("refs/remotes/origin/main", loosening, None, "fetch").unwrap();
        assert!(!is_private("private/ok.md", &[]));
    }

    #[test]
    fn what_the_private_branch_forbids_here_holds_before_it_is_pushed_and_until_the_remote_has_gone_past_it()
    {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let head = repo.head().unwrap();
        let here = head.branch.unwrap();
        repo.set_setting("gx.private.remote", "origin").unwrap();
        repo.set_setting("gx.private.branch", here.strip_prefix("refs/heads/").unwrap_or(&here)).unwrap();
        let [there, here] = private_refs(&repo).unwrap();
        let is_private = || Policy::of(&repo, &[]).unwrap().is_private(b"secret/x");
        let _ = repo.swap_ref(&there, head.commit, None, "fetch").unwrap();
        let strict = tip_with(&repo, "[paths]\nprivate = [\"secret/\"]\nexcept = [\"private/ok.md\"]\n");
        let _ = repo.swap_ref(&here, strict, Some(head.commit), "commit").unwrap();
        assert!(is_private());
        assert!(Policy::of(&repo, &[]).unwrap().is_private(b"private/ok.md"), "only the remote loosens");
        let _ = repo.swap_ref(&there, strict, Some(head.commit), "push").unwrap();
        let lax = tip_with(&repo, "[paths]\nprivate = []\n");
        let _ = repo.swap_ref(&there, lax, Some(strict), "fetch").unwrap();
        assert!(!is_private(), "somebody else has taken it back");
    }

    #[test]
    fn a_policy_that_cannot_be_read_stops_everything_and_is_told_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let tip = tip_with(&repo, "[paths]\nprivat = []\n");
        let told = Policy::of(&repo, &[tip]).unwrap_err().to_string();
        assert!(told.starts_with(&format!("{}:.gx/policy.toml:2: unknown field", tip.short())), "{told}");
        let tip = tip_with(&repo, "[messages]\ndeny = [\n  \"fine\",\n  \"br(oken\",\n]\n");
        let told = format!("{:#}", Policy::of(&repo, &[tip]).unwrap_err());
        assert!(told.starts_with(&format!("{}:.gx/policy.toml:4: ", tip.short())), "{told}");
    }
}
