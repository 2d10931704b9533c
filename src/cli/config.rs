//! `gx config`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::config::{defaults, nearest::nearest};
use crate::error::{Exit, misuse};
use crate::report::settings::Settings;

/// Show every setting, its value and where that comes from
#[derive(Debug, Args)]
pub struct Config {
    /// Only this key, or the keys of this table
    key: Option<String>,
}

impl Config {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let settings = Settings::of(&scene.lab.settings, self.key.as_deref());
        if let (Some(key), true) = (&self.key, settings.settings.is_empty()) {
            let known = defaults::settings().keys().map(String::as_str);
            let unknown = misuse(format!("no setting is called `{key}`"));
            return Err(match nearest(key, known) {
                Some(near) => unknown.hint(format!("did you mean `{near}`?")),
                None => unknown.hint("`gx config` lists them"),
            }
            .into());
        }
        scene.output.show(&settings)?;
        Ok(Exit::Done)
    }
}
