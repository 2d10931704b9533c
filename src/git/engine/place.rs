//! Where a repository lies, in which formats it is, and the `git` program in it.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};

use crate::git::engine::formats::Formats;
use crate::process::command::Program;
use crate::process::identity::Identity;

/// What a process of its own keeps of a repository: no handle, only where it is.
#[derive(Clone, Debug)]
pub(in crate::git) struct Place {
    /// The git directory of this work tree.
    pub git_dir: PathBuf,
    /// The git directory that all work trees share.
    pub common_dir: PathBuf,
    /// The top of the work tree; nothing in a bare repository.
    pub work_dir: Option<PathBuf>,
    /// How objects and refs are stored.
    pub formats: Formats,
}

impl Place {
    /// Whether this is a linked work tree and not the main one.
    pub fn is_linked(&self) -> bool {
        self.git_dir != self.common_dir
    }

    /// The `git` program in this work tree, deaf to hooks.
    pub fn git(&self) -> Program {
        self.git_as_configured().arg("--literal-pathspecs").args([
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "core.quotePath=false",
            "-c",
            "advice.graftFileDeprecated=false",
            // Whoever holds a lock is waited for, as gx itself does.
            "-c",
            "core.filesRefLockTimeout=10000",
            "-c",
            "core.packedRefsTimeout=10000",
            "-c",
            "reftable.lockTimeout=10000",
        ])
    }

    /// The same with no setting but the user's, for questions about these.
    pub fn git_as_configured(&self) -> Program {
        let mut program = Program::new("git")
            .env("GIT_DIR", &self.git_dir)
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .dir(self.work_dir.as_ref().unwrap_or(&self.git_dir));
        program = match &self.work_dir {
            Some(work_dir) => program.env("GIT_WORK_TREE", work_dir),
            None => program.env_remove("GIT_WORK_TREE"),
        };
        unled(program)
    }

    /// As [`Self::git`], with every object it writes on disk before it returns.
    pub fn durable_git(&self) -> Program {
        self.git().args(["-c", "core.fsync=committed,loose-object,reference", "-c", "core.fsyncMethod=batch"])
    }

    /// The program in the work tree with another git directory, for questions about that alone.
    pub fn git_in(&self, git_dir: &Path) -> Program {
        self.git().env("GIT_DIR", git_dir).env_remove("GIT_WORK_TREE").dir(git_dir)
    }

    /// Where gx keeps its own files, shared by all work trees.
    pub fn gx_dir(&self) -> PathBuf {
        self.common_dir.join("gx")
    }

    /// A name for a file that only this process uses, the same for the same purpose.
    pub fn scratch(&self, purpose: &str) -> Result<PathBuf> {
        let folder = self.gx_dir().join("tmp");
        // Making one that is there takes the lock of the folder above it, for which everybody waits.
        if !folder.is_dir() {
            fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let me = Identity::me();
        Ok(folder.join(format!("{}-{}-{purpose}", me.pid, me.start)))
    }

    /// As [`Self::scratch`], another one with each call.
    pub fn new_scratch(&self, purpose: &str) -> Result<PathBuf> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        self.scratch(&format!("{purpose}-{}", NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// The commits at which a shallow clone ends, as hexadecimal lines; their parents are not there.
    pub fn shallow(&self) -> String {
        fs::read_to_string(self.common_dir.join("shallow")).unwrap_or_default()
    }
}

/// A `git` program that nothing in the environment, such as that of a hook, leads to another place than its `GIT_DIR`.
pub(in crate::git) fn unled(program: Program) -> Program {
    const LEADING: [&str; 4] = ["GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX"];
    let program = LEADING.into_iter().fold(program, Program::env_remove);
    // What is being received lies there until it is accepted, and is to be looked at first.
    if in_quarantine() { program } else { program.env_remove("GIT_OBJECT_DIRECTORY") }
}

/// Whether this is a hook of a server that has not accepted yet what it was sent (git-receive-pack(1)).
pub(in crate::git) fn in_quarantine() -> bool {
    std::env::var_os("GIT_QUARANTINE_PATH").is_some_and(|path| !path.is_empty())
}

/// A folder without the slash that some end it with.
pub(in crate::git) fn without_slash(folder: &Path) -> PathBuf {
    folder.components().collect()
}

/// A path on a line of its own in Git's C style, in which a line break does not end it.
pub(in crate::git) fn quoted(path: &Path) -> Vec<u8> {
    let mut line = vec![b'"'];
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'"' | b'\\' => line.extend([b'\\', *byte]),
            b'\n' => line.extend(*b"\\n"),
            _ => line.push(*byte),
        }
    }
    line.extend(*b"\"\n");
    line
}
