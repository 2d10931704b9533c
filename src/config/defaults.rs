//! The built-in layer: every key with its default and its comment, as `default.toml` has them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use toml::Value;

/// The reference of every key: a complete configuration file with comments.
pub const TEXT: &str = include_str!("default.toml");

static SETTINGS: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let tables: toml::Table = TEXT.parse().expect("the embedded default.toml is tested to be valid");
    let mut settings = BTreeMap::new();
    for (table, keys) in &tables {
        for (key, value) in keys.as_table().into_iter().flatten() {
            settings.insert(format!("{table}.{key}"), value.clone());
        }
    }
    settings
});

/// Every key, such as `metric.name`, with its default.
pub fn settings() -> &'static BTreeMap<String, Value> {
    &SETTINGS
}

/// The names of the tables, in alphabetical order.
pub fn tables() -> Vec<&'static str> {
    let mut tables: Vec<_> = parts().map(|(table, _)| table).collect();
    tables.dedup();
    tables
}

/// The keys of one table, without its name; none where no such table is known.
pub fn keys(table: &str) -> Vec<&'static str> {
    parts().filter(|(name, _)| *name == table).map(|(_, key)| key).collect()
}

/// Every key as its table and its name: `("metric", "name")`.
pub fn parts() -> impl Iterator<Item = (&'static str, &'static str)> {
    SETTINGS.keys().filter_map(|key| key.split_once('.'))
}

/// The comment above a key such as `metric.name`, its lines joined by line ends, without the `#`.
pub fn comment(key: &str) -> Option<String> {
    let (table, name) = key.split_once('.')?;
    let mut lines = TEXT.lines().skip_while(|line| *line != format!("[{table}]")).skip(1);
    let mut comment = Vec::new();
    loop {
        let line = lines.next().filter(|line| !line.starts_with('['))?;
        match line.strip_prefix('#') {
            Some(text) => comment.push(text.trim()),
            None if line.split_once(" = ").is_some_and(|(left, _)| left == name) => break,
            None => comment.clear(),
        }
    }
    Some(comment.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::globs::Globs;
    use crate::config::schema::Config;

    #[test]
    fn the_default_file_is_a_valid_configuration_that_sets_every_key_of_the_schema() {
        // A field that the file lacked would be missing here, a key without a field unknown.
        let config: Config = toml::from_str(TEXT).unwrap();
        assert_eq!(config.metric.name, "val_bpb");
        assert_eq!(config.run.timeout.map(|time| time.as_secs()), Some(600));
        assert_eq!(config.snapshot.max_file, 10 << 20);
        assert!(config.run.command.is_empty());
    }

    #[test]
    fn the_default_secrets_are_found_at_any_depth() {
        let config: Config = toml::from_str(TEXT).unwrap();
        let never = Globs::new(&config.snapshot.never).unwrap();
        for path in [
            ".env",
            "app/.env.local",
            ".env-prod",
            "tls/server.key",
            "id_ed25519",
            ".ssh/config",
            "x/.aws/credentials",
        ] {
            assert!(never.matches(path.as_bytes()), "{path}");
        }
        for path in ["train.py", "environment.yml", "keys.py", "src/env/a.py", "model/token.py"] {
            assert!(!never.matches(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn every_key_has_a_comment() {
        for key in settings().keys() {
            assert!(comment(key).is_some_and(|comment| !comment.is_empty()), "{key}");
        }
        assert_eq!(comment("metric.goal").as_deref(), Some("Which way is better: \"lower\" or \"higher\"."));
        assert_eq!(comment("metric.gaol"), None);
    }
}
