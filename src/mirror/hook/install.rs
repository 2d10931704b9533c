//! Putting the hooks in, and taking them out again; what was there before is kept and put back.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::error::{Exit, fault};
use crate::git::hooks::{HookFolder, Reach};
use crate::git::repo::Repo;
use crate::mirror::hook::chain::kept;
use crate::mirror::hook::passed;
use crate::mirror::hook::script::{HOOKS, is_own, script, without_path};
use crate::model::object::ObjectId;

/// What became of one hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What it is called.
    pub hook: &'static str,
    /// What was done.
    pub deed: Deed,
    /// Where the hook is kept that was there before.
    pub kept: Option<PathBuf>,
}

/// What is done with a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It was put in.
    New,
    /// It was there, and is that of this gx now.
    Renewed,
    /// It was there as it should be.
    Unchanged,
    /// It was taken out.
    Removed,
    /// It is none of gx's, and stays.
    Foreign,
}

/// Whether a folder may be written that other repositories run hooks from too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// No.
    Refused,
    /// Somebody has said so.
    Agreed,
}

/// Puts the hooks in, which call the program `gx`.
///
/// # Errors
/// The folder is shared and nobody has agreed, or it cannot be written.
pub fn install(repo: &Repo, gx: &Path, sharing: Sharing) -> Result<(HookFolder, Vec<Done>)> {
    let folder = repo.hook_folder()?;
    if folder.reach == Reach::Shared && sharing == Sharing::Refused {
        let shown = folder.path.display();
        return Err(fault(format!("`core.hooksPath` is {shown}, which lies outside this repository"))
            .hint("give this repository a folder of its own: `git config core.hooksPath \"$(git rev-parse --git-common-dir)/hooks\"`")
            .hint("or put the guard in for every repository that uses it: `gx guard install --shared`")
            .exit(Exit::Failed)
            .into());
    }
    fs::create_dir_all(&folder.path).with_context(|| format!("cannot make {}", folder.path.display()))?;
    let done = HOOKS.iter().map(|hook| put(&folder.path, hook, gx)).collect::<Result<_>>()?;
    let gx_dir = repo.gx_dir();
    if !passed::is_begun(&gx_dir) {
        // Where there was no guard nothing has gone by it.
        let before: Vec<ObjectId> = repo.refs("refs/remotes/")?.iter().map(|one| one.target).collect();
        passed::add(&gx_dir, &before)?;
    }
    Ok((folder, done))
}

/// Takes the hooks out, and puts back what was there before.
///
/// # Errors
/// The folder cannot be written.
pub fn uninstall(repo: &Repo) -> Result<(HookFolder, Vec<Done>)> {
    let folder = repo.hook_folder()?;
    let done = HOOKS.iter().map(|hook| take(&folder.path, hook)).collect::<Result<_>>()?;
    Ok((folder, done))
}

/// This gx, by the path that the hooks call it by.
///
/// # Errors
/// The system does not say where it is.
pub fn this_program() -> Result<PathBuf> {
    std::env::current_exe().context("gx does not find itself")
}

/// The hooks of gx's in a folder that are not as this gx would write them: another build has, or somebody has changed
/// them, or Git passes them over.
pub fn outdated(folder: &Path) -> Vec<&'static str> {
    let is_other = |hook: &&&str| {
        let path = folder.join(hook);
        let there = fs::read(&path).unwrap_or_default();
        let wanted = without_path(&script(hook, Path::new("gx")));
        is_own(&there) && (without_path(&there) != wanted || !is_executable(&path))
    };
    HOOKS.iter().filter(is_other).copied().collect()
}

/// Whether a hook of gx's is there.
pub fn is_in(folder: &Path, hook: &str) -> bool {
    fs::read(folder.join(hook)).is_ok_and(|content| is_own(&content))
}

fn put(folder: &Path, hook: &'static str, gx: &Path) -> Result<Done> {
    let path = folder.join(hook);
    let wanted = script(hook, gx);
    let there = match fs::read(&path) {
        Ok(content) => Some(content),
        Err(error) if error.kind() == ErrorKind::NotFound && fs::symlink_metadata(&path).is_err() => None,
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let deed = match &there {
        Some(content) if *content == wanted && is_executable(&path) => Deed::Unchanged,
        Some(content) if is_own(content) => Deed::Renewed,
        _ => Deed::New,
    };
    drop_legacy(folder, hook)?;
    if deed != Deed::Unchanged {
        let ready = folder.join(format!("{hook}.gx-new"));
        fs::write(&ready, &wanted).with_context(|| format!("cannot write {}", ready.display()))?;
        fs::set_permissions(&ready, fs::Permissions::from_mode(0o755))?;
        if let Some(content) = there.filter(|content| !is_own(content)) {
            make_way(&path, &content)?;
        }
        fs::rename(&ready, &path).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(Done { hook, deed, kept: Some(kept(&path)).filter(|kept| fs::symlink_metadata(kept).is_ok()) })
}

/// Moves a hook of somebody else's to where it is run after the guard; one that was kept before is never lost.
fn make_way(path: &Path, content: &[u8]) -> Result<()> {
    let kept = kept(path);
    if fs::symlink_metadata(&kept).is_ok() && fs::read(&kept).ok().as_deref() != Some(content) {
        let older = (1..).map(|number| PathBuf::from(format!("{}.{number}", kept.display())));
        let free = older.into_iter().find(|path| fs::symlink_metadata(path).is_err());
        let free = free.context("every name is taken")?;
        fs::rename(&kept, &free).with_context(|| format!("cannot move {}", kept.display()))?;
    }
    fs::rename(path, &kept).with_context(|| format!("cannot move {}", path.display()))
}

/// Where `pre-commit install` has moved gx's script aside to run it: it would be run twice, and in a circle.
fn drop_legacy(folder: &Path, hook: &str) -> Result<()> {
    let legacy = folder.join(format!("{hook}.legacy"));
    if fs::read(&legacy).is_ok_and(|content| is_own(&content)) {
        fs::remove_file(&legacy).with_context(|| format!("cannot remove {}", legacy.display()))?;
    }
    Ok(())
}

fn take(folder: &Path, hook: &'static str) -> Result<Done> {
    let path = folder.join(hook);
    if !is_in(folder, hook) {
        let deed = if path.exists() { Deed::Foreign } else { Deed::Unchanged };
        return Ok(Done { hook, deed, kept: None });
    }
    let kept = kept(&path);
    if fs::symlink_metadata(&kept).is_ok() {
        fs::rename(&kept, &path).with_context(|| format!("cannot put back {}", path.display()))?;
    } else {
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(Done { hook, deed: Deed::Removed, kept: None })
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(folder: &Path, name: &str, text: &str) {
        fs::write(folder.join(name), text).unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn what_was_there_is_kept_through_installs_and_overwritings_and_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let gx = Path::new("/bin/gx");
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        hook(folder, "pre-push", "#!/bin/sh\nfirst\n");
        assert_eq!(put(folder, "pre-push", gx).unwrap().deed, Deed::New);
        assert_eq!(put(folder, "pre-push", gx).unwrap().deed, Deed::Unchanged);
        assert_eq!(put(folder, "pre-push", Path::new("/usr/bin/gx")).unwrap().deed, Deed::Renewed);
        assert_eq!(read("pre-push.gx-chained"), "#!/bin/sh\nfirst\n");
        // Another tool writes its own over it.
        hook(folder, "pre-push", "#!/bin/sh\nsecond\n");
        assert_eq!(put(folder, "pre-push", gx).unwrap().deed, Deed::New);
        assert_eq!(read("pre-push.gx-chained"), "#!/bin/sh\nsecond\n");
        assert_eq!(read("pre-push.gx-chained.1"), "#!/bin/sh\nfirst\n");
        assert_eq!(take(folder, "pre-push").unwrap().deed, Deed::Removed);
        assert_eq!(read("pre-push"), "#!/bin/sh\nsecond\n");
        assert_eq!(take(folder, "pre-push").unwrap().deed, Deed::Foreign);
        assert_eq!(take(folder, "reference-transaction").unwrap().deed, Deed::Unchanged);
    }

    #[test]
    fn a_hook_of_another_build_or_that_git_passes_over_is_told_from_one_of_this() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        HOOKS.iter().for_each(|hook| drop(put(folder, hook, Path::new("/anywhere/gx")).unwrap()));
        assert_eq!(outdated(folder), Vec::<&str>::new());
        let text = fs::read_to_string(folder.join("reference-transaction")).unwrap();
        fs::write(folder.join("reference-transaction"), text.replace("committed", "prepared")).unwrap();
        assert_eq!(outdated(folder), ["reference-transaction"]);
        fs::set_permissions(folder.join("pre-push"), fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(outdated(folder), HOOKS);
        // What is not of gx is not its to judge.
        hook(folder, "pre-push", "#!/bin/sh\n");
        assert_eq!(outdated(folder), ["reference-transaction"]);
    }

    #[test]
    fn the_same_hook_written_again_is_kept_once_and_a_moved_guard_goes() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        hook(folder, "pre-push", "#!/bin/sh\nsame\n");
        put(folder, "pre-push", Path::new("/gx")).unwrap();
        fs::rename(folder.join("pre-push"), folder.join("pre-push.legacy")).unwrap();
        hook(folder, "pre-push", "#!/bin/sh\nsame\n");
        put(folder, "pre-push", Path::new("/gx")).unwrap();
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["pre-push", "pre-push.gx-chained"]);
    }
}
