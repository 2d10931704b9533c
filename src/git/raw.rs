//! Objects as they are stored, for those who must see every byte: no replacement, no graft, no decoding.

use anyhow::{Context, Result};

pub use crate::git::engine::objects::Kind;
use crate::git::engine::objects::Torn;
pub use crate::git::notes::is_torn;
use crate::git::repo::Repo;
use crate::git::tree::{Tree, split_item};
use crate::model::object::ObjectId;
use crate::process::command::{Ended, Program};

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
    /// Whether it is a file or a symlink, whose bytes lie in this repository.
    pub fn is_blob(&self) -> bool {
        !matches!(self.mode & 0o170_000, 0o040_000 | 0o160_000)
    }

    /// Whether it is a symlink.
    pub fn is_symlink(&self) -> bool {
        self.mode & 0o170_000 == 0o120_000
    }

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
    pub fn raw_each(&self, ids: &[ObjectId], take: &mut TakeObject<'_>) -> Result<()> {
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

    /// As [`Self::raw_each`], of what is here: a partial clone does not ask its remote.
    ///
    /// # Errors
    /// One is missing or damaged ([`is_torn`]), or `take` fails.
    pub fn raw_here(&self, ids: &[ObjectId], take: &mut TakeObject<'_>) -> Result<()> {
        self.check_here(ids)?;
        self.objects.read_each(ids, take)
    }

    /// Checks that a partial clone has all of these; of others the reading itself tells.
    ///
    /// # Errors
    /// One is not here ([`is_torn`]).
    pub fn check_here(&self, ids: &[ObjectId]) -> Result<()> {
        if !self.place.formats.is_partial {
            return Ok(());
        }
        let absent = match ids {
            [one] => self.objects.find(*one)?.is_none().then_some(*one),
            many => self.objects.absent(many)?.first().copied(),
        };
        match absent {
            Some(id) => Err(Torn(format!("object {id} of this partial clone is not here")).into()),
            None => Ok(()),
        }
    }

    /// How many bytes an object has; nothing where it is not there.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub fn size(&self, id: ObjectId) -> Result<Option<u64>> {
        self.objects.size(id)
    }

    /// Goes through the bytes of a tree of this repository, as [`each_name`].
    ///
    /// # Errors
    /// As there.
    pub fn each_name(&self, bytes: &[u8], take: &mut TakeName<'_>) -> Result<()> {
        each_name(bytes, self.place.formats.hash.len(), take)
    }

    /// The commits that are reached from `tips` and not from `hidden`, parents before children.
    ///
    /// Replacements (`git replace`), grafts and the commit graph, which lie about what goes over the wire, are not
    /// minded, and no remote is asked. Hidden ids that are not here hide nothing.
    ///
    /// # Errors
    /// A commit on the way is missing ([`is_torn`]).
    pub fn commits_between(&self, tips: &[ObjectId], hidden: &[ObjectId]) -> Result<Vec<ObjectId>> {
        Ok(self.descent_between(tips, hidden)?.into_iter().map(|(commit, _)| commit).collect())
    }

    /// As [`Self::commits_between`], each with its parents, hidden ones too.
    ///
    /// # Errors
    /// As there.
    pub fn descent_between(
        &self,
        tips: &[ObjectId],
        hidden: &[ObjectId],
    ) -> Result<Vec<(ObjectId, Vec<ObjectId>)>> {
        if tips.is_empty() {
            return Ok(Vec::new());
        }
        let hidden = hidden.iter().filter(|id| self.has_object(**id)).map(|id| format!("^{id}\n"));
        let input: String = tips.iter().map(|id| format!("{id}\n")).chain(hidden).collect();
        let listed = self.list_raw().args(["--parents", "--topo-order", "--reverse", "--stdin"]);
        read_descent(listed.input(input.into_bytes()))
    }

    /// The commits that are reached from `tips` and from no ref of these folders, such as `refs/heads/`.
    ///
    /// # Errors
    /// As of [`Self::commits_between`].
    pub fn commits_outside(&self, tips: &[ObjectId], folders: &[&str]) -> Result<Vec<ObjectId>> {
        if tips.is_empty() {
            return Ok(Vec::new());
        }
        let input: String = tips.iter().map(|id| format!("{id}\n")).collect();
        let globs = folders.iter().map(|folder| format!("--glob={folder}*"));
        let listed = self.list_raw().args(["--parents", "--stdin", "--not"]).args(globs);
        Ok(read_descent(listed.input(input.into_bytes()))?.into_iter().map(|(commit, _)| commit).collect())
    }

    /// `git rev-list` over what is really stored here.
    fn list_raw(&self) -> Program {
        self.git()
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_GRAFT_FILE", "/dev/null")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env_remove("GIT_SHALLOW_FILE")
            .args(["-c", "core.commitGraph=false", "rev-list"])
    }

    /// The settings in a blob of Git's configuration format whose names match a regular expression, as Git reads them.
    ///
    /// # Errors
    /// It cannot be read as such.
    pub fn settings_in(&self, blob: ObjectId, names: &str) -> Result<Vec<(String, String)>> {
        self.check_here(&[blob])?;
        let blob = blob.to_string();
        let asked = ["config", "--blob", blob.as_str(), "--null", "--get-regexp", names];
        let told = self.git().env("GIT_NO_REPLACE_OBJECTS", "1").args(asked).output()?;
        // That nothing matches is 1, too; what cannot be read is more.
        if !matches!(told.status, Ended::Exit(0 | 1)) || !told.stderr.is_empty() {
            return Err(Torn(String::from_utf8_lossy(&told.stderr).trim().to_owned()).into());
        }
        let told = String::from_utf8_lossy(&told.stdout).into_owned();
        let entries = told.split('\0').filter(|entry| !entry.is_empty());
        Ok(entries.map(|entry| entry.split_once('\n').unwrap_or((entry, ""))).map(owned).collect())
    }

    /// The commits at which a shallow clone ends: what their parents hold cannot be seen here.
    pub fn shallow_edges(&self) -> Vec<ObjectId> {
        self.place.shallow().lines().filter_map(|line| line.parse().ok()).collect()
    }
}

/// What is done with each object of many: its number in the list, what it is, its bytes.
pub type TakeObject<'a> = dyn FnMut(usize, Kind, &[u8]) -> Result<()> + 'a;

/// What is done with each name of a tree: its mode, itself, what it names.
pub type TakeName<'a> = dyn FnMut(u32, &[u8], ObjectId) -> Result<()> + 'a;

/// Goes through the bytes of a tree without copying its names; ids have so many bytes.
///
/// # Errors
/// It is no tree ([`is_torn`]), or `take` fails.
pub fn each_name(mut bytes: &[u8], length: usize, take: &mut TakeName<'_>) -> Result<()> {
    while !bytes.is_empty() {
        let (mode, name, id, rest) = split_item(bytes, length).ok_or_else(|| torn("a tree is damaged"))?;
        take(mode, name, id)?;
        bytes = rest;
    }
    Ok(())
}

/// An error of which [`is_torn`] says so: something cannot be read as it should be.
pub fn torn(words: impl Into<String>) -> anyhow::Error {
    Torn(words.into()).into()
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Reads `commit parent parent…` lines.
fn read_descent(listing: Program) -> Result<Vec<(ObjectId, Vec<ObjectId>)>> {
    let told = listing.output()?;
    if !told.status.success() {
        return Err(Torn(String::from_utf8_lossy(&told.stderr).trim().to_owned()).into());
    }
    let text = String::from_utf8(told.stdout)?;
    let lines = text.lines().map(|line| {
        let mut ids = line.split(' ').map(str::parse);
        let commit = ids.next().context("an empty line of git rev-list")??;
        Ok((commit, ids.collect::<Result<_>>()?))
    });
    lines.collect()
}
