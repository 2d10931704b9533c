//! Configuration, ignored paths and attributes as libgit2 reads them.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result};
use git2::{AttrCheckFlags, AttrValue, Config, ConfigLevel, Repository};

use crate::git::engine::place::without_slash;
use crate::git::engine::settings::{CONVERTING, Settings};
use crate::model::path::RepoPath;

/// The settings of a repository that libgit2 has opened.
pub struct Libgit2Settings {
    repo: Rc<Repository>,
}

impl Libgit2Settings {
    pub fn new(repo: Rc<Repository>) -> Self {
        Self { repo }
    }
}

impl Settings for Libgit2Settings {
    fn all(&self, prefix: &str) -> Result<Vec<(String, String)>> {
        let config = self.repo.config()?.snapshot()?;
        let mut found = Vec::new();
        let mut entries = config.entries(None)?;
        while let Some(entry) = entries.next() {
            let entry = entry?;
            if let (Ok(name), Ok(value)) = (entry.name(), entry.value())
                && name.starts_with(prefix)
            {
                found.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(found)
    }

    fn get(&self, name: &str) -> Option<String> {
        self.repo.config().ok()?.get_string(name).ok()
    }

    fn set(&self, name: &str, value: &str) -> Result<()> {
        let mut config = self.repo.config()?.open_level(ConfigLevel::Local)?;
        config.set_str(name, value).with_context(|| format!("cannot set `{name}`"))
    }

    fn in_file(&self, file: &Path, name: &str) -> Option<String> {
        Config::open(file).ok()?.get_string(name).ok()
    }

    fn is_ignored(&self, path: &str) -> bool {
        self.repo.is_path_ignored(path).unwrap_or(false)
    }

    fn converting(&self, paths: &[&RepoPath]) -> Vec<bool> {
        let is_set = |path: &RepoPath, name: &str| match self.repo.get_attr_bytes(
            path.as_path(),
            name,
            AttrCheckFlags::default(),
        ) {
            Ok(value) => !matches!(AttrValue::from_bytes(value), AttrValue::Unspecified | AttrValue::False),
            Err(_) => true,
        };
        paths.iter().map(|path| CONVERTING.iter().any(|name| is_set(path, name))).collect()
    }

    fn main_work_dir(&self) -> Option<PathBuf> {
        Repository::open(self.repo.commondir()).ok()?.workdir().map(without_slash)
    }
}
