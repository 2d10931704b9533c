//! Refs under names that they may have had before, made so that no packing of refs that goes on takes them away again.
//!
//! `git pack-refs` first writes `packed-refs`, and then deletes one file after the other, where it still says what was
//! packed. Of a ref that was deleted and made anew with the same value in between, that is all there is. So such a ref
//! stands in `packed-refs` too: from there only a deletion takes it.

use anyhow::Result;

use crate::error::fault;
use crate::git::engine::repack::Repacked;
use crate::git::refs::{Ref, Swap};
use crate::git::repo::Repo;
use crate::git::transaction::refused;

impl Repo {
    /// Makes refs that must not exist yet, all or none; their names may have been used before.
    ///
    /// # Errors
    /// One of them exists already, or they cannot be written.
    pub fn make_refs(&self, refs: &[Ref]) -> Result<()> {
        if self.create_refs(refs)? == Swap::Lost {
            return Err(taken(refs.iter().map(|one| one.name.as_str())));
        }
        if self.has_ref_files() && !refs.is_empty() {
            // Where that cannot be, they are as safe as Git makes them.
            let _ = self.repack(refs)?;
        }
        Ok(())
    }

    /// Moves refs to other names, which they may have had before. Whoever is killed meanwhile, or finds one of them
    /// locked, leaves them under both: never under none.
    ///
    /// # Errors
    /// Another ref has the name, one of them has moved meanwhile, or they cannot be written.
    pub fn rename_refs(&self, moves: &[(Ref, String)]) -> Result<()> {
        let verb = if self.packs_at_once(moves)? { "verify" } else { "create" };
        let line =
            |(from, to): &(Ref, String)| format!("{verb} {to} {0}\ndelete {1} {0}\n", from.target, from.name);
        let names: Vec<&str> = moves.iter().flat_map(|(from, to)| [from.name.as_str(), to]).collect();
        let output = self.transaction(moves.iter().map(line), &names)?;
        if output.status.success() { Ok(()) } else { Err(refused(&output)) }
    }

    /// Puts the new names into `packed-refs`; false where that is not possible or not needed.
    fn packs_at_once(&self, moves: &[(Ref, String)]) -> Result<bool> {
        if !self.has_ref_files() || self.is_each_ref_logged() {
            return Ok(false);
        }
        let mut new = Vec::with_capacity(moves.len());
        for (from, to) in moves {
            // One that was killed has left them under both names.
            if self.read_ref(to)?.is_some_and(|there| there != from.target) {
                return Err(taken([to.as_str()]));
            }
            new.push(Ref { name: to.clone(), target: from.target });
        }
        Ok(self.repack(&new)? == Repacked::Done)
    }
}

fn taken<'n>(names: impl IntoIterator<Item = &'n str>) -> anyhow::Error {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    fault(format!("another process has just made {}", names.join(" or ")))
        .hint("look at how it stands now: `gx ls`, then try again")
        .into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// What a `git pack-refs` does last, after others have been at the ref: it deletes the file of what it has packed,
    /// where that says what it has packed.
    fn prune(repo: &Repo, packed: &Ref) {
        let file = repo.common_dir().join(&packed.name);
        if fs::read_to_string(&file).is_ok_and(|text| text.trim() == packed.target.to_string()) {
            fs::remove_file(file).unwrap();
        }
    }

    #[test]
    fn a_ref_that_comes_back_while_refs_are_packed_is_not_taken_by_the_end_of_that() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let at = |name: &str| Ref { name: name.to_owned(), target: repo.head().unwrap().commit };
        let (one, trash) = (at("refs/experiments/exp-1"), at("refs/gx/trash/exp-1"));
        let (to_trash, back) = ([(one.clone(), trash.name.clone())], [(trash.clone(), one.name.clone())]);
        let stands = |one: &Ref| repo.read_ref(&one.name).unwrap() == Some(one.target);
        repo.make_refs(std::slice::from_ref(&one)).unwrap();
        repo.rename_refs(&to_trash).unwrap();
        assert!(stands(&trash) && !stands(&one));
        repo.rename_refs(&back).unwrap();
        prune(&repo, &one);
        assert!(stands(&one) && !stands(&trash));
        repo.rename_refs(&to_trash).unwrap();
        prune(&repo, &trash);
        assert!(stands(&trash) && !stands(&one));
        assert_eq!(repo.delete_refs(std::slice::from_ref(&trash)).unwrap(), 1);
        repo.make_refs(std::slice::from_ref(&one)).unwrap();
        prune(&repo, &one);
        assert!(stands(&one));
    }

    #[test]
    fn a_move_that_was_killed_is_done_anew_and_takes_no_name_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let head = repo.head().unwrap().commit;
        let at = |name: &str, target| Ref { name: name.to_owned(), target };
        let (one, trash) = (at("refs/experiments/exp-1", head), at("refs/gx/trash/exp-1", head));
        let other = at("refs/experiments/exp-2", repo.tree_of(head).unwrap());
        repo.make_refs(&[one.clone(), trash.clone(), other.clone()]).unwrap();
        assert!(repo.rename_refs(&[(other.clone(), trash.name.clone())]).is_err());
        assert_eq!(repo.read_ref(&other.name).unwrap(), Some(other.target));
        assert_eq!(repo.read_ref(&trash.name).unwrap(), Some(head));
        if repo.has_ref_files() {
            repo.rename_refs(&[(one.clone(), trash.name.clone())]).unwrap();
            assert_eq!(repo.read_ref(&one.name).unwrap(), None);
            assert_eq!(repo.read_ref(&trash.name).unwrap(), Some(head));
        }
    }
}
