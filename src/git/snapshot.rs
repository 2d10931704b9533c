//! The work tree as a tree object, with HEAD, the user's index and the files themselves untouched.
//!
//! The `git` program says what has changed, over a private copy of the index: it alone reads split and
//! sparse indexes, and the copy lets its stat cache serve. The copy keeps the original's modification
//! time, without which Git misses same-size edits of the last second. A few ordinary files are then
//! added to HEAD's tree in process; anything else goes through the program and that index.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

use crate::error::fault;
use crate::git::repo::Repo;
use crate::git::sweep;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::process::fail;
use crate::process::identity::Identity;

/// The work tree as it was at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Everything tracked, and what is untracked and not ignored.
    pub tree: ObjectId,
    /// The files in it that Git does not track.
    pub untracked: Vec<RepoPath>,
    /// What was left out, and why.
    pub left_out: Vec<LeftOut>,
}

/// A path that a snapshot does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Which.
    pub path: RepoPath,
    /// Why, as the end of a sentence.
    pub why: String,
}

/// Decides about an untracked file, by its path and size in bytes: the reason to leave it out, or nothing.
pub type LeaveOut<'a> = dyn Fn(&RepoPath, u64) -> Option<String> + 'a;

impl Repo {
    /// Takes a snapshot of the work tree; all new objects are on disk when it returns.
    ///
    /// # Errors
    /// Unmerged paths, files that cannot be read, a full disk.
    pub fn snapshot(&self, head: ObjectId, leave_out: &LeaveOut<'_>) -> Result<Snapshot> {
        let mut index = None;
        let found = self.glance.borrow_mut().again(&self.place, head, || {
            let index = index.insert(PrivateIndex::copy(self)?);
            fail::point("looking");
            status(self, &index.path)
        })?;
        let mut status = Status::parse(&found)?;
        let (mut untracked, mut left_out) = (Vec::new(), Vec::new());
        for path in std::mem::take(&mut status.untracked) {
            match self.reason_to_leave(&path, leave_out) {
                Some(why) => left_out.push(LeftOut { path, why }),
                None => untracked.push(path),
            }
        }
        // A secret that is staged already is no less one; size is no matter there, since git has the content.
        for path in std::mem::take(&mut status.added) {
            if let Some(why) = leave_out(&path, 0) {
                status.edited.retain(|edited| *edited != path);
                status.removed.push(path.clone());
                left_out.push(LeftOut { path, why });
            }
        }
        let changed = [&status.edited[..], &untracked].concat();
        if changed.is_empty() && status.removed.is_empty() && !status.is_staged {
            return Ok(Snapshot { tree: self.tree_of(head)?, untracked, left_out });
        }
        if !status.is_staged
            && !status.has_submodule
            && let Some(tree) = self.plain_tree(head, &changed, &status.removed)?
        {
            return Ok(Snapshot { tree, untracked, left_out });
        }
        let index = index.map_or_else(|| PrivateIndex::copy(self), Ok)?;
        // First and by force: below what has become a link, git would refuse to look for them.
        index.update(self, &["--force-remove"], &status.removed)?;
        index.update(self, &["--add", "--remove", "--replace"], &changed)?;
        let tree = self.durable_git().arg("write-tree").env("GIT_INDEX_FILE", &index.path).run()?;
        Ok(Snapshot { tree: String::from_utf8(tree)?.trim().parse()?, untracked, left_out })
    }

    fn reason_to_leave(&self, path: &RepoPath, leave_out: &LeaveOut<'_>) -> Option<String> {
        if path.as_bytes().ends_with(b"/") {
            return Some("a repository of its own".to_owned());
        }
        // A file that vanishes between the listing and here is left to git, which then ignores it.
        let size = fs::symlink_metadata(self.work_dir().join(path.as_path())).map_or(0, |meta| meta.size());
        leave_out(path, size)
    }
}

/// What `git status` says over a copy of the index.
fn status(repo: &Repo, index: &Path) -> Result<Vec<u8>> {
    let program =
        repo.git().args(["status", "--porcelain=v2", "-z", "--untracked-files=all", "--no-renames"]);
    program.arg("--ignore-submodules=dirty").env("GIT_INDEX_FILE", index).run()
}

/// What `git status` says, as far as a snapshot needs it.
#[derive(Debug, Default, PartialEq)]
struct Status {
    edited: Vec<RepoPath>,
    removed: Vec<RepoPath>,
    /// New in the index, or meant to be added to it.
    added: Vec<RepoPath>,
    untracked: Vec<RepoPath>,
    is_staged: bool,
    has_submodule: bool,
}

impl Status {
    /// Reads `git status --porcelain=v2 -z --no-renames` (format: git-status(1)).
    fn parse(output: &[u8]) -> Result<Self> {
        let mut status = Self::default();
        for entry in output.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
            let fields = |count| entry.splitn(count, |byte| *byte == b' ').last().unwrap_or_default();
            match entry[0] {
                b'1' => {
                    let (staged, edited) = (entry.get(2).copied(), entry.get(3).copied());
                    let path = RepoPath::new(fields(9));
                    status.has_submodule |= entry.get(5) != Some(&b'N');
                    status.is_staged |= staged != Some(b'.');
                    if staged == Some(b'A') {
                        status.added.push(path.clone());
                    }
                    match edited {
                        Some(b'.') => {}
                        Some(b'D') => status.removed.push(path),
                        // Only meant to be added (`git add -N`): Git does not have it yet.
                        Some(b'A') => status.untracked.push(path),
                        _ => status.edited.push(path),
                    }
                }
                b'?' => status.untracked.push(RepoPath::new(fields(2))),
                b'u' => {
                    let path = RepoPath::new(fields(11));
                    return Err(fault(format!("`{path}` is unmerged"))
                        .hint(format!("resolve it, then `git add {path}`"))
                        .into());
                }
                b'#' | b'!' => {}
                _ => return Err(anyhow!("git status said `{}`", String::from_utf8_lossy(entry))),
            }
        }
        Ok(status)
    }
}

/// A copy of the index that nobody else sees, removed when it is done with.
struct PrivateIndex {
    path: PathBuf,
}

impl PrivateIndex {
    fn copy(repo: &Repo) -> Result<Self> {
        let path = repo.scratch("index")?;
        let original = repo.git_dir().join("index");
        if original.exists() {
            let modified = fs::metadata(&original)?.modified()?;
            fs::copy(&original, &path).context("cannot copy the index")?;
            fs::File::options().write(true).open(&path)?.set_modified(modified)?;
        }
        Ok(Self { path })
    }

    fn update(&self, repo: &Repo, options: &[&str], paths: &[RepoPath]) -> Result<()> {
        if paths.is_empty() {
            return Ok(());
        }
        let stdin = paths.iter().flat_map(|path| path.as_bytes().iter().copied().chain([0]));
        let program = repo.durable_git().args(["-c", "core.splitIndex=false", "update-index"]);
        let program = program.args(options).args(["-z", "--stdin"]).env("GIT_INDEX_FILE", &self.path);
        program.input(stdin.collect::<Vec<u8>>()).run().context("cannot take a snapshot of the work tree")?;
        Ok(())
    }
}

impl Drop for PrivateIndex {
    fn drop(&mut self) {
        // What cannot be removed now is swept up by a later command.
        let _ = fs::remove_file(&self.path);
    }
}

impl Repo {
    /// A name for a file that only this process uses; [`Self::sweep_scratch`] removes it when the process is gone.
    pub fn scratch(&self, purpose: &str) -> Result<PathBuf> {
        self.place.scratch(purpose)
    }

    /// Removes the scratch files of processes that are gone.
    pub fn sweep_scratch(&self) {
        for file in self.dead_scratch() {
            let _ = sweep::remove(&file);
        }
    }

    /// The scratch files of processes that are gone.
    pub fn dead_scratch(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.gx_dir().join("tmp")).into_iter().flatten().flatten();
        files.map(|file| file.path()).filter(|path| !belongs_to_the_living(path)).collect()
    }
}

fn belongs_to_the_living(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut parts = name.splitn(3, '-').map(str::parse::<u64>);
    let (Some(Ok(pid)), Some(Ok(start))) = (parts.next(), parts.next()) else { return true };
    u32::try_from(pid).ok().and_then(Identity::of).is_some_and(|identity| identity.start == start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_tells_edited_staged_and_untracked_apart() {
        let hash = "0".repeat(40);
        let output = format!(
            "1 .M N... 100644 100644 100644 {hash} {hash} a b\n.txt\x001 A. N... 000000 100644 100644 {hash} {hash} new\x001 .D N... 100644 100644 000000 {hash} {hash} gone\x00? un tracked\x00"
        );
        let status = Status::parse(output.as_bytes()).unwrap();
        assert_eq!(status.edited, [RepoPath::from("a b\n.txt")]);
        assert_eq!(status.untracked, [RepoPath::from("un tracked")]);
        assert_eq!(
            (status.added, status.removed),
            (vec![RepoPath::from("new")], vec![RepoPath::from("gone")])
        );
        assert!(status.is_staged);
    }
}
