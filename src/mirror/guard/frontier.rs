//! The verified frontier: commits that this clone's guard has let pass to a place, and that hide what is behind them.
//!
//! It is the only thing that hides anything. What remote-tracking refs and the other side's old ids say is not asked:
//! they are stale after a purge, and hold what went there past the guard. A line is worth something only for the same
//! place, the same policy and the same rules, so these name the file; and only while the commit is here.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::git::repo::Repo;
use crate::mirror::guard::destination::{Class, Destination};
use crate::mirror::guard::secrets::scanner::Scanner;
use crate::mirror::policy::terms::{Policy, hex};
use crate::model::object::ObjectId;
use crate::process::identity::Identity;

/// Raised whenever a rule finds more than before: what was let pass is then looked at again.
const RULES_VERSION: u32 = 1;

const HEADER: &str = "gx frontier 1";

/// More commits than this are not kept: whatever they would hide is looked at once more.
const MOST: usize = 4096;

/// What has been let pass to one place under one policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    file: PathBuf,
    commits: Vec<ObjectId>,
}

impl Frontier {
    /// What is known in this clone; nothing where the file cannot be understood.
    pub fn read(repo: &Repo, destination: &Destination, policy: &Policy, scanner: &Scanner) -> Self {
        let class = if destination.class == Class::Private { "private" } else { "public" };
        let place = hex(&Sha256::digest(&destination.canonical));
        let key =
            hex(&Sha256::digest(format!("{RULES_VERSION} {class} {} {}", policy.digest(), scanner.digest())));
        let file = repo.gx_dir().join("guard/frontier").join(format!("{}-{}", &place[..32], &key[..32]));
        let text = fs::read_to_string(&file).unwrap_or_default();
        let mut lines = text.lines();
        let commits = match lines.next() {
            Some(HEADER) => lines.filter_map(|line| line.parse().ok()).collect(),
            _ => Vec::new(),
        };
        Self { file, commits }
    }

    /// The commits.
    pub fn commits(&self) -> &[ObjectId] {
        &self.commits
    }

    /// What it becomes when these tips pass, behind which the `covered` commits lie.
    pub fn advanced(&self, tips: &[ObjectId], covered: &HashSet<ObjectId>) -> Self {
        let kept = self.commits.iter().filter(|commit| !covered.contains(commit) && !tips.contains(commit));
        let commits = tips.iter().chain(kept).take(MOST).copied().collect();
        Self { file: self.file.clone(), commits }
    }

    /// Keeps it, for the next upload to the same place.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self) -> Result<()> {
        let told = || format!("cannot write {}", self.file.display());
        let me = Identity::me();
        let new = self.file.with_extension(format!("{}-{}.tmp", me.pid, me.start));
        let lines = self.commits.iter().map(|commit| format!("{commit}\n"));
        let text: String = std::iter::once(format!("{HEADER}\n")).chain(lines).collect();
        fs::create_dir_all(self.file.parent().unwrap_or(&self.file)).with_context(told)?;
        // One that is lost, or torn by a power cut, is made again by looking at everything.
        fs::write(&new, text).and_then(|()| fs::rename(&new, &self.file)).with_context(told)
    }
}
