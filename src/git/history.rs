//! Questions about how commits descend from each other.

use anyhow::Result;

use crate::git::repo::Repo;
use crate::model::object::ObjectId;

impl Repo {
    /// Whether `old` is `new` or one of its ancestors; false where either is missing.
    pub fn is_ancestor(&self, old: ObjectId, new: ObjectId) -> Result<bool> {
        if old == new {
            return Ok(true);
        }
        if !self.has_object(old) || !self.has_object(new) {
            return Ok(false);
        }
        self.objects.descends(new, old)
    }

    /// How many commits `one` has that `other` has not, and how many the other way round.
    pub fn apart(&self, one: ObjectId, other: ObjectId) -> Result<(usize, usize)> {
        self.objects.apart(one, other)
    }

    /// The commits after `base` up to `head`, newest first, or nothing where one of them is a merge
    /// or `base` does not lie on the way.
    pub fn straight_line(&self, base: ObjectId, head: ObjectId) -> Result<Option<Vec<ObjectId>>> {
        let mut line = Vec::new();
        let mut at = head;
        while at != base {
            line.push(at);
            let parents = self.parents(at)?;
            let [parent] = parents[..] else { return Ok(None) };
            at = parent;
        }
        Ok(Some(line))
    }

    /// Which branches, tags and remote branches other than `own` hold `commit`.
    pub fn other_holders(&self, commit: ObjectId, own: &str) -> Result<Vec<String>> {
        let folders = ["refs/heads/", "refs/tags/", "refs/remotes/"];
        if let Some(mut holders) = self.objects.holders(commit, &folders)? {
            holders.retain(|holder| holder != own);
            return Ok(holders);
        }
        let mut holders = Vec::new();
        for prefix in folders {
            for reference in self.refs(prefix)? {
                // A tag of a blob or tree holds no commit.
                let Some(peeled) = self.commit_of(reference.target)? else { continue };
                if reference.name != own && self.is_ancestor(commit, peeled)? {
                    holders.push(reference.name);
                }
            }
        }
        Ok(holders)
    }

    /// Every commit that a reflog of this repository mentions, newest first.
    pub fn reflog(&self, name: &str) -> Vec<ObjectId> {
        self.refs.reflog(name)
    }
}
