//! Git's trees as bytes: names with modes and ids, in Git's own order.

use std::cmp::Ordering;
use std::io::Write;

use anyhow::{Result, anyhow};

use crate::git::engine::formats::Hash;
use crate::git::engine::objects::Torn;
use crate::model::object::ObjectId;

/// Mode of a folder in a tree.
pub(super) const FOLDER: u32 = 0o040_000;

/// Mode of an ordinary file in a tree.
pub(super) const FILE: u32 = 0o100_644;

/// One name in a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub mode: u32,
    pub name: Vec<u8>,
    pub id: ObjectId,
}

impl Item {
    pub(super) fn is_folder(&self) -> bool {
        self.mode == FOLDER
    }

    /// The mode as Git writes it today: old trees have others, such as 0o100664.
    pub(super) fn plain_mode(&self) -> u32 {
        match self.mode & 0o170_000 {
            0o100_000 if self.mode & 0o111 == 0 => FILE,
            0o100_000 => 0o100_755,
            kind => kind,
        }
    }
}

/// One folder's names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    items: Vec<Item>,
}

impl Tree {
    /// Of names that are in Git's order already.
    pub(super) fn ordered(items: Vec<Item>) -> Self {
        Self { items }
    }

    /// Reads what an engine gave.
    ///
    /// # Errors
    /// Bytes that are no tree.
    pub(super) fn parse(mut bytes: &[u8], hash: Hash) -> Result<Self> {
        let mut items = Vec::new();
        while !bytes.is_empty() {
            let (item, rest) =
                parse_item(bytes, hash.len()).ok_or_else(|| Torn("a tree is damaged".to_owned()))?;
            items.push(item);
            bytes = rest;
        }
        Ok(Self { items })
    }

    /// As Git stores it.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for item in &self.items {
            // Writing into memory does not fail.
            let _ = write!(bytes, "{:o} ", item.mode);
            bytes.extend_from_slice(&item.name);
            bytes.push(0);
            bytes.extend_from_slice(item.id.as_bytes());
        }
        bytes
    }

    pub(super) fn items(&self) -> &[Item] {
        &self.items
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// What a name stands for.
    pub(super) fn get(&self, name: &[u8]) -> Option<&Item> {
        self.place(name, false).or_else(|_| self.place(name, true)).ok().map(|at| &self.items[at])
    }

    /// The folder of this name.
    pub(super) fn folder(&self, name: &[u8]) -> Option<ObjectId> {
        self.get(name).filter(|item| item.is_folder()).map(|item| item.id)
    }

    /// Puts a name in, in the place of what is called so.
    ///
    /// # Errors
    /// A name that Git takes for none.
    pub(super) fn set(&mut self, mode: u32, name: &[u8], id: ObjectId) -> Result<()> {
        if !is_name(name) {
            return Err(anyhow!("`{}` cannot be a name in a tree", String::from_utf8_lossy(name)));
        }
        self.remove(name);
        let at = self.place(name, mode == FOLDER).unwrap_or_else(|at| at);
        self.items.insert(at, Item { mode, name: name.to_vec(), id });
        Ok(())
    }

    /// Takes a name out.
    pub(super) fn remove(&mut self, name: &[u8]) {
        if let Ok(at) = self.place(name, false).or_else(|_| self.place(name, true)) {
            self.items.remove(at);
        }
    }

    fn place(&self, name: &[u8], is_folder: bool) -> Result<usize, usize> {
        self.items.binary_search_by(|item| order(&item.name, item.is_folder(), name, is_folder))
    }
}

/// Git's order: as if the name of a folder ended with a slash.
pub(super) fn order(one: &[u8], one_is_folder: bool, other: &[u8], other_is_folder: bool) -> Ordering {
    let slash = |is_folder: bool| is_folder.then_some(b'/');
    let shared = one.len().min(other.len());
    one[..shared].cmp(&other[..shared]).then_with(|| {
        let next = |name: &[u8], is_folder| name.get(shared).copied().or(slash(is_folder));
        next(one, one_is_folder).cmp(&next(other, other_is_folder)).then(one.len().cmp(&other.len()))
    })
}

fn parse_item(bytes: &[u8], id_length: usize) -> Option<(Item, &[u8])> {
    let (mode, name, id, rest) = split_item(bytes, id_length)?;
    Some((Item { mode, name: name.to_vec(), id }, rest))
}

/// The first name of a tree's bytes, with its mode and id, and what follows it.
pub(super) fn split_item(bytes: &[u8], id_length: usize) -> Option<(u32, &[u8], ObjectId, &[u8])> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let mode = u32::from_str_radix(std::str::from_utf8(&bytes[..space]).ok()?, 8).ok()?;
    let rest = &bytes[space + 1..];
    let end = rest.iter().position(|byte| *byte == 0)?;
    let (name, rest) = (&rest[..end], &rest[end + 1..]);
    let id = ObjectId::from_bytes(rest.get(..id_length)?).ok()?;
    Some((mode, name, id, &rest[id_length..]))
}

/// What Git takes for the name of a file or folder (git-fsck(1): `hasDot`, `hasDotdot`, `hasDotgit`, `fullPathname`).
fn is_name(name: &[u8]) -> bool {
    let is_git = name.eq_ignore_ascii_case(b".git") || name.eq_ignore_ascii_case(b"git~1");
    !name.is_empty()
        && !is_git
        && !matches!(name, b"." | b"..")
        && !name.iter().any(|byte| matches!(byte, 0 | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: u8) -> ObjectId {
        ObjectId::from_bytes(&[digit; 20]).unwrap()
    }

    #[test]
    fn names_stand_in_gits_order_and_are_found() {
        let mut tree = Tree::default();
        for (mode, name) in [(FILE, "a.b"), (FOLDER, "a"), (FILE, "a0"), (FILE, "a-"), (FILE, "b")] {
            tree.set(mode, name.as_bytes(), id(1)).unwrap();
        }
        let names = |tree: &Tree| {
            tree.items()
                .iter()
                .map(|item| String::from_utf8_lossy(&item.name).into_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&tree), ["a-", "a.b", "a", "a0", "b"]);
        assert_eq!(Tree::parse(&tree.bytes(), Hash::Sha1).unwrap(), tree);
        tree.set(FILE, b"a", id(2)).unwrap();
        assert_eq!(names(&tree), ["a", "a-", "a.b", "a0", "b"]);
        assert_eq!((tree.get(b"a").unwrap().id, tree.folder(b"a"), tree.get(b"c")), (id(2), None, None));
        tree.remove(b"a");
        assert!(tree.get(b"a").is_none() && tree.items().len() == 4);
    }

    #[test]
    fn what_is_no_tree_and_what_is_no_name_is_refused() {
        for bytes in [&b"100644"[..], b"100644 x", b"100644 x\0short", b"9 x\0aaaaaaaaaaaaaaaaaaaa"] {
            assert!(Tree::parse(bytes, Hash::Sha1).is_err(), "{bytes:?}");
        }
        for name in ["", ".", "..", ".git", ".GIT", "a/b"] {
            assert!(Tree::default().set(FILE, name.as_bytes(), id(1)).is_err(), "{name}");
        }
    }
}
