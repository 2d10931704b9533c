//! Links from a checkout to what Git ignores in the work tree that it is of: an environment, data sets.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Component, Path};

use anyhow::{Context, Result};

use crate::error::fault;
use crate::git::checkout::Checkout;
use crate::git::repo::Repo;
use crate::git::sweep::Tracked;
use crate::model::path::RepoPath;

impl Checkout {
    /// Links ignored paths of the work tree `main` into it, those that exist there, and says which it linked.
    ///
    /// # Errors
    /// Git tracks something in its place, or the path leaves the repository; then nothing was linked.
    pub fn link(&self, main: &Path, paths: &[String]) -> Result<Vec<String>> {
        link(main, self.dir(), paths, &self.tracked()?)
    }
}

impl Repo {
    /// Links those of `paths` into this work tree that `main` ignores and has, and says which; Git ignores the links
    /// too, also where its rule is for folders only.
    ///
    /// # Errors
    /// Git tracks something in its place, or the path leaves the repository; then nothing was linked.
    pub fn link_ignored(&self, main: &Self, paths: &[String]) -> Result<Vec<String>> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let index = self.scratch("links")?;
        let read = self.git().args(["-c", "core.splitIndex=false", "read-tree", "HEAD"]);
        let tracked = read
            .env("GIT_INDEX_FILE", &index)
            .run()
            .and_then(|_| Tracked::read(&index, self.place.formats.hash));
        let _ = fs::remove_file(&index);
        let tracked = tracked?;
        // What is merely untracked there may become part of a snapshot, and is no common ground.
        let is_shared =
            |inner: &str| main.is_ignored(inner) || tracked.in_place_of(&RepoPath::from(inner)).is_some();
        let wanted = paths.iter().filter(|path| inside(path).map_or(true, |inner| is_shared(&inner)));
        let linked = link(main.work_dir(), self.work_dir(), &wanted.cloned().collect::<Vec<_>>(), &tracked)?;
        if linked.is_empty() {
            return Ok(linked);
        }
        // The program, since libgit2 takes a link to a folder for a folder, to which other rules apply.
        let others = self.git().args(["ls-files", "-z", "--others", "--exclude-standard", "--"]);
        let seen = others.args(linked.iter()).run()?;
        for path in linked.iter().filter(|path| seen.split(|byte| *byte == 0).any(|at| at == path.as_bytes()))
        {
            self.exclude(path)?;
        }
        Ok(linked)
    }

    /// Adds a path to what Git ignores in all work trees.
    fn exclude(&self, path: &str) -> Result<()> {
        let file = self.common_dir().join("info/exclude");
        let present = fs::read(&file).unwrap_or_default();
        let special = |letter: char| matches!(letter, '*' | '?' | '[' | '\\' | ' ');
        let escaped: String = path
            .chars()
            .flat_map(|letter| special(letter).then_some('\\').into_iter().chain([letter]))
            .collect();
        let is_open = !present.is_empty() && !present.ends_with(b"\n");
        let line = format!("{}/{escaped}\n", if is_open { "\n" } else { "" });
        let append = || {
            fs::create_dir_all(self.common_dir().join("info"))?;
            fs::File::options().create(true).append(true).open(&file)?.write_all(line.as_bytes())
        };
        append().with_context(|| format!("cannot write {}", file.display()))
    }
}

/// Links `paths` of the folder `main` into the folder `into`, all or, where something tracked is in the way, none.
pub(super) fn link(main: &Path, into: &Path, paths: &[String], tracked: &Tracked) -> Result<Vec<String>> {
    let mut wanted = BTreeSet::new();
    for path in paths {
        let inner = inside(path)?;
        if let Some(blocking) = tracked.in_place_of(&RepoPath::from(inner.as_str())) {
            return Err(fault(format!("`{path}` cannot be linked: Git tracks `{blocking}`"))
                .hint("take it out of `run.link`: tracked files are in every checkout")
                .into());
        }
        if main.join(&inner).exists() {
            wanted.insert(inner);
        }
    }
    // Below a linked folder everything is there already, and is not the checkout's to change.
    let is_below = |path: &&String| {
        Path::new(path).ancestors().skip(1).any(|at| at.to_str().is_some_and(|at| wanted.contains(at)))
    };
    let linked: Vec<String> = wanted.iter().filter(|path| !is_below(path)).cloned().collect();
    for path in &linked {
        link_one(&main.join(path), &into.join(path))?;
    }
    Ok(linked)
}

fn link_one(source: &Path, place: &Path) -> Result<()> {
    if fs::read_link(place).is_ok_and(|present| present == source) {
        return Ok(());
    }
    let parents = place.parent().map_or(Ok(()), fs::create_dir_all);
    let linked = parents.and_then(|()| symlink(source, place));
    linked.with_context(|| format!("cannot link {} to {}", place.display(), source.display()))
}

/// The path as Git writes it, without `./` and a slash at its end.
fn inside(path: &str) -> Result<String> {
    let mut parts = Vec::new();
    for part in Path::new(path).components() {
        match part {
            Component::CurDir => {}
            Component::Normal(part) => parts.push(part.to_string_lossy()),
            _ => return Err(fault(format!("`{path}` lies outside the repository")).into()),
        }
    }
    if parts.is_empty() || parts[0] == ".git" {
        return Err(fault(format!("`{path}` cannot be linked")).into());
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracked(top: &Path) -> Tracked {
        fs::create_dir_all(top.join("data/small")).unwrap();
        fs::write(top.join("data/small/x"), "x").unwrap();
        symlink("elsewhere", top.join("shared")).unwrap();
        let repo = crate::git::repo::Repo::create(top, "start").unwrap();
        Tracked::read(&top.join(".git/index"), repo.place.formats.hash).unwrap()
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn what_exists_is_linked_and_what_lies_in_it_is_there_with_it() {
        let (main, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let tracked = tracked(into.path());
        fs::create_dir_all(main.path().join("data/large/part")).unwrap();
        fs::create_dir_all(main.path().join(".venv")).unwrap();
        let paths = words(&["./.venv/", "data/large", "data/large/part", "missing"]);
        for _ in 0..2 {
            let linked = link(main.path(), into.path(), &paths, &tracked).unwrap();
            assert_eq!(linked, [".venv", "data/large"]);
            assert_eq!(
                fs::read_link(into.path().join("data/large")).unwrap(),
                main.path().join("data/large")
            );
        }
    }

    #[test]
    fn what_git_tracks_or_what_lies_outside_is_refused_and_nothing_is_linked() {
        let (main, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let tracked = tracked(into.path());
        fs::create_dir(main.path().join(".venv")).unwrap();
        for (path, told) in [
            ("data", "`data` cannot be linked: Git tracks `data`"),
            ("data/small/x", "`data/small/x` cannot be linked: Git tracks `data/small/x`"),
            ("shared/set", "`shared/set` cannot be linked: Git tracks `shared`"),
            ("../other", "`../other` lies outside the repository"),
            ("/etc", "`/etc` lies outside the repository"),
            (".git/hooks", "`.git/hooks` cannot be linked"),
            (".", "`.` cannot be linked"),
        ] {
            let error = link(main.path(), into.path(), &words(&[".venv", path]), &tracked).unwrap_err();
            assert_eq!(error.to_string(), told);
        }
        assert!(!into.path().join(".venv").exists());
    }
}
