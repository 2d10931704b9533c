//! The formats of parameters and metrics: YAML, JSON and TOML, as one kind of value.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Number, Value};

/// Deeper than this nothing is looked for.
const DEPTH: usize = 32;

/// The content of a file, by its extension; nothing where that is none of them or the text is not well formed.
pub(super) fn parse(path: &str, content: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(content).ok()?;
    match path.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
        "yaml" | "yml" => match Yaml::load_from_str(text).ok()?.first() {
            Some(document) => of_yaml(document, DEPTH),
            None => Some(Value::Object(Map::new())),
        },
        "json" => serde_json::from_str(text).ok(),
        "toml" => toml::from_str(text).ok(),
        _ => None,
    }
}

fn of_yaml(yaml: &Yaml<'_>, depth: usize) -> Option<Value> {
    if depth == 0 {
        return None;
    }
    Some(match yaml {
        Yaml::Value(scalar) => of_scalar(scalar),
        Yaml::Sequence(items) => {
            items.iter().map(|item| of_yaml(item, depth - 1)).collect::<Option<Value>>()?
        }
        Yaml::Mapping(entries) => {
            let entry = |(key, value): (&Yaml<'_>, &Yaml<'_>)| {
                let name = match of_yaml(key, depth - 1)? {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                Some((name, of_yaml(value, depth - 1)?))
            };
            Value::Object(entries.iter().map(entry).collect::<Option<Map<_, _>>>()?)
        }
        Yaml::Tagged(_, inner) => of_yaml(inner, depth - 1)?,
        Yaml::Representation(text, ..) => Value::from(text.as_ref()),
        Yaml::Alias(_) | Yaml::BadValue => return None,
    })
}

fn of_scalar(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(flag) => Value::from(*flag),
        Scalar::Integer(number) => Value::from(*number),
        // JSON has no word for what is not finite; DVC's own output writes it as text too.
        Scalar::FloatingPoint(number) => Number::from_f64(number.into_inner())
            .map_or_else(|| Value::from(number.to_string()), Value::Number),
        Scalar::String(text) => Value::from(text.as_ref()),
    }
}

/// The leaves of a value by their dotted names; a list is one leaf, as text.
pub(super) fn flat(value: &Value) -> Vec<(String, Value)> {
    let mut leaves = Vec::new();
    descend(value, "", &mut leaves);
    leaves
}

fn descend(value: &Value, name: &str, leaves: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                descend(value, &name, leaves);
            }
        }
        Value::Null => {}
        // A file that is no table has no names.
        _ if name.is_empty() => {}
        Value::Array(_) => leaves.push((name.to_owned(), Value::from(value.to_string()))),
        _ => leaves.push((name.to_owned(), value.clone())),
    }
}
