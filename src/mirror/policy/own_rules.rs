//! The secret rules of a repository: from where its policy loosens, never from what is pushed, since they may clear.

use std::fs;
use std::io::ErrorKind;

use anyhow::{Context, Result};

use crate::git::repo::Repo;
use crate::mirror::policy::sources::private_refs;
use crate::model::path::RepoPath;

/// Where they stand, from the top of the private branch's tree; without a private remote, `.git/gx/rules.toml`.
pub const PATH: &str = ".gx/rules.toml";

/// What errors call the file, and its text; nothing where there is none.
///
/// # Errors
/// It cannot be read.
pub fn own_rules(repo: &Repo) -> Result<Option<(String, String)>> {
    let Some(names) = private_refs(repo) else { return local(repo) };
    for name in names {
        let Some(tip) = repo.read_ref(&name)? else { continue };
        let entry = repo.entry(repo.tree_of(tip)?, &RepoPath::from(PATH))?;
        // What a symlink names is no file of rules.
        let Some(entry) = entry.filter(|entry| entry.mode & 0o170_000 == 0o100_000) else { return Ok(None) };
        let text = repo.blob(entry.id).with_context(|| format!("cannot read {name}:{PATH}"))?;
        return Ok(Some((format!("{name}:{PATH}"), String::from_utf8_lossy(&text).into_owned())));
    }
    Ok(None)
}

fn local(repo: &Repo) -> Result<Option<(String, String)>> {
    let path = repo.gx_dir().join("rules.toml");
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path.display().to_string(), text))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::git::object::{Entry, NewCommit};

    #[test]
    fn own_rules_come_from_the_private_branch_and_without_one_from_beside_the_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        assert_eq!(own_rules(&repo).unwrap(), None);
        fs::create_dir_all(repo.gx_dir()).unwrap();
        fs::write(repo.gx_dir().join("rules.toml"), "# beside").unwrap();
        assert_eq!(own_rules(&repo).unwrap().unwrap().1, "# beside");
        repo.set_setting("gx.private.remote", "origin").unwrap();
        assert_eq!(own_rules(&repo).unwrap(), None);
        let head = repo.head().unwrap().commit;
        let entry = Entry { mode: 0o100_644, id: repo.write_blob(b"# private").unwrap() };
        let tree = repo.edit_tree(repo.tree_of(head).unwrap(), &[(PATH.into(), Some(entry))]).unwrap();
        let new = NewCommit { tree, parents: &[head], message: "rules", at: Timestamp::now() };
        let tip = repo.write_commit(&new).unwrap();
        let _ = repo.swap_ref("refs/remotes/origin/main", tip, None, "fetch").unwrap();
        let told = ("refs/remotes/origin/main:.gx/rules.toml".to_owned(), "# private".to_owned());
        assert_eq!(own_rules(&repo).unwrap(), Some(told));
    }
}
