//! What has changed between two states of the notes: only the folders that differ are read.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use crate::git::notes::Notes;
use crate::git::repo::Repo;
use crate::git::tree::FOLDER;
use crate::model::object::ObjectId;

/// What a notes tree holds under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Note(ObjectId),
    Folder(ObjectId),
}

/// Which blob held the note of an object, and which holds it now.
type Change = (Option<ObjectId>, Option<ObjectId>);

impl Notes<'_> {
    /// The objects whose notes differ from those at another commit, each with the blob that holds its note now.
    ///
    /// # Errors
    /// One of the commits, or a tree of it, is not there any more.
    pub fn changes_since(&self, old: ObjectId) -> Result<Vec<(ObjectId, Option<ObjectId>)>> {
        let mut changes = BTreeMap::new();
        let now = self.tip().map(|tip| self.repo().tree_of(tip)).transpose()?;
        let walk = Walk { repo: self.repo() };
        walk.compare(Some(self.repo().tree_of(old)?), now, "", &mut changes)?;
        // A note that only moved, as into another fan-out, is the same note.
        let changes = changes.into_iter().filter(|(_, (before, after))| before != after);
        Ok(changes.map(|(object, (_, after))| (object, after)).collect())
    }
}

struct Walk<'a> {
    repo: &'a Repo,
}

impl Walk<'_> {
    fn compare(
        &self,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
        prefix: &str,
        changes: &mut BTreeMap<ObjectId, Change>,
    ) -> Result<()> {
        if old == new {
            return Ok(());
        }
        let (before, after) = (self.entries(old)?, self.entries(new)?);
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names {
            let (was, is) = (before.get(name).copied(), after.get(name).copied());
            if was == is {
                continue;
            }
            let path = format!("{prefix}{name}");
            let note = |held: Option<Held>| match held {
                Some(Held::Note(blob)) => Some(blob),
                _ => None,
            };
            let folder = |held: Option<Held>| match held {
                Some(Held::Folder(tree)) if name.len() == 2 => Some(tree),
                _ => None,
            };
            if let Ok(object) = path.parse::<ObjectId>() {
                let change = changes.entry(object).or_insert((None, None));
                change.0 = note(was).or(change.0);
                change.1 = note(is).or(change.1);
            }
            self.compare(folder(was), folder(is), &path, changes)?;
        }
        Ok(())
    }

    fn entries(&self, tree: Option<ObjectId>) -> Result<BTreeMap<String, Held>> {
        let Some(tree) = tree else { return Ok(BTreeMap::new()) };
        let mut found = BTreeMap::new();
        for item in self.repo.tree(tree)?.items() {
            let Ok(name) = std::str::from_utf8(&item.name) else { continue };
            let held = match item.mode & 0o170_000 {
                0o100_000 => Held::Note(item.id),
                FOLDER => Held::Folder(item.id),
                _ => continue,
            };
            found.insert(name.to_owned(), held);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::git::refs::Swap;

    const NAME: &str = "refs/notes/experiments";

    fn object(number: u32) -> ObjectId {
        format!("{:02x}{:038x}", number % 7, number).parse().unwrap()
    }

    #[test]
    fn the_difference_is_that_of_all_notes_whatever_the_fan_out() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let mut tips = Vec::new();
        let mut set = |numbers: &[u32], text: &str| {
            let notes = Notes::open(&repo, NAME).unwrap();
            let edits = numbers.iter().map(|number| (object(*number), text.as_bytes().to_vec())).collect();
            assert_eq!(notes.write(&edits, "x", Timestamp::now()).unwrap(), Swap::Done);
            tips.push(repo.read_ref(NAME).unwrap().unwrap());
        };
        set(&(0..40).collect::<Vec<_>>(), "a\n");
        set(&[3, 4, 5], "b\n");
        set(&[100], "c\n");
        // Flat, as libgit2 and small `git notes` trees are.
        let all = Notes::open(&repo, NAME).unwrap().all().unwrap();
        let lines: String =
            all.iter().skip(2).map(|(object, blob)| format!("100644 blob {blob}\t{object}\n")).collect();
        let tree =
            String::from_utf8(repo.git().arg("mktree").input(lines.into_bytes()).run().unwrap()).unwrap();
        let commit = repo.git().args(["commit-tree", "-m", "flat", tree.trim()]).run().unwrap();
        tips.push(String::from_utf8(commit).unwrap().trim().parse().unwrap());
        for old in &tips {
            for new in &tips {
                let (before, after) = (
                    Notes::at(&repo, NAME, *old).all().unwrap(),
                    Notes::at(&repo, NAME, *new).all().unwrap(),
                );
                let objects: BTreeSet<_> = before.keys().chain(after.keys()).collect();
                let differ = objects.into_iter().filter(|object| before.get(*object) != after.get(*object));
                let expected: Vec<_> = differ.map(|object| (*object, after.get(object).copied())).collect();
                assert_eq!(Notes::at(&repo, NAME, *new).changes_since(*old).unwrap(), expected);
            }
        }
    }
}
