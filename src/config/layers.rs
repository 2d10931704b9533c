//! The layers that set the configuration, the nearer ones winning, and which of them set what.

use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use toml::Value;

use crate::config::schema::Config;
use crate::config::{check, defaults, document, names, words};
use crate::error::misuse;

/// What may set the configuration above the built-in defaults, the later fields winning.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// The person's own file; it need not exist.
    pub user: Option<PathBuf>,
    /// The repository's `gx.toml`; it need not exist.
    pub repository: Option<PathBuf>,
    /// The same where the repository has no files: as it is committed.
    pub committed: Option<Vec<u8>>,
    /// The entries of Git's configuration: `("gx.metric.name", "acc")`, others are passed over.
    ///
    /// Git allows no `_` in a name, so `gx.policy.min-delta` and `gx.policy.minDelta` mean `min_delta`.
    pub git: Vec<(String, String)>,
    /// The environment; what is not `GX_<TABLE>_<KEY>` of a known key is passed over.
    pub environment: Vec<(String, String)>,
    /// The `--config` flags: `("metric.name", "acc")`.
    pub flags: Vec<(String, String)>,
}

/// The configuration, and where each value of it comes from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The checked values.
    pub config: Config,
    /// Every key, such as `metric.name`, as it was written and by whom.
    pub origins: BTreeMap<String, Setting>,
}

/// A value as it was written, and the layer it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The value as it was written: a time is still its text.
    pub value: Value,
    /// The layer.
    pub origin: Origin,
}

/// A layer, as a person would look for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// The person's own file.
    User(PathBuf),
    /// The file of the repository.
    Repository(PathBuf),
    /// `git config gx.<table>.<key>`.
    Git,
    /// The variable of this name.
    Environment(String),
    /// A `--config` flag.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.pad("default"),
            Origin::User(path) => f.pad(&path.to_string_lossy()),
            Origin::Repository(path) => f.pad(&path.file_name().unwrap_or_default().to_string_lossy()),
            Origin::Git => f.pad("git config"),
            Origin::Environment(name) => f.pad(name),
            Origin::Flag => f.pad("--config"),
        }
    }
}

impl Loaded {
    /// What is no default, by full key.
    pub fn chosen(&self) -> BTreeMap<String, Value> {
        let chosen = self.origins.iter().filter(|(_, setting)| setting.origin != Origin::Default);
        chosen.map(|(key, setting)| (key.clone(), setting.value.clone())).collect()
    }

    /// From what [`Self::chosen`] gave, at another time or in another process.
    ///
    /// # Errors
    /// A key or value that this gx does not have.
    pub fn of(chosen: &BTreeMap<String, Value>) -> Result<Self> {
        let mut draft = Draft::default();
        for (key, value) in chosen {
            draft.set.insert(key.clone(), Setting { value: value.clone(), origin: Origin::Flag });
        }
        draft.finish()
    }
}

impl Layers {
    /// Reads and checks every layer; a mistake in any of them is an error, even where a nearer layer covers it
    /// up.
    pub fn load(&self) -> Result<Loaded> {
        let mut draft = Draft::default();
        if let Some(path) = &self.user {
            draft.file(path, &Origin::User(path.clone()))?;
        }
        if let Some(path) = &self.repository {
            draft.file(path, &Origin::Repository(path.clone()))?;
        }
        if let Some(bytes) = &self.committed {
            draft.bytes(bytes.clone(), &Origin::Repository(PathBuf::from("gx.toml")))?;
        }
        for (name, text) in &self.git {
            if let Some(key) = names::git(name)? {
                draft.text(key, text, Origin::Git)?;
            }
        }
        for (name, text) in &self.environment {
            if let Some(key) = names::environment(name) {
                draft.text(key, text, Origin::Environment(name.clone()))?;
            }
        }
        for (name, text) in &self.flags {
            draft.text(names::flag(name)?, text, Origin::Flag)?;
        }
        draft.finish()
    }
}

/// The configuration while its layers are put on each other.
#[derive(Default)]
struct Draft {
    set: BTreeMap<String, Setting>,
    /// Where a key was set, for messages: more exact than its origin.
    places: BTreeMap<String, String>,
}

impl Draft {
    fn file(&mut self, path: &Path, origin: &Origin) -> Result<()> {
        let bytes = match std::fs::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            read => read.with_context(|| format!("cannot read {}", path.display()))?,
        };
        self.bytes(bytes, origin)
    }

    fn bytes(&mut self, bytes: Vec<u8>, origin: &Origin) -> Result<()> {
        let name = origin.to_string();
        let text = String::from_utf8(bytes).map_err(|_| misuse(format!("{name}: is not UTF-8 text")))?;
        for entry in document::read(&name, &text)? {
            self.places.insert(entry.key.clone(), entry.place);
            self.set.insert(entry.key, Setting { value: entry.value, origin: origin.clone() });
        }
        Ok(())
    }

    fn text(&mut self, key: String, text: &str, origin: Origin) -> Result<()> {
        let place = origin.to_string();
        let value = match defaults::settings().get(&key) {
            Some(default) => words::value(&key, text, default),
            None => Ok(Value::String(text.to_owned())),
        };
        let value = value.map_err(|why| check::wrong_value(&place, &key, &why))?;
        let value = check::value(&place, &key, &value)?;
        self.places.insert(key.clone(), place);
        self.set.insert(key, Setting { value, origin });
        Ok(())
    }

    fn finish(mut self) -> Result<Loaded> {
        for (key, value) in defaults::settings() {
            let default = || Setting { value: value.clone(), origin: Origin::Default };
            self.set.entry(key.clone()).or_insert_with(default);
        }
        let config = check::config(self.set.iter().map(|(key, setting)| (key.as_str(), &setting.value)))
            .context("the configuration does not fit together")?;
        check::together(&config, |key| {
            self.places.get(key).cloned().unwrap_or_else(|| "default".to_owned())
        })?;
        Ok(Loaded { config, origins: self.set })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Exit, tell};
    use proptest::prelude::*;

    fn pair(key: &str, value: &str) -> Vec<(String, String)> {
        vec![(key.to_owned(), value.to_owned())]
    }

    fn mistake(layers: &Layers) -> (String, String) {
        let told = tell(&layers.load().unwrap_err());
        assert_eq!(told.exit, Exit::Usage);
        (told.message, told.hints.join("; "))
    }

    #[test]
    fn every_layer_wins_over_those_below_and_is_known_as_the_origin() {
        let home = tempfile::tempdir().unwrap();
        let (user, repository) = (home.path().join("config.toml"), home.path().join("gx.toml"));
        std::fs::write(&user, "metric.name = 'user'\nrun.timeout = '0'").unwrap();
        std::fs::write(&repository, "metric.name = 'repository'").unwrap();
        let mut layers = Layers::default();
        let seen = |layers: &Layers| {
            let loaded = layers.load().unwrap();
            (loaded.config.metric.name, loaded.origins["metric.name"].origin.to_string())
        };
        let expect = |name: &str, origin: &str| (name.to_owned(), origin.to_owned());
        assert_eq!(seen(&layers), expect("val_bpb", "default"));
        layers.user = Some(user.clone());
        assert_eq!(seen(&layers), expect("user", &user.to_string_lossy()));
        layers.repository = Some(repository);
        assert_eq!(seen(&layers), expect("repository", "gx.toml"));
        layers.git = pair("gx.metric.name", "git");
        assert_eq!(seen(&layers), expect("git", "git config"));
        layers.environment = pair("GX_METRIC_NAME", "environment");
        assert_eq!(seen(&layers), expect("environment", "GX_METRIC_NAME"));
        layers.flags = pair("metric.name", "flag");
        assert_eq!(seen(&layers), expect("flag", "--config"));
        let loaded = layers.load().unwrap();
        assert_eq!(loaded.config.run.timeout, None, "what no nearer layer sets stays");
        assert_eq!(loaded.origins["run.timeout"], Setting { value: "0".into(), origin: Origin::User(user) });
    }

    #[test]
    fn values_that_do_not_fit_together_are_told_where_the_first_was_set() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("gx.toml");
        std::fs::write(&path, "[metric]\nsource = 'json'\n").unwrap();
        let mut layers = Layers { repository: Some(path.clone()), ..Layers::default() };
        let (message, hint) = mistake(&layers);
        assert_eq!(message, "gx.toml:2:10: `metric.source` is \"json\", but `metric.file` is empty");
        assert_eq!(hint, "set it under `[metric]`: `file = \"metrics.json\"`");
        layers.flags = pair("metric.source", "regex");
        assert_eq!(
            mistake(&layers).0,
            "--config: `metric.source` is \"regex\", but `metric.pattern` is empty"
        );
        layers.flags = pair("metric.file", "out.json");
        assert!(layers.load().is_ok());
    }

    #[test]
    fn a_file_may_be_absent_but_not_unreadable() {
        let home = tempfile::tempdir().unwrap();
        assert!(Layers { user: Some(home.path().join("none.toml")), ..Layers::default() }.load().is_ok());
        let folder = Layers { user: Some(home.path().to_owned()), ..Layers::default() }.load().unwrap_err();
        assert!(tell(&folder).message.starts_with("cannot read "));
        let binary = home.path().join("gx.toml");
        std::fs::write(&binary, b"\xff").unwrap();
        let binary = Layers { repository: Some(binary), ..Layers::default() };
        assert_eq!(mistake(&binary).0, "gx.toml: is not UTF-8 text");
    }

    #[test]
    fn a_wrong_value_names_its_layer() {
        let wrong = Layers { environment: pair("GX_POLICY_MIN_DELTA", "-1"), ..Layers::default() };
        assert_eq!(mistake(&wrong).0, "GX_POLICY_MIN_DELTA: `policy.min_delta` must be 0 or more, not -1");
        let wrong = Layers { git: pair("gx.policy.crashStreak", "x"), ..Layers::default() };
        assert_eq!(mistake(&wrong).0, "git config: `policy.crash_streak` must be a whole number, not \"x\"");
        let wrong = Layers { flags: pair("run.timeout", "soon"), ..Layers::default() };
        assert!(mistake(&wrong).0.starts_with("--config: `run.timeout` must be a time such as"));
        let wrong = Layers { flags: pair("metric.nmae", "x"), ..Layers::default() };
        assert_eq!(mistake(&wrong).0, "--config: unknown key `metric.nmae`");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_name_or_value_makes_it_panic(name in "[a-zA-Z_.]{0,20}", value in "\\PC*") {
            let known = defaults::settings().keys().map(|key| Layers { flags: pair(key, &value), ..Layers::default() });
            for layers in known.chain([
                Layers { flags: pair(&name, &value), ..Layers::default() },
                Layers { git: pair(&format!("gx.{name}"), &value), ..Layers::default() },
                Layers { environment: pair(&format!("GX_{name}"), &value), ..Layers::default() },
            ]) {
                let _ = layers.load();
            }
        }
    }
}
