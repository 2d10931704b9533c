//! The paths that were met, each kept once: a history of a hundred thousand commits has few of them, but the notes of a
//! hundred thousand experiments are as many, so none takes more than its name and some twenty bytes.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::mirror::policy::terms::Policy;
use crate::model::path::RepoPath;

/// One of the paths of a [`Paths`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathNumber(u32);

/// The top of a tree.
pub const TOP: PathNumber = PathNumber(0);

/// What the policy says of a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// It is private.
    pub is_private: bool,
    /// It may lie in no repository.
    pub is_never: bool,
}

/// Paths as a tree of names.
pub struct Paths {
    nodes: Vec<Node>,
    /// The names of all, one behind the other.
    names: Vec<u8>,
    /// Each path by the hash of its folder and its name, or by the next number that is free.
    known: HashMap<u64, PathNumber>,
    hash: RandomState,
}

struct Node {
    above: PathNumber,
    standing: Option<Standing>,
    /// Where its name begins; it ends where the next one does so.
    start: usize,
}

impl Default for Paths {
    fn default() -> Self {
        let top = Node { above: TOP, standing: None, start: 0 };
        Self { nodes: vec![top], names: Vec::new(), known: HashMap::new(), hash: RandomState::new() }
    }
}

impl Paths {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.nodes.len()
    }

    /// The path of a name in a folder.
    pub fn below(&mut self, folder: PathNumber, name: &[u8]) -> PathNumber {
        let mut key = self.hash.hash_one((folder, name));
        while let Some(known) = self.known.get(&key) {
            if self.nodes[known.0 as usize].above == folder && self.name(*known) == name {
                return *known;
            }
            key = key.wrapping_add(1);
        }
        let number = PathNumber(self.nodes.len() as u32);
        self.nodes.push(Node { above: folder, standing: None, start: self.names.len() });
        self.names.extend_from_slice(name);
        self.known.insert(key, number);
        number
    }

    fn name(&self, number: PathNumber) -> &[u8] {
        let at = number.0 as usize;
        let end = self.nodes.get(at + 1).map_or(self.names.len(), |next| next.start);
        &self.names[self.nodes[at].start..end]
    }

    /// The path from the top.
    pub fn path(&self, number: PathNumber) -> RepoPath {
        let (mut names, mut at) = (Vec::new(), number);
        while at != TOP {
            names.push(self.name(at));
            at = self.nodes[at.0 as usize].above;
        }
        names.reverse();
        RepoPath::new(names.join(&b'/'))
    }

    /// What the policy says of it, asked once.
    pub fn standing(&mut self, number: PathNumber, policy: &Policy) -> Standing {
        if let Some(known) = self.nodes[number.0 as usize].standing {
            return known;
        }
        let path = self.path(number);
        let standing = Standing {
            is_private: policy.is_private(path.as_bytes()),
            is_never: policy.is_never(path.as_bytes()),
        };
        self.nodes[number.0 as usize].standing = Some(standing);
        standing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_kept_once_and_told_whole() {
        let mut paths = Paths::default();
        let folder = paths.below(TOP, b"private");
        let file = paths.below(folder, b"a\xff");
        assert_eq!(paths.below(folder, b"a\xff"), file);
        assert_eq!(paths.path(file).as_bytes(), b"private/a\xff");
        let policy = Policy::join(None, &[]).unwrap();
        let private = Standing { is_private: true, is_never: false };
        let open = paths.below(TOP, b"open");
        assert_eq!([file, folder].map(|number| paths.standing(number, &policy)), [private; 2]);
        assert_eq!(paths.standing(open, &policy), Standing::default());
    }
}
