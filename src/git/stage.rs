//! A throw-away repository to push to: what would a push do, and do the hooks run?

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::error::fault;
use crate::git::engine::formats::Hash;
use crate::git::engine::place::unled;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;
use crate::process::command::Program;
use crate::process::log::sanitize;

/// Hears what Git would tell the hook, and lets nothing pass.
const EAR: &str = "#!/bin/sh\ncat >\"$GX_STAGE_HEARD\"\nexit 1\n";

/// What became of a push to a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// What was said on stderr, the hooks' words among it.
    pub said: String,
    /// Whether anything arrived.
    pub arrived: bool,
}

/// An empty bare repository of the same object format; gone when this is dropped.
struct Stage {
    folder: PathBuf,
}

impl Stage {
    fn set(repo: &Repo) -> Result<Self> {
        let folder = repo.place.new_scratch("stage")?;
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let stage = Self { folder };
        let format = match repo.place.formats.hash {
            Hash::Sha1 => "--object-format=sha1",
            Hash::Sha256 => "--object-format=sha256",
        };
        // No template: it could bring hooks of its own.
        let made = Program::new("git").args(["init", "--bare", "--quiet", "--template=", format]);
        let made = unled(made).env_remove("GIT_DIR").env_remove("GIT_WORK_TREE");
        made.arg(stage.repository()).run()?;
        Ok(stage)
    }

    fn repository(&self) -> PathBuf {
        self.folder.join("there.git")
    }

    fn has_refs(&self, repo: &Repo) -> Result<bool> {
        Ok(!repo.place.git_in(&self.repository()).arg("for-each-ref").run()?.is_empty())
    }

    /// Gives it these refs, and the objects of the repository without copying one.
    fn furnish(&self, repo: &Repo, refs: &[(String, ObjectId)]) -> Result<()> {
        let there = self.repository();
        let mut objects = repo.common_dir().join("objects").into_os_string();
        objects.push("\n");
        fs::create_dir_all(there.join("objects/info"))?;
        fs::write(there.join("objects/info/alternates"), objects.as_encoded_bytes())?;
        let script: String = refs.iter().map(|(name, id)| format!("create {name} {id}\n")).collect();
        repo.place.git_in(&there).args(["update-ref", "--stdin"]).input(script.into_bytes()).run()?;
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What stays lies among gx's own temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Repo {
    /// Pushes a commit to a stage, hooks and all, with a variable in the environment.
    ///
    /// # Errors
    /// The stage cannot be set, or `git` cannot be run; a push that fails is an answer.
    pub fn try_push(&self, commit: ObjectId, variable: (&str, &str)) -> Result<Tried> {
        let stage = Stage::set(self)?;
        let pushed = self
            .network_git(false)
            .env(variable.0, variable.1)
            .args(["push", "--quiet", "--no-signed", "--recurse-submodules=no", "--"])
            .arg(stage.repository())
            .arg(format!("{commit}:refs/heads/gx-guard-probe"))
            .output()?;
        Ok(Tried { said: sanitize(&String::from_utf8_lossy(&pushed.stderr)), arrived: stage.has_refs(self)? })
    }

    /// Moves a ref of a remote on a stage, under the hooks of this repository, with a variable in the environment; what
    /// was said on stderr.
    ///
    /// # Errors
    /// The stage cannot be set, or `git` cannot be run.
    pub fn try_move(&self, commit: ObjectId, variable: (&str, &str)) -> Result<String> {
        let stage = Stage::set(self)?;
        stage.furnish(self, &[])?;
        let mut setting = std::ffi::OsString::from("core.hooksPath=");
        setting.push(self.hook_folder()?.path);
        let moved = self
            .place
            .git_in(&stage.repository())
            .env(variable.0, variable.1)
            .arg("-c")
            .arg(setting)
            .args(["update-ref", "refs/remotes/gx-guard-probe/main", &commit.to_string()])
            .output()?;
        Ok(sanitize(&String::from_utf8_lossy(&moved.stderr)))
    }

    /// What Git would tell the pre-push hook of a push with these arguments, to a place that has the refs that this
    /// clone knows of it; the network is not touched.
    ///
    /// # Errors
    /// Git refuses the push by itself.
    pub fn rehearse_push(&self, known: &[(String, ObjectId)], arguments: &[String]) -> Result<Vec<u8>> {
        let stage = Stage::set(self)?;
        stage.furnish(self, known)?;
        let hooks = stage.folder.join("hooks");
        write_script(&hooks, "pre-push", EAR)?;
        let heard = stage.folder.join("heard");
        let (options, refspecs): (Vec<&String>, Vec<&String>) =
            arguments.iter().partition(|word| word.starts_with("--"));
        let mut setting = std::ffi::OsString::from("core.hooksPath=");
        setting.push(&hooks);
        let pushed = self
            .network_git(false)
            .env("GX_STAGE_HEARD", &heard)
            .arg("-c")
            .arg(setting)
            .args(["push", "--dry-run", "--quiet", "--no-signed", "--recurse-submodules=no"])
            .args(options)
            .arg("--")
            .arg(stage.repository())
            .args(refspecs)
            .output()?;
        if let Ok(lines) = fs::read(&heard) {
            return Ok(lines);
        }
        let said = sanitize(&String::from_utf8_lossy(&pushed.stderr));
        let why = said.lines().find(|line| line.starts_with("error:") || line.starts_with("fatal:"));
        // The hook stops every push, also one that has nothing to send: if it was not heard, nobody knows what would go.
        let why = why.or_else(|| said.lines().next()).unwrap_or("it ran no hook, and said nothing");
        Err(fault(format!("git would not push this: {why}"))
            .hint("name what is to be pushed as for `git push`: `gx guard check REMOTE REFSPEC`")
            .into())
    }
}

/// Puts an executable script into a folder.
fn write_script(folder: &Path, name: &str, script: &str) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let path = folder.join(name);
    fs::write(&path, script).with_context(|| format!("cannot write {}", path.display()))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}
