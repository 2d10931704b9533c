//! Experiments whose refs were taken away: one ref keeps many of them alive.
//!
//! A ref `refs/gx/archive/<name>` points to a commit whose history has the snapshots as parents. The files of its
//! tree say which is which: lines of `<id> <snapshot>`, so many to a file that a change writes little.

use anyhow::{Context, Result, anyhow};

use crate::model::id::ExperimentId;
use crate::store::experiments::{Store, Stored};

/// Where the refs of archives lie.
pub const ARCHIVES: &str = "refs/gx/archive/";

impl Store<'_> {
    /// The experiments of all archives, in no order.
    ///
    /// # Errors
    /// An archive that cannot be read.
    pub fn archived(&self) -> Result<Vec<Stored>> {
        let mut all = Vec::new();
        for archive in self.repo.refs(ARCHIVES)? {
            let mut read = || {
                for (_, file) in self.repo.files(self.repo.tree_of(archive.target)?)? {
                    parse(&self.repo.blob(file.id)?, &mut all)?;
                }
                Ok::<_, anyhow::Error>(())
            };
            read().with_context(|| format!("cannot read `{}`", archive.name))?;
        }
        Ok(all)
    }
}

/// Reads one file of an archive.
fn parse(text: &[u8], found: &mut Vec<Stored>) -> Result<()> {
    for line in std::str::from_utf8(text)?.lines() {
        let entry = || {
            let (id, snapshot) = line.split_once(' ')?;
            Some(Stored { id: id.parse::<ExperimentId>().ok()?, snapshot: snapshot.parse().ok()? })
        };
        found.push(entry().ok_or_else(|| anyhow!("cannot understand its line `{line}`"))?);
    }
    Ok(())
}
