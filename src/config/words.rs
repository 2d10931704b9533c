//! Values that come as text, from Git, the environment or a flag, turned into what their key wants.

use toml::Value;

/// Reads `text` as the type of the key's default; the error completes "`policy.min_delta` …".
pub fn value(key: &str, text: &str, default: &Value) -> Result<Value, String> {
    let word = text.trim();
    match default {
        Value::Float(_) => {
            word.parse().map(Value::Float).map_err(|_| format!("must be a number, not {text:?}"))
        }
        Value::Integer(_) => {
            word.parse().map(Value::Integer).map_err(|_| format!("must be a whole number, not {text:?}"))
        }
        Value::Boolean(_) => {
            truth(word).map(Value::Boolean).ok_or(format!("must be true or false, not {text:?}"))
        }
        Value::Array(_) => {
            list(key, word).map(|words| words.into_iter().map(Value::String).collect::<Vec<_>>().into())
        }
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// The spellings of Git, plus 1 and 0.
fn truth(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// A JSON or TOML array of strings, or plain words: those of a command lie between spaces, others between
/// commas.
fn list(key: &str, text: &str) -> Result<Vec<String>, String> {
    if text.starts_with('[') && text.ends_with(']') {
        let json = serde_json::from_str(text).ok();
        let toml = || text.parse::<Value>().ok()?.try_into().ok();
        return json
            .or_else(toml)
            .ok_or(format!("must be a list of strings such as [\"a\", \"b\"], not {text:?}"));
    }
    let words = |text: &str, between: fn(char) -> bool| -> Vec<String> {
        text.split(between).map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    Ok(if key == "run.command" {
        words(text, char::is_whitespace)
    } else {
        words(text, |letter| letter == ',')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::defaults;
    use proptest::prelude::*;

    fn read(key: &str, text: &str) -> Result<Value, String> {
        value(key, text, &defaults::settings()[key])
    }

    fn strings(key: &str, text: &str) -> Vec<String> {
        read(key, text).unwrap().try_into().unwrap()
    }

    #[test]
    fn text_takes_the_type_of_its_key() {
        assert_eq!(read("policy.min_delta", "1e-3"), Ok(Value::Float(0.001)));
        assert_eq!(read("policy.crash_streak", " 5 "), Ok(Value::Integer(5)));
        assert_eq!(read("metric.positive", "1"), Ok(Value::Boolean(true)));
        assert_eq!(read("metric.positive", "False"), Ok(Value::Boolean(false)));
        assert_eq!(read("metric.name", "3"), Ok(Value::String("3".to_owned())));
        assert_eq!(read("policy.min_delta", "x"), Err("must be a number, not \"x\"".to_owned()));
        assert_eq!(read("policy.crash_streak", "1.5"), Err("must be a whole number, not \"1.5\"".to_owned()));
        assert_eq!(read("metric.positive", "maybe"), Err("must be true or false, not \"maybe\"".to_owned()));
    }

    #[test]
    fn a_list_is_an_array_or_plain_words() {
        assert_eq!(strings("run.command", "uv run  train.py"), ["uv", "run", "train.py"]);
        assert_eq!(strings("run.command", r#"["sh", "-c", "a, b"]"#), ["sh", "-c", "a, b"]);
        assert_eq!(strings("run.command", "['python', 'my file.py',]"), ["python", "my file.py"]);
        assert_eq!(strings("run.editable", "train.py, src/my model.py,"), ["train.py", "src/my model.py"]);
        assert!(strings("run.editable", "").is_empty());
        assert!(read("run.editable", "[1, 2]").unwrap_err().starts_with("must be a list of strings"));
        assert!(read("run.editable", "[1]\nx=[2]").unwrap_err().starts_with("must be a list of strings"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*|\\[[\"'a, \\]\\[]*\\]") {
            for (key, default) in defaults::settings() {
                let _ = value(key, &text, default);
            }
        }
    }
}
