//! What a command stands in: the repository and its configuration, opened once.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::config::layers::{Layers, Loaded};
use crate::git::repo::Repo;
use crate::model::path::RepoPath;

/// A repository and what is configured for it.
pub struct Lab {
    /// The repository.
    pub repo: Repo,
    /// The configuration, with the source of each value.
    pub settings: Loaded,
}

impl Lab {
    /// Opens the repository around `from`; `flags` are the `--config KEY=VALUE` of the command line.
    ///
    /// # Errors
    /// No usable repository, or a configuration that cannot be understood.
    pub fn open(from: &Path, flags: &[(String, String)]) -> Result<Self> {
        let repo = Repo::discover(from)?;
        Ok(Self { settings: settings(Some(&repo), flags)?, repo })
    }
}

/// What a command stands in that needs no repository, and minds the settings of one that it finds.
pub struct Machine {
    /// The configuration, with the source of each value.
    pub settings: Loaded,
    /// The work tree around the current folder, else that folder.
    pub place: PathBuf,
}

impl Machine {
    /// Looks around `from`; `flags` are the `--config KEY=VALUE` of the command line.
    ///
    /// # Errors
    /// A configuration that cannot be understood.
    pub fn open(from: &Path, flags: &[(String, String)]) -> Result<Self> {
        let repo = Repo::discover(from).ok();
        let place = repo.as_ref().map_or(from, Repo::work_dir).to_path_buf();
        Ok(Self { settings: settings(repo.as_ref(), flags)?, place })
    }
}

fn settings(repo: Option<&Repo>, flags: &[(String, String)]) -> Result<Loaded> {
    let environment = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let layers = Layers {
        user: user_file(),
        repository: repo.filter(|repo| !repo.is_bare()).map(|repo| repo.work_dir().join("gx.toml")),
        committed: repo.filter(|repo| repo.is_bare()).and_then(committed),
        git: repo.map(Repo::gx_settings).transpose()?.unwrap_or_default(),
        environment: environment.filter(|(name, _)| name.starts_with("GX_")).collect(),
        flags: flags.to_vec(),
    };
    layers.load()
}

/// The `gx.toml` of HEAD, for a repository without files of its own; none where there is no such thing.
fn committed(repo: &Repo) -> Option<Vec<u8>> {
    let tree = repo.tree_of(repo.head().ok()?.commit).ok()?;
    let entry = repo.entry(tree, &RepoPath::from("gx.toml")).ok()??;
    repo.blob(entry.id).ok()
}

/// The person's own configuration, by the XDG base directory specification.
fn user_file() -> Option<PathBuf> {
    let base = env::var_os("XDG_CONFIG_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    let base = base.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".config")))?;
    Some(base.join("gx").join("config.toml"))
}
