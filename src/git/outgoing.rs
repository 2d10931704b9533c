//! Several new refs under names of their own, so that one pattern pushes exactly them.

use std::collections::HashMap;

use anyhow::Result;

use crate::git::refs::Ref;
use crate::git::repo::Repo;
use crate::git::sending::{Lease, Sending};

/// From so many new refs on they are pushed by one pattern: git compares each explicit refspec with each ref of both
/// sides in six spellings, twice. That took 0.15 s for 10 and 5,000 there, and 7 s for 1,000.
const SEVERAL: usize = 4;

/// From so many on it is looked beforehand that nothing stands at the other side where they are to go: a command line has
/// its limits, and fewer have a lease each.
const MANY: usize = 64;

/// What refs there may be many of.
const KINDS: [&str; 2] = ["experiments/", "artifacts/"];

/// The refs that one push has staged; gone when it ends.
pub(super) struct Staged<'a> {
    repo: &'a Repo,
    root: String,
    /// Of which kinds there are any.
    kinds: Vec<&'static str>,
    number: usize,
}

impl<'a> Staged<'a> {
    /// Stages the new ones where they are several.
    pub fn put(repo: &'a Repo, remote: &str, sending: &[Sending]) -> Result<Self> {
        let root = root(remote);
        let many = || sending.iter().filter_map(|one| Some((kind(one)?, one)));
        let number = many().count();
        if number < SEVERAL {
            return Ok(Self { repo, root, kinds: Vec::new(), number });
        }
        repo.clear_outgoing(remote)?;
        let mut refs = Vec::with_capacity(number);
        refs.extend(
            many().map(|(_, one)| Ref { name: one.name.replacen("refs/", &root, 1), target: one.new }),
        );
        // Taken away again also where only some of them were set.
        let kinds = KINDS.into_iter().filter(|kind| many().any(|(of, _)| of == *kind)).collect();
        let staged = Self { repo, root, kinds, number };
        repo.set_refs(&refs)?;
        Ok(staged)
    }

    /// Whether the pattern means this one.
    pub fn holds(&self, one: &Sending) -> bool {
        !self.kinds.is_empty() && kind(one).is_some()
    }

    /// Whether this one goes with a lease.
    pub fn leases(&self, one: &Sending) -> bool {
        !self.holds(one) || self.number < MANY
    }

    /// The patterns. Without a `+` git overwrites nothing that is no ancestor, and whoever calls has looked that
    /// nothing stands there.
    pub fn refspecs(&self) -> Vec<String> {
        self.kinds.iter().map(|kind| format!("{}{kind}*:refs/{kind}*", self.root)).collect()
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        for kind in &self.kinds {
            // What stays is cleared away when the remote is next talked to.
            let _ = self.repo.clear_refs(&format!("{}{kind}", self.root));
        }
    }
}

impl Repo {
    /// Takes away what a killed push to a remote has left staged.
    ///
    /// # Errors
    /// The refs cannot be read or written.
    pub fn clear_outgoing(&self, remote: &str) -> Result<()> {
        for kind in KINDS {
            self.clear_refs(&format!("{}{kind}", root(remote)))?;
        }
        Ok(())
    }

    /// Of new refs that are many, which names the other side has for something else by now. Those that are few have a
    /// lease each.
    pub(super) fn occupied<'s>(
        &self,
        remote: &str,
        sending: &'s [Sending],
        may_ask: bool,
    ) -> Result<Vec<&'s Sending>> {
        let many: Vec<&Sending> = sending.iter().filter(|one| kind(one).is_some()).collect();
        if many.len() < MANY {
            return Ok(Vec::new());
        }
        let patterns = KINDS.map(|kind| format!("refs/{kind}*"));
        let told =
            self.network_git(may_ask).args(["ls-remote", "--refs", "--", remote]).args(patterns).run()?;
        let told = String::from_utf8_lossy(&told);
        let there: HashMap<&str, &str> =
            told.lines().filter_map(|line| line.split_once('\t')).map(|(id, name)| (name, id)).collect();
        let is_other =
            |one: &&Sending| there.get(one.name.as_str()).is_some_and(|id| **id != one.new.to_string());
        Ok(many.into_iter().filter(is_other).collect())
    }
}

fn root(remote: &str) -> String {
    format!("refs/gx/outgoing/{remote}/")
}

fn kind(one: &Sending) -> Option<&'static str> {
    let rest = one.name.strip_prefix("refs/").filter(|_| one.lease == Lease::Absent)?;
    KINDS.into_iter().find(|kind| rest.starts_with(kind))
}
