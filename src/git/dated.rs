//! Refs with the dates of their commits, for what others have kept in refs of their own.

use anyhow::Result;

use crate::clock::Timestamp;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;

/// A ref of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    /// The full name.
    pub name: String,
    /// The commit.
    pub target: ObjectId,
    /// When it was committed, to the second.
    pub committed: Timestamp,
}

impl Repo {
    /// All refs of commits below a prefix such as `refs/exps/`.
    pub fn dated_refs(&self, prefix: &str) -> Result<Vec<Dated>> {
        let format = "--format=%(objectname) %(committerdate:unix) %(refname)";
        let told = self.git().args(["for-each-ref", format, prefix]).run()?;
        let read = |line: &str| {
            let mut words = line.splitn(3, ' ');
            let target = words.next()?.parse().ok()?;
            let seconds: i64 = words.next()?.parse().ok()?;
            let committed = Timestamp::from_micros(seconds.checked_mul(1_000_000)?);
            Some(Dated { target, committed, name: words.next()?.to_owned() })
        };
        Ok(String::from_utf8_lossy(&told).lines().filter_map(read).collect())
    }
}
