//! Reading Git's own configuration.

use anyhow::{Context, Result};

use crate::git::repo::Repo;

impl Repo {
    /// Every `gx.*` entry, lowest precedence first.
    pub fn gx_settings(&self) -> Result<Vec<(String, String)>> {
        let config = self.inner.config()?.snapshot()?;
        let mut found = Vec::new();
        let mut entries = config.entries(Some("^gx\\."))?;
        while let Some(entry) = entries.next() {
            let entry = entry?;
            if let (Ok(name), Ok(value)) = (entry.name(), entry.value()) {
                found.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(found)
    }

    /// One text setting, where it is set.
    pub fn setting(&self, name: &str) -> Option<String> {
        self.inner.config().ok()?.get_string(name).ok()
    }

    /// Writes a setting into the repository's own configuration.
    pub fn set_setting(&self, name: &str, value: &str) -> Result<()> {
        let mut config = self.inner.config()?.open_level(git2::ConfigLevel::Local)?;
        config.set_str(name, value).with_context(|| format!("cannot set `{name}`"))
    }
}
