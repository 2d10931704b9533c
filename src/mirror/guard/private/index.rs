//! The index of what was ever private, kept between checks: a cache that is made anew where it is missing or torn.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::git::repo::Repo;
use crate::mirror::guard::tidy;
use crate::mirror::policy::terms::{Policy, hex};
use crate::model::object::ObjectId;
use crate::process::identity::Identity;

/// Raised whenever lines are numbered otherwise or the file has another form.
const HEADER: &str = "gx private 3";

/// The indexes of so many policies are kept: branches may differ in what they forbid.
const MOST: usize = 4;

/// What was ever private, by what the policy calls private now.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Index {
    pub(super) file: PathBuf,
    /// What was looked at: these and all behind them.
    pub(super) tips: Vec<ObjectId>,
    /// The commits that brought something private, in the order in which they were met.
    pub(super) commits: Vec<ObjectId>,
    /// Each blob that lay at a private path, with the number of the first commit that had it there.
    pub(super) blobs: BTreeMap<ObjectId, u32>,
    /// The lines of these, with the number of the first commit.
    pub(super) lines: BTreeMap<u64, u32>,
    /// What LFS pointers at private paths named.
    pub(super) pointers: BTreeSet<String>,
}

impl Index {
    /// What is known under a policy; nothing yet where there is no whole file.
    pub fn read(repo: &Repo, policy: &Policy) -> Self {
        let paths = &policy.file.paths;
        let key = hex(&Sha256::digest(format!(
            "{:?}{:?}{:?}{}",
            paths.private, paths.never, paths.except, policy.max_blob
        )));
        let file = repo.gx_dir().join("guard").join(format!("private-{}", &key[..32]));
        let known = fs::read_to_string(&file).ok().and_then(|text| Self::parse(&text));
        Self { file, ..known.unwrap_or_default() }
    }

    /// Whether nothing was ever private, so that nothing can be a copy of it.
    pub fn is_empty(&self) -> bool {
        self.blobs.is_empty()
    }

    /// Stands for all that was ever private: it is another one as soon as another file is.
    pub fn stamp(&self) -> String {
        let mut hash = Sha256::new();
        self.blobs.keys().for_each(|id| hash.update(id.as_bytes()));
        hex(&hash.finalize())
    }

    /// The first commit that brought what has this number.
    pub(super) fn commit(&self, number: u32) -> Option<ObjectId> {
        self.commits.get(number as usize).copied()
    }

    fn parse(text: &str) -> Option<Self> {
        let mut index = Self::default();
        let mut lines = text.lines();
        if lines.next()? != HEADER {
            return None;
        }
        for line in lines {
            let mut words = line.split(' ');
            match (words.next()?, words.next()?, words.next()) {
                ("t", id, None) => index.tips.push(id.parse().ok()?),
                ("c", id, None) => index.commits.push(id.parse().ok()?),
                ("b", id, Some(number)) => drop(index.blobs.insert(id.parse().ok()?, number.parse().ok()?)),
                ("l", line, Some(number)) => {
                    index.lines.insert(u64::from_str_radix(line, 16).ok()?, number.parse().ok()?);
                }
                ("p", oid, None) => drop(index.pointers.insert(oid.to_owned())),
                // What has no such line at its end was cut.
                ("end", count, None) => return (count == index.size().to_string()).then_some(index),
                _ => return None,
            }
        }
        None
    }

    fn size(&self) -> usize {
        self.tips.len() + self.commits.len() + self.blobs.len() + self.lines.len() + self.pointers.len()
    }

    /// Keeps it for the next check.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(&self) -> Result<()> {
        let told = || format!("cannot write {}", self.file.display());
        let mut text = format!("{HEADER}\n");
        text.extend(self.tips.iter().map(|id| format!("t {id}\n")));
        text.extend(self.commits.iter().map(|id| format!("c {id}\n")));
        text.extend(self.blobs.iter().map(|(id, number)| format!("b {id} {number}\n")));
        text.extend(self.lines.iter().map(|(line, number)| format!("l {line:x} {number}\n")));
        text.extend(self.pointers.iter().map(|oid| format!("p {oid}\n")));
        text.push_str(&format!("end {}\n", self.size()));
        let me = Identity::me();
        let new = self.file.with_extension(format!("{}-{}.tmp", me.pid, me.start));
        let folder = self.file.parent().unwrap_or(&self.file);
        fs::create_dir_all(folder).with_context(told)?;
        fs::write(&new, text).and_then(|()| fs::rename(&new, &self.file)).with_context(told)?;
        tidy::keep_newest(folder, "private-", MOST);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_read_as_it_was_written_and_one_that_was_cut_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let id = |digit: &str| -> ObjectId { digit.repeat(40).parse().unwrap() };
        let index = Index {
            file: folder.path().join("guard/x"),
            tips: vec![id("1")],
            commits: vec![id("2"), id("3")],
            blobs: [(id("4"), 0)].into(),
            lines: [(7, 0), (u64::MAX, 1)].into(),
            pointers: ["ab".to_owned()].into(),
        };
        index.write().unwrap();
        let text = fs::read_to_string(&index.file).unwrap();
        assert_eq!(Index { file: index.file.clone(), ..Index::parse(&text).unwrap() }, index);
        let cut = text.lines().count() - 1;
        for kept in 0..cut {
            let cut: String = text.lines().take(kept).map(|line| format!("{line}\n")).collect();
            assert_eq!(Index::parse(&cut), None, "{kept}");
        }
        assert_eq!(Index::parse(&text.replace("p ab\n", "")), None);
    }
}
