//! A tree without what is private: the same names and ids where nothing was.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::Result;

use crate::git::packing::Packing;
use crate::git::raw::TreeItem;
use crate::git::repo::Repo;
use crate::mirror::policy::terms::Policy;
use crate::model::object::ObjectId;

/// Where stripped trees are written.
pub trait Sink {
    /// Writes a tree of these names, which are a part of a tree that exists, in its order; those of one place are
    /// versions of each other.
    ///
    /// # Errors
    /// It cannot be written.
    fn tree(&mut self, place: Place, items: &[TreeItem]) -> Result<ObjectId>;
}

/// Into the repository, object by object.
impl Sink for &Repo {
    fn tree(&mut self, _place: Place, items: &[TreeItem]) -> Result<ObjectId> {
        self.write_tree_items(items)
    }
}

/// Into packs, with very many others.
impl Sink for Packing<'_> {
    fn tree(&mut self, place: Place, items: &[TreeItem]) -> Result<ObjectId> {
        self.put_tree(place, items)
    }
}

/// The number of a folder's path, by which what is remembered of it is found.
pub type Place = u32;

const TOP: Place = 0;

/// What a tree comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// The tree without what is withheld; nothing where nothing is left.
    pub tree: Option<ObjectId>,
    /// Stands for everything that is withheld, by path and content; 0 where nothing is.
    pub withheld: u64,
}

/// Strips trees, each only once at each path.
pub struct Stripper<'a> {
    repo: &'a Repo,
    policy: &'a Policy,
    folders: Vec<Folder>,
    done: HashMap<(ObjectId, Place), Left>,
}

/// A path at which there was a folder, and what its names came to; most stand in version after version of it.
#[derive(Default)]
struct Folder {
    path: Vec<u8>,
    below: HashMap<Vec<u8>, Place>,
    is_withheld: HashMap<Vec<u8>, bool>,
}

impl<'a> Stripper<'a> {
    /// Nothing stripped yet.
    pub fn new(repo: &'a Repo, policy: &'a Policy) -> Self {
        Self { repo, policy, folders: vec![Folder::default()], done: HashMap::new() }
    }

    /// The tree without private paths and those that may live nowhere, and without folders of which nothing is left;
    /// nothing where nothing at all is left. What has neither keeps its id.
    ///
    /// # Errors
    /// A tree is missing, or cannot be written.
    pub fn strip(&mut self, tree: ObjectId) -> Result<Option<ObjectId>> {
        let repo = self.repo;
        Ok(self.strip_into(tree, &mut &*repo)?.tree)
    }

    /// As [`Self::strip`], writing elsewhere, and with what is withheld.
    ///
    /// # Errors
    /// As of [`Self::strip`].
    pub fn strip_into(&mut self, tree: ObjectId, sink: &mut dyn Sink) -> Result<Left> {
        self.folder(tree, TOP, sink)
    }

    fn folder(&mut self, tree: ObjectId, place: Place, sink: &mut dyn Sink) -> Result<Left> {
        if let Some(done) = self.done.get(&(tree, place)) {
            return Ok(*done);
        }
        let items = self.repo.tree_items(tree)?;
        let (mut kept, mut withheld, mut is_same) = (Vec::with_capacity(items.len()), 0, true);
        for item in items {
            let id = if item.is_folder() {
                let below = self.below(place, &item.name);
                let left = self.folder(item.id, below, sink)?;
                withheld = mixed(withheld, left.withheld);
                left.tree
            } else if self.is_withheld(place, &item.name) {
                withheld = mixed(withheld, fingerprint(place, &item));
                None
            } else {
                Some(item.id)
            };
            is_same &= id == Some(item.id);
            kept.extend(id.map(|id| TreeItem { id, ..item }));
        }
        let tree_left = match (kept.is_empty(), is_same) {
            (true, _) => None,
            (false, true) => Some(tree),
            (false, false) => Some(sink.tree(place, &kept)?),
        };
        let left = Left { tree: tree_left, withheld };
        self.done.insert((tree, place), left);
        Ok(left)
    }

    fn below(&mut self, place: Place, name: &[u8]) -> Place {
        if let Some(below) = self.folders[place as usize].below.get(name) {
            return *below;
        }
        let new = self.folders.len() as Place;
        let path = [self.path(place, name), b"/".to_vec()].concat();
        self.folders[place as usize].below.insert(name.to_vec(), new);
        self.folders.push(Folder { path, ..Folder::default() });
        new
    }

    fn is_withheld(&mut self, place: Place, name: &[u8]) -> bool {
        if let Some(known) = self.folders[place as usize].is_withheld.get(name) {
            return *known;
        }
        let path = self.path(place, name);
        let is_withheld = self.policy.is_withheld(&path);
        self.folders[place as usize].is_withheld.insert(name.to_vec(), is_withheld);
        is_withheld
    }

    fn path(&self, place: Place, name: &[u8]) -> Vec<u8> {
        [&self.folders[place as usize].path, name].concat()
    }
}

/// Stands for one withheld entry; never 0. Places are numbered as they are met, so it holds within one run only.
fn fingerprint(place: Place, item: &TreeItem) -> u64 {
    let mut sum = DefaultHasher::new();
    (place, item.mode, &item.name, item.id).hash(&mut sum);
    sum.finish() | 1
}

/// Both together; what withholds nothing changes nothing.
fn mixed(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { one.rotate_left(7).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ other }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::policy::file::File;

    fn policy(text: &str) -> Policy {
        Policy::join(Some(File::read("policy", text).unwrap()), &[]).unwrap()
    }

    fn tree(repo: &Repo, paths: &[&str]) -> ObjectId {
        let mut items: Vec<TreeItem> = Vec::new();
        let mut folders: Vec<(&str, Vec<&str>)> = Vec::new();
        for path in paths {
            match path.split_once('/') {
                Some((folder, rest)) => match folders.iter_mut().find(|(name, _)| *name == folder) {
                    Some((_, below)) => below.push(rest),
                    None => folders.push((folder, vec![rest])),
                },
                None => {
                    let id = repo.write_blob(b"x").unwrap();
                    items.push(TreeItem { mode: 0o100_644, name: path.as_bytes().to_vec(), id });
                }
            }
        }
        for (name, below) in folders {
            let id = tree(repo, &below);
            items.push(TreeItem { mode: 0o040_000, name: name.as_bytes().to_vec(), id });
        }
        repo.write_tree_items(&items).unwrap()
    }

    #[test]
    fn private_and_never_paths_go_and_folders_that_they_filled() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let policy =
            policy("[paths]\nprivate = [\"*.plan\", \"deep/down/\"]\nexcept = [\"private/open.md\"]\n");
        let mut stripper = Stripper::new(&repo, &policy);
        let all = [
            "a.plan",
            "b.md",
            "private/x",
            "private/y/z",
            "src/.env",
            "src/a",
            "deep/down/x",
            "plans/q.plan",
        ];
        let left = tree(&repo, &["b.md", "src/a"]);
        assert_eq!(stripper.strip(tree(&repo, &all)).unwrap(), Some(left));
        let open = tree(&repo, &["private/open.md", "private/x"]);
        assert_eq!(stripper.strip(open).unwrap(), Some(tree(&repo, &["private/open.md"])));
        assert_eq!(stripper.strip(tree(&repo, &["private/x", ".env"])).unwrap(), None);
        assert_eq!(stripper.strip(left).unwrap(), Some(left), "what holds nothing private keeps its id");
    }

    #[test]
    fn what_is_withheld_is_told_apart_by_path_and_content() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let policy = policy("");
        let mut stripper = Stripper::new(&repo, &policy);
        let mut withheld = |paths: &[&str]| {
            let repo = &repo;
            stripper.strip_into(tree(repo, paths), &mut &*repo).unwrap().withheld
        };
        assert_eq!(withheld(&["a", "b/c"]), 0);
        let one = withheld(&["a", "private/x"]);
        assert!(one != 0 && one == withheld(&["b", "c/d", "private/x"]));
        assert!(one != withheld(&["a", "private/y"]) && one != withheld(&["a", "c/private/x"]));
    }

    #[test]
    fn the_same_folder_is_judged_by_where_it_lies() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let policy = policy("[paths]\nprivate = [\"a/down/\"]\n");
        let both = tree(&repo, &["a/down/x", "b/down/x"]);
        let left = Stripper::new(&repo, &policy).strip(both).unwrap();
        assert_eq!(left, Some(tree(&repo, &["b/down/x"])));
    }
}
