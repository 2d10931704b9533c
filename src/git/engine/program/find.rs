//! Finding a repository with the `git` program.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::error::fault;
use crate::git::engine::formats::Formats;
use crate::git::engine::place::Place;
use crate::git::engine::program::settings::main_work_dir;
use crate::git::engine::trouble::{not_a_repository, not_named, not_the_owner};
use crate::git::engine::version::check_version;
use crate::process::command::{Output, Program};

/// The repository that holds `from`.
///
/// # Errors
/// None does, it is somebody else's, or nobody has named a bare one where `safe.bareRepository` asks for that.
pub(in crate::git::engine) fn find(from: &Path) -> Result<Place> {
    let mut told = ask(from, None)?;
    let said = |told: &Output, words: &str| String::from_utf8_lossy(&told.stderr).contains(words);
    if said(&told, "safe.bareRepository") {
        let Some(named) = env::var_os("GIT_DIR") else { return Err(not_named(from).into()) };
        told = ask(from, Some(&named))?;
    }
    let lines: Vec<&[u8]> = told.stdout.split(|byte| *byte == b'\n').collect();
    let [git_dir, common_dir, is_bare, rest @ ..] = &lines[..] else {
        let words = String::from_utf8_lossy(&told.stderr).trim().to_owned();
        if said(&told, "not a git repository") {
            return Err(not_a_repository(from).into());
        }
        if said(&told, "dubious ownership") {
            return Err(not_the_owner(from, words.lines().next().unwrap_or_default()).into());
        }
        // An older one says something else altogether.
        check_version(from)?;
        return Err(fault(format!("cannot open {}: {words}", from.display())).into());
    };
    let path = |bytes: &[u8]| PathBuf::from(OsStr::from_bytes(bytes));
    let (git_dir, common_dir) = (path(git_dir), path(common_dir));
    if !git_dir.is_absolute() {
        check_version(from)?;
    }
    let formats = Formats::read(&common_dir)?;
    let mut place = Place { git_dir, common_dir, work_dir: None, formats };
    if *is_bare != b"true" {
        // Without a third path it was asked from inside the git directory.
        let top = rest.first().filter(|top| !top.is_empty()).map(|top| path(top));
        place.work_dir = top.or_else(|| around(&place));
    }
    Ok(place)
}

fn ask(from: &Path, named: Option<&OsStr>) -> Result<Output> {
    let paths = ["rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir"];
    let mut program =
        Program::new("git").args(paths).args(["--is-bare-repository", "--show-toplevel"]).dir(from);
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR"] {
        program = program.env_remove(name);
    }
    if let Some(named) = named {
        program = program.env("GIT_DIR", named);
    }
    program.env("LC_ALL", "C").output().context("cannot ask git for the repository")
}

/// The work tree of a git directory that somebody stands in.
fn around(place: &Place) -> Option<PathBuf> {
    if !place.is_linked() {
        return main_work_dir(place);
    }
    let text = fs::read(place.git_dir.join("gitdir")).ok()?;
    let link = place.git_dir.join(OsStr::from_bytes(text.trim_ascii_end()));
    link.parent().map(Path::to_path_buf)
}
