//! Private commits that nobody else has, made again on top of the public ones.

use anyhow::Result;

use crate::error::fault;
use crate::git::raw::Kind;
use crate::mirror::down::ground::Ground;
use crate::mirror::down::plan::Deed;
use crate::model::object::ObjectId;
use crate::model::path::list;

impl Ground<'_> {
    /// Makes the commits after `common` up to `tip` again on `public`, in memory. What upstream has already is left out.
    ///
    /// # Errors
    /// Somebody else has them, there are merges among them, or one conflicts.
    pub(super) fn rebase(&self, common: ObjectId, tip: ObjectId, public: ObjectId) -> Result<Deed> {
        let Some(mut line) = self.repo.straight_line(common, tip)? else {
            return Err(instead("there are merges among the private commits").into());
        };
        line.reverse();
        if let Some(first) = line.first() {
            self.check_unshared(*first)?;
        }
        let (mut onto, mut commits) = (public, 0);
        for commit in &line {
            let Some(again) = self.again(*commit, onto)? else { continue };
            (onto, commits) = (again, commits + 1);
        }
        Ok(Deed::Rebase { tip: onto, commits })
    }

    /// Whoever has the oldest of the commits has seen them.
    fn check_unshared(&self, first: ObjectId) -> Result<()> {
        let holders = self.repo.other_holders(first, &self.mirror.private.head())?;
        let is_seen = |name: &&String| name.starts_with("refs/remotes/") || name.starts_with("refs/tags/");
        match holders.iter().find(is_seen) {
            Some(holder) => {
                let holder = holder.trim_start_matches("refs/remotes/").trim_start_matches("refs/tags/");
                Err(instead(&format!("`{holder}` has the private commits already, others may build on them"))
                    .into())
            }
            None => Ok(()),
        }
    }

    /// One commit again; nothing where `onto` has what it does.
    fn again(&self, commit: ObjectId, onto: ObjectId) -> Result<Option<ObjectId>> {
        let repo = self.repo;
        let before = match repo.parents(commit)?.first() {
            Some(parent) => repo.tree_of(*parent)?,
            None => repo.empty_tree()?,
        };
        let (own, ground) = (repo.tree_of(commit)?, repo.tree_of(onto)?);
        let tree = match repo.merge_trees(before, ground, own)? {
            Ok(tree) => tree,
            Err(paths) => {
                let what = format!("{} conflicts with upstream in {}", commit.short(), list(&paths));
                return Err(instead(&what).into());
            }
        };
        if tree == ground && own != before {
            return Ok(None);
        }
        let (_, bytes) = repo.raw(commit)?;
        let again = repo.write_raw(Kind::Commit, &replanted(&bytes, tree, onto))?;
        let mut written = repo.new_trees(tree, ground)?;
        written.push(again);
        repo.sync_objects(&written)?;
        Ok(Some(again))
    }
}

/// The same commit with another tree and parent, without a signature, which would not fit any more.
fn replanted(bytes: &[u8], tree: ObjectId, parent: ObjectId) -> Vec<u8> {
    let end = bytes.windows(2).position(|two| two == b"\n\n").map_or(bytes.len(), |at| at + 1);
    let mut new = format!("tree {tree}\nparent {parent}\n").into_bytes();
    let mut is_left_out = false;
    for line in bytes[..end].split_inclusive(|byte| *byte == b'\n') {
        let is_more = line.starts_with(b" ");
        if !is_more {
            let dropped: [&[u8]; 4] = [b"tree ", b"parent ", b"gpgsig ", b"gpgsig-sha256 "];
            is_left_out = dropped.iter().any(|name| line.starts_with(name));
        }
        if !is_left_out {
            new.extend_from_slice(line);
        }
    }
    new.extend_from_slice(&bytes[end..]);
    new
}

fn instead(why: &str) -> crate::error::Fault {
    fault(format!("cannot rebase: {why}")).hint("join by a merge: `gx sync-down --merge`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_made_again_keeps_all_but_its_place_and_signature() {
        let id = |digit: u8| ObjectId::from_bytes(&[digit; 20]).unwrap();
        let old = format!(
            "tree {0}\nparent {0}\nauthor A <a@b> 1 +0100\ncommitter C <c@d> 2 +0000\ngpgsig -----BEGIN\n \n more\n\
             encoding latin1\n\ntree of life\n\nparent x\n",
            id(1)
        );
        let new = String::from_utf8(replanted(old.as_bytes(), id(2), id(3))).unwrap();
        let expected = format!(
            "tree {}\nparent {}\nauthor A <a@b> 1 +0100\ncommitter C <c@d> 2 +0000\nencoding latin1\n\n\
             tree of life\n\nparent x\n",
            id(2),
            id(3)
        );
        assert_eq!(new, expected);
    }
}
