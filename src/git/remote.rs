//! The remotes that Git knows, and gx's own settings about them.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::error::{Fault, misuse};
use crate::git::engine::place::unled;
use crate::git::engine::settings::normalized;
use crate::git::repo::Repo;
use crate::process::command::Program;

impl Repo {
    /// Whether objects may be missing here that Git would fetch when somebody reads them (a partial clone).
    ///
    /// # Errors
    /// The settings cannot be read.
    pub fn is_partial(&self) -> Result<bool> {
        Ok(!self.promisors()?.is_empty())
    }

    /// The remotes on which a partial clone has left objects, in alphabetical order; starts no program.
    ///
    /// # Errors
    /// The settings cannot be read.
    pub fn promisors(&self) -> Result<Vec<String>> {
        let entries = self.settings.all("remote.")?;
        let name = |(entry, value): (String, String)| {
            let name = entry.strip_prefix("remote.")?.strip_suffix(".promisor")?;
            (value != "false").then(|| name.to_owned())
        };
        let names: BTreeSet<String> = entries.into_iter().filter_map(name).collect();
        Ok(names.into_iter().collect())
    }

    /// The names of the remotes, in alphabetical order.
    ///
    /// # Errors
    /// The configuration cannot be read.
    pub fn remotes(&self) -> Result<Vec<String>> {
        Ok(lines(&self.git().arg("remote").run()?))
    }

    /// The names of the remotes that [`Self::check_remote`] accepts, in alphabetical order; starts no program.
    ///
    /// # Errors
    /// The configuration cannot be read.
    pub fn configured_remotes(&self) -> Result<Vec<String>> {
        let entries = self.settings.all("remote.")?;
        let name = |entry: &str| {
            let name = entry.strip_prefix("remote.")?;
            name.strip_suffix(".url").or_else(|| name.strip_suffix(".pushurl")).map(str::to_owned)
        };
        let names: BTreeSet<String> = entries.iter().filter_map(|(entry, _)| name(entry)).collect();
        Ok(names.into_iter().collect())
    }

    /// Checks that there is a remote of this name; starts no program where there is.
    ///
    /// # Errors
    /// There is none; those that there are are named.
    pub fn check_remote(&self, remote: &str) -> Result<()> {
        let is_set = |key: &str| self.setting(&format!("remote.{remote}.{key}")).is_some();
        if is_set("url") || is_set("pushurl") { Ok(()) } else { Err(self.unknown_remote(remote)?.into()) }
    }

    fn unknown_remote(&self, remote: &str) -> Result<Fault> {
        let unknown = misuse(format!("there is no remote called `{remote}`"));
        Ok(match &self.remotes()?[..] {
            [] => unknown.hint(format!("add it: `git remote add {remote} URL`")),
            known => unknown.hint(format!("the remotes are {}", known.join(", "))),
        })
    }

    /// Where a remote is fetched from, as Git resolves it.
    ///
    /// # Errors
    /// There is no such remote.
    pub fn fetch_url(&self, remote: &str) -> Result<String> {
        Ok(self.urls(remote, &[])?.into_iter().next().unwrap_or_default())
    }

    /// Every address that a push to a remote goes to, as Git resolves them.
    ///
    /// # Errors
    /// There is no such remote.
    pub fn push_urls(&self, remote: &str) -> Result<Vec<String>> {
        self.urls(remote, &["--push", "--all"])
    }

    fn urls(&self, remote: &str, which: &[&str]) -> Result<Vec<String>> {
        let told = self.git().args(["remote", "get-url"]).args(which).args(["--", remote]).output()?;
        if told.status.success() {
            return Ok(lines(&told.stdout));
        }
        Err(self.unknown_remote(remote)?.into())
    }

    /// Sets one of gx's own settings in the repository's configuration to these values, none or several.
    ///
    /// # Errors
    /// The configuration cannot be written.
    pub fn set_settings(&self, name: &str, values: &[String]) -> Result<()> {
        // That there is none to unset is no fault; one that cannot be written shows with the first to add.
        self.git().args(["config", "--local", "--unset-all", name]).output()?;
        for value in values {
            self.git().args(["config", "--local", "--add", name, value]).run()?;
        }
        self.settings.refresh();
        Ok(())
    }

    /// All values of a setting in this repository's own configuration, and nowhere else.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn local_settings(&self, name: &str) -> Result<Vec<String>> {
        let name = normalized(name);
        let entries = self.local.entries(&self.place)?;
        Ok(entries.iter().filter(|(known, _)| *known == name).map(|(_, value)| value.clone()).collect())
    }

    /// Every address that was declared private, for whichever remote: in this clone's own configuration alone, since
    /// nothing that was fetched or committed may say so (`gx.remote.<name>.privateUrl`).
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn private_urls(&self) -> Result<Vec<String>> {
        let is_one = |name: &str| {
            name.strip_prefix("gx.remote.").and_then(|rest| rest.strip_suffix(".privateurl")).is_some()
        };
        let entries = self.local.entries(&self.place)?;
        Ok(entries.iter().filter(|(name, _)| is_one(name)).map(|(_, value)| value.clone()).collect())
    }

    /// The `git` program as its user runs it: with the hooks, and able to ask where there is a terminal.
    pub(super) fn network_git(&self, may_ask: bool) -> Program {
        let mut program = Program::new("git")
            .args(["-c", "core.quotePath=false"])
            .env("GIT_DIR", self.git_dir())
            .env("GIT_WORK_TREE", self.work_dir())
            .dir(self.work_dir());
        if !may_ask {
            program = program.env("GIT_TERMINAL_PROMPT", "0");
        }
        unled(program)
    }
}

fn lines(text: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(text).lines().map(str::to_owned).collect()
}
