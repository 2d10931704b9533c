//! The paths that were met, each kept once: a history of a hundred thousand commits has few of them.

use std::collections::HashMap;

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
}

struct Node {
    above: PathNumber,
    name: Box<[u8]>,
    below: HashMap<Box<[u8]>, PathNumber>,
    standing: Option<Standing>,
}

impl Default for Paths {
    fn default() -> Self {
        Self { nodes: vec![Node::new(TOP, &[])] }
    }
}

impl Node {
    fn new(above: PathNumber, name: &[u8]) -> Self {
        Self { above, name: name.into(), below: HashMap::new(), standing: None }
    }
}

impl Paths {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.nodes.len()
    }

    /// The path of a name in a folder.
    pub fn below(&mut self, folder: PathNumber, name: &[u8]) -> PathNumber {
        if let Some(known) = self.nodes[folder.0 as usize].below.get(name) {
            return *known;
        }
        let number = PathNumber(self.nodes.len() as u32);
        self.nodes.push(Node::new(folder, name));
        self.nodes[folder.0 as usize].below.insert(name.into(), number);
        number
    }

    /// The path from the top.
    pub fn path(&self, number: PathNumber) -> RepoPath {
        let (mut names, mut at) = (Vec::new(), number);
        while at != TOP {
            let node = &self.nodes[at.0 as usize];
            names.push(&*node.name);
            at = node.above;
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
