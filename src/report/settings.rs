//! `gx config`: every setting, its value and where that comes from.

use serde::Serialize;

use crate::config::defaults;
use crate::config::layers::Loaded;

/// The answer of `gx config`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Settings {
    /// By key.
    pub settings: Vec<Setting>,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Setting {
    /// Such as `metric.name`.
    pub key: String,
    /// As it was written.
    pub value: toml::Value,
    /// The layer that set it.
    pub source: String,
    /// What it is for.
    pub about: String,
}

impl Settings {
    /// From the loaded configuration; `only` is a key or a table.
    pub fn of(loaded: &Loaded, only: Option<&str>) -> Self {
        let wanted =
            |key: &String| only.is_none_or(|only| key == only || key.starts_with(&format!("{only}.")));
        let settings = loaded.origins.iter().filter(|(key, _)| wanted(key)).map(|(key, setting)| Setting {
            key: key.clone(),
            value: setting.value.clone(),
            source: setting.origin.to_string(),
            about: defaults::comment(key).unwrap_or_default(),
        });
        Self { settings: settings.collect() }
    }
}
