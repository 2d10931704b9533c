//! Reading Git's own configuration.

use anyhow::Result;

use crate::git::repo::Repo;

impl Repo {
    /// Every `gx.*` entry, lowest precedence first.
    pub fn gx_settings(&self) -> Result<Vec<(String, String)>> {
        self.settings.all("gx.")
    }

    /// One text setting, where it is set.
    pub fn setting(&self, name: &str) -> Option<String> {
        self.settings.get(name)
    }

    /// Writes a setting into the repository's own configuration.
    pub fn set_setting(&self, name: &str, value: &str) -> Result<()> {
        self.settings.set(name, value)
    }
}
