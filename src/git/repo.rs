//! Opening a repository, and what can be asked of it before anything is changed.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result};

use crate::error::fault;
use crate::git::engine::formats::Storage;
use crate::git::engine::objects::Objects;
use crate::git::engine::open::{Engine, open};
use crate::git::engine::place::Place;
use crate::git::engine::refs::Refs;
use crate::git::engine::settings::Settings;
use crate::git::glance::Glance;
use crate::git::local::Local;
use crate::git::loose_refs::LooseRefs;
use crate::git::tree::Tree;
use crate::model::object::ObjectId;
use crate::process::identity;

/// A repository and one of its work trees, or a bare one for reading.
pub struct Repo {
    pub(super) place: Place,
    pub(super) objects: Box<dyn Objects>,
    pub(super) refs: Box<dyn Refs>,
    pub(super) settings: Box<dyn Settings>,
    pub(super) loose_refs: RefCell<LooseRefs>,
    /// The top of the notes that were read last, by their commit: each note is looked for from there.
    pub(super) notes_top: RefCell<Option<(ObjectId, Rc<Tree>)>>,
    pub(super) glance: RefCell<Glance>,
    pub(super) local: Local,
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
    /// No repository, or one that this user or the installed git may not open.
    pub fn discover(from: &Path) -> Result<Self> {
        Ok(Self::of(open(from)?))
    }

    /// What an engine has opened, of which nothing was read yet.
    pub(super) fn of(Engine { place, objects, refs, settings }: Engine) -> Self {
        let (loose_refs, notes_top) = (RefCell::default(), RefCell::default());
        let (glance, local) = (RefCell::default(), Local::default());
        Self { place, objects, refs, settings, loose_refs, notes_top, glance, local }
    }

    /// The git directory of this work tree: `.git`, or `.git/worktrees/NAME`.
    pub fn git_dir(&self) -> &Path {
        &self.place.git_dir
    }

    /// The git directory that all work trees share.
    pub fn common_dir(&self) -> &Path {
        &self.place.common_dir
    }

    /// Where gx keeps its own files, shared by all work trees.
    pub fn gx_dir(&self) -> PathBuf {
        self.place.gx_dir()
    }

    /// The top of the work tree; of a bare repository, which has none, its git directory.
    ///
    /// Whoever writes there [checks](Self::check_work_tree) first.
    pub fn work_dir(&self) -> &Path {
        self.place.work_dir.as_deref().unwrap_or(&self.place.git_dir)
    }

    /// Whether there is no work tree.
    pub fn is_bare(&self) -> bool {
        self.place.work_dir.is_none()
    }

    /// Checks that there is a work tree to run in.
    ///
    /// # Errors
    /// The repository is bare.
    pub fn check_work_tree(&self) -> Result<()> {
        if self.is_bare() {
            let shown = self.git_dir().display();
            return Err(fault(format!("{shown} is a bare repository: there is no work tree to run in"))
                .hint("work in a clone or in a linked worktree: `git worktree add ../lab`")
                .into());
        }
        Ok(())
    }

    /// A name for this work tree that no other of the repository has, usable inside a ref.
    pub fn worktree_name(&self) -> String {
        if self.place.is_linked() {
            let name = self.git_dir().file_name().unwrap_or_default();
            format!("linked-{}", name.to_string_lossy())
        } else {
            "main".to_owned()
        }
    }

    /// Whether there is any work tree beside the main one.
    pub fn has_worktrees(&self) -> bool {
        fs::read_dir(self.common_dir().join("worktrees")).is_ok_and(|mut entries| entries.next().is_some())
    }

    /// Whether a work tree of this [name](Self::worktree_name) is still there.
    pub fn has_worktree(&self, name: &str) -> bool {
        name.strip_prefix("linked-")
            .is_none_or(|name| self.common_dir().join("worktrees").join(name).exists())
    }

    /// Where HEAD stands.
    ///
    /// # Errors
    /// A repository without a commit.
    pub fn head(&self) -> Result<Head> {
        let head = self.refs.head().context("cannot read HEAD")?;
        let Some(target) = head.target else {
            return Err(fault("this repository has no commit yet")
                .hint("make the first one: `git add -A && git commit -m \"start\"`")
                .into());
        };
        let commit = self.commit_of(target).ok().flatten().context("HEAD names no commit")?;
        Ok(Head { branch: head.branch, commit })
    }

    /// The name of an operation that somebody has begun and not finished, such as a merge.
    pub fn operation(&self) -> Option<&'static str> {
        // As `git status` decides (wt-status.c); where refs are in tables some of these are refs.
        let has_file = |name: &str| self.git_dir().join(name).exists();
        let has = |name: &str| {
            has_file(name) || !self.has_ref_files() && self.read_ref(name).ok().flatten().is_some()
        };
        if has_file("rebase-merge") || has_file("rebase-apply/rebasing") {
            return Some("rebase");
        }
        let begun = [
            ("rebase-apply", "am"),
            ("MERGE_HEAD", "merge"),
            ("REVERT_HEAD", "revert"),
            ("CHERRY_PICK_HEAD", "cherry-pick"),
            ("BISECT_LOG", "bisect"),
        ];
        begun.into_iter().find(|(sign, _)| has(sign)).map(|(_, operation)| operation)
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
        let Some(name) = worktree.strip_prefix("linked-") else { return self.settings.main_work_dir() };
        let git_dir = self.common_dir().join("worktrees").join(name);
        self.dir_of(&git_dir)
    }

    /// Where the linked work tree of an administrative folder is; nothing of one that is just being made.
    pub(super) fn dir_of(&self, git_dir: &Path) -> Option<PathBuf> {
        let place = fs::read(git_dir.join("gitdir")).ok()?;
        // Relative to the git directory where Git was told to write it so.
        let place = git_dir.join(OsStr::from_bytes(place.trim_ascii_end()));
        let dir = place.parent()?;
        Some(dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf()))
    }

    /// Whether refs lie in files.
    pub fn has_ref_files(&self) -> bool {
        self.place.formats.refs == Storage::Files
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
}
