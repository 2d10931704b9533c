//! Opening a repository, and what can be asked of it before anything is changed.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use git2::{ErrorCode, Repository, RepositoryState};

use crate::clock::Timestamp;
use crate::error::{Fault, fault};
use crate::model::object::ObjectId;
use crate::process::identity;

/// A repository with a work tree.
pub struct Repo {
    pub(super) inner: Repository,
    git_dir: PathBuf,
    common_dir: PathBuf,
    work_dir: PathBuf,
}

/// Where HEAD stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// The full name of the branch, or nothing when HEAD is detached.
    pub branch: Option<String>,
    /// The commit.
    pub commit: ObjectId,
}

impl Head {
    /// The ref that moves when the work moves: the branch, or HEAD itself when detached.
    pub fn reference(&self) -> &str {
        self.branch.as_deref().unwrap_or("HEAD")
    }

    /// The branch as people say it, without `refs/heads/`.
    pub fn branch_name(&self) -> Option<&str> {
        let name = self.branch.as_deref()?;
        Some(name.strip_prefix("refs/heads/").unwrap_or(name))
    }
}

/// Who makes a commit.
#[derive(Clone, Debug, PartialEq)]
pub struct Author {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// Whether Git has no identity configured, so that user and host stand in.
    pub is_made_up: bool,
}

impl Repo {
    /// Opens the repository that holds `from`.
    ///
    /// # Errors
    /// No repository, a bare one, or a format that libgit2 cannot read (SHA-256, reftable, partial clone).
    pub fn discover(from: &Path) -> Result<Self> {
        // Hashing every object again as it is read costs a fifth of a list; Git leaves that to `git fsck` too.
        git2::opts::strict_hash_verification(false);
        let path =
            Repository::discover_path(from, std::iter::empty::<&Path>()).map_err(|error| {
                match error.code() {
                    ErrorCode::NotFound => not_a_repository(from),
                    ErrorCode::Owner => not_the_owner(from, &error),
                    _ => unreadable(from, &error),
                }
            })?;
        let inner = Repository::open(&path).map_err(|error| match error.code() {
            ErrorCode::Owner => not_the_owner(from, &error),
            _ => unreadable(&path, &error),
        })?;
        let bare = || {
            fault(format!("{} is a bare repository: there is no work tree to run in", path.display()))
                .hint("work in a clone or in a linked worktree: `git worktree add ../lab`")
        };
        let work_dir = inner.workdir().ok_or_else(bare)?.to_path_buf();
        // libgit2 looks for attributes in the index, and fails on a split or sparse one; the user's
        // index is read by the `git` program only.
        inner.set_index(&mut git2::Index::new()?)?;
        let git_dir = inner.path().to_path_buf();
        let common_dir = inner.commondir().to_path_buf();
        Ok(Self { inner, git_dir, common_dir, work_dir })
    }

    /// The git directory of this work tree: `.git`, or `.git/worktrees/NAME`.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The git directory that all work trees share.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// Where gx keeps its own files, shared by all work trees.
    pub fn gx_dir(&self) -> PathBuf {
        self.common_dir.join("gx")
    }

    /// The top of the work tree.
    pub fn work_dir(&self) -> &Path {
        &self.work_dir
    }

    /// A name for this work tree that no other of the repository has, usable inside a ref.
    pub fn worktree_name(&self) -> String {
        if self.inner.is_worktree() {
            let name = self.git_dir.file_name().unwrap_or_default();
            format!("linked-{}", name.to_string_lossy())
        } else {
            "main".to_owned()
        }
    }

    /// Whether there is any work tree beside the main one.
    pub fn has_worktrees(&self) -> bool {
        std::fs::read_dir(self.common_dir.join("worktrees")).is_ok_and(|mut entries| entries.next().is_some())
    }

    /// Whether a work tree of this [name](Self::worktree_name) is still there.
    pub fn has_worktree(&self, name: &str) -> bool {
        name.strip_prefix("linked-").is_none_or(|name| self.common_dir.join("worktrees").join(name).exists())
    }

    /// Where HEAD stands.
    ///
    /// # Errors
    /// A repository without a commit.
    pub fn head(&self) -> Result<Head> {
        let head = match self.inner.head() {
            Ok(head) => head,
            Err(error) if error.code() == ErrorCode::UnbornBranch => {
                return Err(fault("this repository has no commit yet")
                    .hint("make the first one: `git add -A && git commit -m \"start\"`")
                    .into());
            }
            Err(error) => return Err(error).context("cannot read HEAD"),
        };
        let commit = head.peel_to_commit().context("HEAD names no commit")?.id();
        let name = head.name().context("HEAD names a branch that is not UTF-8")?;
        let branch = (name != "HEAD").then(|| name.to_owned());
        Ok(Head { branch, commit: ObjectId::from_bytes(commit.as_bytes())? })
    }

    /// The name of an operation that somebody has begun and not finished, such as a merge.
    pub fn operation(&self) -> Option<&'static str> {
        match self.inner.state() {
            RepositoryState::Clean => None,
            RepositoryState::Merge => Some("merge"),
            RepositoryState::Revert | RepositoryState::RevertSequence => Some("revert"),
            RepositoryState::CherryPick | RepositoryState::CherryPickSequence => Some("cherry-pick"),
            RepositoryState::Bisect => Some("bisect"),
            RepositoryState::Rebase | RepositoryState::RebaseInteractive | RepositoryState::RebaseMerge => {
                Some("rebase")
            }
            RepositoryState::ApplyMailbox | RepositoryState::ApplyMailboxOrRebase => Some("am"),
        }
    }

    /// Checks that no operation is under way.
    ///
    /// # Errors
    /// One is, with the command that gives it up.
    pub fn check_idle(&self) -> Result<()> {
        let Some(operation) = self.operation() else { return Ok(()) };
        let end = if operation == "bisect" { "reset" } else { "--abort" };
        Err(fault(format!("a {operation} is in progress"))
            .hint(format!("finish it, or give it up: `git {operation} {end}`"))
            .into())
    }

    /// The top of the work tree that [`Self::worktree_name`] calls so; nothing where that is gone.
    pub fn work_dir_of(&self, worktree: &str) -> Option<PathBuf> {
        match worktree.strip_prefix("linked-") {
            Some(name) => self.inner.find_worktree(name).ok().map(|found| found.path().to_path_buf()),
            None => Repository::open(&self.common_dir).ok()?.workdir().map(Path::to_path_buf),
        }
    }

    /// Who the commits of gx are by: as Git itself decides, else user and host.
    pub fn author(&self) -> Author {
        let told = |variable: &str| std::env::var(variable).ok().filter(|value| !value.is_empty());
        let configured = |key: &str| self.setting(key).filter(|value| !value.is_empty());
        let name = told("GIT_AUTHOR_NAME").or_else(|| configured("user.name"));
        let email = told("GIT_AUTHOR_EMAIL").or_else(|| configured("user.email"));
        match (name, email) {
            (Some(name), Some(email)) => Author { name, email, is_made_up: false },
            (name, email) => {
                let user = identity::user();
                let made_up = format!("{user}@{}", identity::host());
                Author { name: name.unwrap_or(user), email: email.unwrap_or(made_up), is_made_up: true }
            }
        }
    }

    pub(super) fn signature(&self, at: Timestamp) -> Result<git2::Signature<'static>> {
        let author = self.author();
        let time = git2::Time::new(at.seconds(), at.zone_minutes());
        git2::Signature::new(&author.name, &author.email, &time)
            .context("cannot sign a commit with this name")
    }
}

fn not_a_repository(from: &Path) -> Fault {
    fault(format!("{} is in no Git repository", from.display()))
        .hint("make one: `git init && git add -A && git commit -m \"start\"`")
}

fn not_the_owner(from: &Path, error: &git2::Error) -> Fault {
    fault(format!("{} belongs to another user: {}", from.display(), error.message()))
        .hint(format!("if you trust it: `git config --global --add safe.directory {}`", from.display()))
}

/// Says which format stands in the way, since libgit2's own words don't help.
fn unreadable(path: &Path, error: &git2::Error) -> Fault {
    let message = error.message();
    let (files, sha1) = (
        "clone it in Git's classic format: `git clone --ref-format=files --no-local OLD NEW`",
        "start a repository with `git init --object-format=sha1` and take the files over",
    );
    let format = [
        ("refstorage", "the reftable ref format", files),
        ("objectformat", "the SHA-256 object format", sha1),
        ("object format", "the SHA-256 object format", sha1),
        ("partialclone", "a partial clone", "clone it whole: `git clone URL NEW`, without `--filter`"),
    ]
    .into_iter()
    .find(|(word, ..)| message.contains(word));
    match format {
        Some((_, name, way_out)) => fault(format!(
            "{} uses {name}, which this version of gx cannot open; nothing was changed",
            path.display()
        ))
        .hint(way_out),
        None => fault(format!("cannot open {}: {message}", path.display())),
    }
}
