//! Objects as they are stored, for those who must see every byte: no replacement, no graft, no decoding.

use anyhow::{Context, Result};

pub use crate::git::engine::objects::Kind;
use crate::git::repo::Repo;
use crate::git::tree::Tree;
use crate::model::object::ObjectId;

/// A name in a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeItem {
    /// Git's mode as it is stored: 0o040000 is a folder, 0o160000 a submodule, 0o120000 a symlink.
    pub mode: u32,
    /// The name: any bytes but NUL and `/`.
    pub name: Vec<u8>,
    /// What it names.
    pub id: ObjectId,
}

impl TreeItem {
    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }
}

impl Repo {
    /// What an object is; nothing where it is not there.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub fn kind(&self, id: ObjectId) -> Result<Option<Kind>> {
        self.objects.find(id)
    }

    /// An object's kind and bytes, without its header.
    ///
    /// # Errors
    /// It is missing or damaged.
    pub fn raw(&self, id: ObjectId) -> Result<(Kind, Vec<u8>)> {
        let object = self.objects.read(id).with_context(|| format!("{id} cannot be read"))?;
        Ok((object.kind, object.content))
    }

    /// Reads objects in their order: the number in the list, the kind, the bytes.
    ///
    /// # Errors
    /// One is missing or damaged, or `take` fails.
    pub fn raw_each(
        &self,
        ids: &[ObjectId],
        take: &mut dyn FnMut(usize, Kind, &[u8]) -> Result<()>,
    ) -> Result<()> {
        self.objects.read_each(ids, take)
    }

    /// The names in one tree, not those below it.
    ///
    /// # Errors
    /// It is missing, damaged or no tree.
    pub fn tree_items(&self, tree: ObjectId) -> Result<Vec<TreeItem>> {
        let named = self.tree(tree).with_context(|| format!("the tree {tree} cannot be read"))?;
        let items = named.items().iter();
        Ok(items.map(|item| TreeItem { mode: item.mode, name: item.name.clone(), id: item.id }).collect())
    }

    /// Writes an object as it stands; it is not yet on the disk itself ([`Self::sync_objects`]).
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_raw(&self, kind: Kind, content: &[u8]) -> Result<ObjectId> {
        self.objects.write(kind, content)
    }

    /// Writes a tree of these names, in Git's order whatever theirs is.
    ///
    /// # Errors
    /// A name is no name, or it cannot be written.
    pub fn write_tree_items(&self, items: &[TreeItem]) -> Result<ObjectId> {
        let mut tree = Tree::default();
        for item in items {
            tree.set(item.mode, &item.name, item.id)?;
        }
        self.write_tree(&tree)
    }

    /// The commits that are reached from `tips` and not from `hidden`, parents before children.
    ///
    /// Replacements (`git replace`) and grafts, which lie about what goes over the wire, are not minded. Hidden ids
    /// that are not here hide nothing.
    ///
    /// # Errors
    /// A commit on the way is missing.
    pub fn commits_between(&self, tips: &[ObjectId], hidden: &[ObjectId]) -> Result<Vec<ObjectId>> {
        let told = self.listed(tips, hidden, &[])?;
        told.lines().map(str::parse).collect()
    }

    /// The same, each with its parents, whether these are hidden or not.
    ///
    /// # Errors
    /// As of [`Self::commits_between`].
    pub fn family_between(
        &self,
        tips: &[ObjectId],
        hidden: &[ObjectId],
    ) -> Result<Vec<(ObjectId, Vec<ObjectId>)>> {
        let told = self.listed(tips, hidden, &["--parents"])?;
        let family = told.lines().map(|line| {
            let mut ids = line.split(' ').map(str::parse);
            let first = ids.next().context("a line without a commit")??;
            Ok((first, ids.collect::<Result<_>>()?))
        });
        family.collect()
    }

    fn listed(&self, tips: &[ObjectId], hidden: &[ObjectId], more: &[&str]) -> Result<String> {
        if tips.is_empty() {
            return Ok(String::new());
        }
        let hidden = hidden.iter().filter(|id| self.has_object(**id)).map(|id| format!("^{id}\n"));
        let input: String = tips.iter().map(|id| format!("{id}\n")).chain(hidden).collect();
        let told = self
            .git()
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_GRAFT_FILE", "/dev/null")
            .args(["rev-list", "--topo-order", "--reverse"])
            .args(more)
            .arg("--stdin")
            .input(input.into_bytes())
            .run()?;
        Ok(String::from_utf8(told)?)
    }

    /// The commits at which a shallow clone ends: what their parents hold cannot be seen here.
    pub fn shallow_edges(&self) -> Vec<ObjectId> {
        self.place.shallow().lines().filter_map(|line| line.parse().ok()).collect()
    }
}
