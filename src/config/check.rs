//! Whether a value is one its key can take, and what is said where it is not.

use toml::Value;

use crate::config::defaults;
use crate::config::nearest::nearest;
use crate::config::schema::{Config, Source};
use crate::error::{Fault, misuse};

/// Checks the value of a known key; a whole number for a fraction comes back as that fraction.
///
/// `place` opens the message: `gx.toml:4:8`, or the name of another layer.
pub fn value(place: &str, key: &str, value: &Value) -> Result<Value, Fault> {
    let default = defaults::settings().get(key);
    let value = match (default, value) {
        (Some(Value::Float(_)), Value::Integer(number)) => Value::Float(*number as f64),
        _ => value.clone(),
    };
    let wrong = |why: &str| wrong_value(place, key, why);
    // The schema is the judge: the defaults with this one value changed must make a configuration.
    let defaults = defaults::settings().iter().map(|(key, value)| (key.as_str(), value));
    match config(defaults.chain([(key, &value)])) {
        Ok(_) => Ok(value),
        Err(error) if error.message().starts_with("invalid ") => {
            Err(wrong(&default.map_or(error.message().to_owned(), |default| mismatch(default, &value))))
        }
        Err(error) => Err(wrong(error.message())),
    }
}

/// A value that its key cannot have.
pub fn wrong_value(place: &str, key: &str, why: &str) -> Fault {
    let told = misuse(format!("{place}: `{key}` {why}"));
    match defaults::settings().get(key) {
        Some(default) => told.hint(format!("the default is `{default}`; `gx config` shows every key")),
        None => told,
    }
}

/// Builds the configuration from keys such as `metric.name`; of two values of one key the later counts.
pub fn config<'a>(settings: impl Iterator<Item = (&'a str, &'a Value)>) -> Result<Config, toml::de::Error> {
    let mut tables = toml::Table::new();
    for (key, value) in settings {
        let (table, name) = key.split_once('.').unwrap_or(("", key));
        let entry = tables.entry(table).or_insert_with(|| Value::Table(toml::Table::new()));
        if let Value::Table(keys) = entry {
            keys.insert(name.to_owned(), value.clone());
        }
    }
    Value::Table(tables).try_into()
}

fn mismatch(default: &Value, value: &Value) -> String {
    let wanted = match default {
        Value::Float(_) => "a number",
        Value::Integer(_) => "a whole number from 0",
        Value::Boolean(_) => "true or false",
        Value::Array(_) => "a list of strings",
        _ => "a string",
    };
    let given = match value {
        Value::Array(items) => match items.iter().find(|item| !item.is_str()) {
            Some(item) if default.is_array() => format!("one with {}", shown(item.type_str())),
            _ => shown("array"),
        },
        Value::Integer(number) if default.is_integer() => number.to_string(),
        _ => shown(value.type_str()),
    };
    format!("must be {wanted}, not {given}")
}

/// A TOML type with its article: "an integer".
pub fn shown(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {kind}")
}

/// Checks what no value can tell alone; `place` names where a key was set.
pub fn together(config: &Config, place: impl Fn(&str) -> String) -> Result<(), Fault> {
    let missing = |key: &str, example: &str| {
        let source = config.metric.source;
        let message =
            format!("{}: `metric.source` is \"{source}\", but `{key}` is empty", place("metric.source"));
        Err(misuse(message).hint(format!("set it under `[metric]`: `{example}`")))
    };
    match config.metric.source {
        Source::Json if config.metric.file.is_empty() => missing("metric.file", "file = \"metrics.json\""),
        Source::Regex if config.metric.pattern.is_empty() => {
            let example = format!("pattern = '{0}=(?P<{0}>[0-9.]+)'", config.metric.name);
            missing("metric.pattern", &example)
        }
        _ => Ok(()),
    }
}

/// A table, or a bare key at the top of a file, that gx does not know.
pub fn unknown_table(place: &str, name: &str, table: bool) -> Fault {
    let kind = if table { "table" } else { "key" };
    let told = misuse(format!("{place}: unknown {kind} `{name}`"));
    if let Some(advice) = homes(name).filter(|_| !table) {
        return told.hint(advice);
    }
    match nearest(name, defaults::tables().into_iter()) {
        Some(table) => told.hint(format!("did you mean `[{table}]`?")),
        None => told.hint(format!(
            "the tables are {}",
            listed(defaults::tables().iter().map(|table| format!("[{table}]")))
        )),
    }
}

/// A key that its table does not have.
pub fn unknown_key(place: &str, table: &str, name: &str) -> Fault {
    let told = misuse(format!("{place}: unknown key `{name}` in `[{table}]`"));
    let keys = defaults::keys(table);
    if let Some(key) = nearest(name, keys.iter().copied()) {
        return told.hint(format!("did you mean `{key}`?"));
    }
    told.hint(
        homes(name)
            .unwrap_or_else(|| format!("its keys are {}", listed(keys.iter().map(ToString::to_string)))),
    )
}

/// A full key such as `metric.nmae`, from a flag, that gx does not know.
pub fn unknown_setting(place: &str, key: &str) -> Fault {
    let told = misuse(format!("{place}: unknown key `{key}`"));
    let (table, name) = key.split_once('.').unwrap_or(("", key));
    let keys = defaults::keys(table);
    let sibling = nearest(name, keys.iter().copied()).map(|name| format!("{table}.{name}"));
    let namesake =
        || defaults::parts().find(|(_, known)| *known == name).map(|(table, _)| format!("{table}.{name}"));
    let close = || nearest(key, defaults::settings().keys().map(String::as_str)).map(str::to_owned);
    match sibling.or_else(close).or_else(namesake) {
        Some(key) => told.hint(format!("did you mean `{key}`?")),
        None if keys.is_empty() => told.hint(format!(
            "keys begin with {}",
            listed(defaults::tables().iter().map(|table| format!("{table}.")))
        )),
        None => {
            told.hint(format!("its keys are {}", listed(keys.iter().map(|name| format!("{table}.{name}")))))
        }
    }
}

/// Where a key stands that was written in the wrong place.
fn homes(name: &str) -> Option<String> {
    let homes: Vec<_> =
        defaults::parts().filter(|(_, key)| *key == name).map(|(table, _)| format!("`[{table}]`")).collect();
    (!homes.is_empty()).then(|| format!("`{name}` stands in {}", homes.join(" and ")))
}

fn listed(words: impl Iterator<Item = String>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
