//! Very many new objects, in packs: a file for each would take a hundred times as long.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result};
use flate2::{Compress, Compression, FlushCompress};

use crate::git::engine::objects::Kind;
use crate::git::hash::hash;
use crate::git::raw::TreeItem;
use crate::git::repo::Repo;
use crate::git::tree::{Item, Tree};
use crate::model::object::ObjectId;

/// A pack is handed to git when it has grown to so many bytes, which bounds what is held in memory.
const FULL: usize = 32 << 20;

/// So many differences at most stand upon each other.
const DEEP: u32 = 40;

/// Smaller objects are stored as they are: what zlib would save is less than what it costs to start it.
const PLAIN: usize = 256;

/// Objects on their way into the repository. They are there when [`Self::finish`] returns, on the disk itself.
pub struct Packing<'a> {
    repo: &'a Repo,
    body: Vec<u8>,
    count: u32,
    packs: u32,
    known: HashSet<ObjectId>,
    last: HashMap<u32, Last>,
    zlib: Compress,
}

/// The last version of something that is written again and again with few differences.
struct Last {
    content: Vec<u8>,
    at: usize,
    pack: u32,
    depth: u32,
}

impl<'a> Packing<'a> {
    /// An empty one.
    pub fn new(repo: &'a Repo) -> Self {
        Self {
            repo,
            body: Vec::new(),
            count: 0,
            packs: 0,
            known: HashSet::new(),
            last: HashMap::new(),
            zlib: Compress::new(Compression::fast(), true),
        }
    }

    /// Adds an object.
    ///
    /// # Errors
    /// A pack cannot be written.
    pub fn put(&mut self, kind: Kind, content: &[u8]) -> Result<ObjectId> {
        let id = self.id(kind, content)?;
        if self.known.insert(id) {
            self.whole(kind, content)?;
            self.hand_over_if_full()?;
        }
        Ok(id)
    }

    /// Adds a tree of these names, which are in Git's order; of one `place` versions follow each other that differ
    /// little, and only the differences are stored.
    ///
    /// # Errors
    /// A pack cannot be written.
    pub fn put_tree(&mut self, place: u32, items: &[TreeItem]) -> Result<ObjectId> {
        let items = items.iter().map(|item| Item { mode: item.mode, name: item.name.clone(), id: item.id });
        let content = Tree::ordered(items.collect()).bytes();
        let id = self.id(Kind::Tree, &content)?;
        if !self.known.insert(id) {
            return Ok(id);
        }
        let at = self.body.len();
        let last = self.last.get(&place).filter(|last| last.pack == self.packs && last.depth < DEEP);
        let difference = last.map(|last| (difference(&last.content, &content), at - last.at, last.depth + 1));
        let depth = match difference {
            Some((difference, back, depth)) if difference.len() * 2 < content.len() => {
                self.head(6, difference.len());
                offset(&mut self.body, back);
                self.deflate(&difference)?;
                self.count += 1;
                depth
            }
            _ => {
                self.whole(Kind::Tree, &content)?;
                0
            }
        };
        self.last.insert(place, Last { content, at, pack: self.packs, depth });
        self.hand_over_if_full()?;
        Ok(id)
    }

    /// Hands over what is left.
    ///
    /// # Errors
    /// The pack cannot be written.
    pub fn finish(mut self) -> Result<()> {
        self.hand_over()
    }

    fn id(&self, kind: Kind, content: &[u8]) -> Result<ObjectId> {
        let head = format!("{} {}\0", kind.word(), content.len());
        hash(self.repo.place.formats.hash, &[head.as_bytes(), content])
    }

    fn whole(&mut self, kind: Kind, content: &[u8]) -> Result<()> {
        let number = match kind {
            Kind::Commit => 1,
            Kind::Tree => 2,
            Kind::Blob => 3,
            Kind::Tag => 4,
        };
        self.head(number, content.len());
        self.count += 1;
        self.deflate(content)
    }

    /// Type and length, as gitformat-pack(5) has them.
    fn head(&mut self, kind: u8, length: usize) {
        let (mut byte, mut rest) = (kind << 4 | (length & 15) as u8, length >> 4);
        while rest > 0 {
            self.body.push(byte | 0x80);
            (byte, rest) = ((rest & 0x7f) as u8, rest >> 7);
        }
        self.body.push(byte);
    }

    fn deflate(&mut self, content: &[u8]) -> Result<()> {
        if content.len() < PLAIN {
            let length = content.len() as u16;
            self.body.extend_from_slice(&[0x78, 0x01, 1]);
            self.body.extend_from_slice(&length.to_le_bytes());
            self.body.extend_from_slice(&(!length).to_le_bytes());
            self.body.extend_from_slice(content);
            self.body.extend_from_slice(&adler(content).to_be_bytes());
            return Ok(());
        }
        self.zlib.reset();
        // The most that deflate can grow what it cannot compress, and then some.
        self.body.reserve(content.len() + content.len() / 100 + 64);
        self.zlib.compress_vec(content, &mut self.body, FlushCompress::Finish).context("cannot compress")?;
        Ok(())
    }

    fn hand_over_if_full(&mut self) -> Result<()> {
        if self.body.len() < FULL { Ok(()) } else { self.hand_over() }
    }

    fn hand_over(&mut self) -> Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        let mut pack = Vec::with_capacity(self.body.len() + 44);
        pack.extend_from_slice(b"PACK\0\0\0\x02");
        pack.extend_from_slice(&self.count.to_be_bytes());
        pack.append(&mut self.body);
        let sum = hash(self.repo.place.formats.hash, &[&pack])?;
        pack.extend_from_slice(sum.as_bytes());
        let program = self.repo.durable_git().args(["index-pack", "--stdin"]);
        program.input(pack).run().context("cannot store new objects")?;
        (self.count, self.packs) = (0, self.packs + 1);
        Ok(())
    }
}

/// How far back the other object begins (gitformat-pack(5), "offset encoding").
fn offset(body: &mut Vec<u8>, back: usize) {
    let (mut bytes, mut rest) = (vec![(back & 0x7f) as u8], back >> 7);
    while rest > 0 {
        rest -= 1;
        bytes.push(0x80 | (rest & 0x7f) as u8);
        rest >>= 7;
    }
    body.extend(bytes.iter().rev());
}

/// What makes `new` of `old`: the same beginning, something new, the same end.
fn difference(old: &[u8], new: &[u8]) -> Vec<u8> {
    let shared = old.len().min(new.len());
    let start = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    let ends = old.iter().rev().zip(new.iter().rev()).take(shared - start);
    let end = ends.take_while(|(one, other)| one == other).count();
    let mut bytes = Vec::new();
    length(&mut bytes, old.len());
    length(&mut bytes, new.len());
    copy(&mut bytes, 0, start);
    for piece in new[start..new.len() - end].chunks(127) {
        bytes.push(piece.len() as u8);
        bytes.extend_from_slice(piece);
    }
    copy(&mut bytes, old.len() - end, end);
    bytes
}

fn length(bytes: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        bytes.push(0x80 | (length & 0x7f) as u8);
        length >>= 7;
    }
    bytes.push(length as u8);
}

fn copy(bytes: &mut Vec<u8>, mut from: usize, mut count: usize) {
    while count > 0 {
        let some = count.min(0xffff);
        let (at, mut command) = (bytes.len(), 0x80);
        bytes.push(0);
        for (bit, byte) in (from as u32).to_le_bytes().into_iter().enumerate().filter(|(_, byte)| *byte != 0)
        {
            command |= 1 << bit;
            bytes.push(byte);
        }
        for (bit, byte) in (some as u16).to_le_bytes().into_iter().enumerate().filter(|(_, byte)| *byte != 0)
        {
            command |= 0x10 << bit;
            bytes.push(byte);
        }
        bytes[at] = command;
        (from, count) = (from + some, count - some);
    }
}

/// The sum at the end of a zlib stream (RFC 1950).
fn adler(content: &[u8]) -> u32 {
    let (mut one, mut two) = (1_u32, 0_u32);
    for byte in content {
        one = (one + u32::from(*byte)) % 65_521;
        two = (two + one) % 65_521;
    }
    two << 16 | one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_kinds_and_long_rows_of_versions_are_read_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let mut packing = Packing::new(&repo);
        let blob = packing.put(Kind::Blob, b"words").unwrap();
        let large = packing.put(Kind::Blob, &b"0123456789".repeat(20_000)).unwrap();
        let empty = packing.put(Kind::Tree, b"").unwrap();
        let item = |number: u32, id| TreeItem {
            mode: 0o100_644,
            name: format!("file-{number:05}").into_bytes(),
            id,
        };
        let mut items: Vec<TreeItem> = (0..3_000).map(|number| item(number, blob)).collect();
        let mut trees = Vec::new();
        for turn in 0..150 {
            items[(turn * 37) % 3_000].id = if turn % 2 == 0 { large } else { blob };
            if turn % 50 == 0 {
                items.push(item(10_000 + turn as u32, large));
            }
            trees.push((packing.put_tree(7, &items).unwrap(), items.clone()));
        }
        assert_eq!(packing.put(Kind::Blob, b"words").unwrap(), blob, "twice is once");
        packing.finish().unwrap();
        assert_eq!(repo.blob(blob).unwrap(), b"words");
        assert_eq!(repo.blob(large).unwrap().len(), 200_000);
        assert_eq!(repo.tree_items(empty).unwrap(), []);
        for (id, items) in trees {
            assert_eq!(repo.tree_items(id).unwrap(), items);
            assert_eq!(repo.write_tree_items(&items).unwrap(), id);
        }
        repo.git().args(["fsck", "--strict"]).run().unwrap();
    }
}
