//! The `gx.toml` that `gx init` writes: only what matters, each line explained.

use crate::config::defaults;

/// The files to start from.
#[derive(Debug)]
pub struct Preset;

const AUTORESEARCH: &str = r#"# How gx runs and judges the experiments of this repository.

[metric]
# The number that decides: bits per byte on the validation set.
name = "val_bpb"
# Less is better.
goal = "lower"
# A value of zero or below means that the evaluation broke, not that the model is perfect.
positive = true

[run]
# What trains; `gx run` needs no other words.
command = ["uv", "run", "train.py"]
# Training stops by itself after 5 minutes; whatever still runs after 10 is killed.
timeout = "10m"
# The file that experiments change; only it is kept and discarded.
editable = ["train.py"]
# The evaluation; a result that was measured with another one does not count.
protected = ["prepare.py"]
# Ignored paths that separate work trees borrow.
link = [".venv"]
"#;

/// The keys of the plain file, each with an example that stands in a comment where the default is empty.
const PLAIN: &[(&str, Option<&str>)] = &[
    ("metric.name", None),
    ("metric.goal", None),
    ("run.command", Some(r#"["python", "train.py", "--lr", "{lr}"]"#)),
    ("run.timeout", None),
    ("run.editable", Some(r#"["train.py"]"#)),
];

impl Preset {
    /// For a repository of autoresearch: `train.py` is changed, `prepare.py` evaluates, `val_bpb` decides.
    pub fn autoresearch() -> &'static str {
        AUTORESEARCH
    }

    /// For any other repository: the defaults, explained in their own words, and examples to fill in.
    pub fn plain() -> String {
        let mut text = String::from("# How gx runs and judges the experiments of this repository.\n");
        let mut last = "";
        for (full, example) in PLAIN {
            let (table, key) = full.split_once('.').unwrap_or(("", full));
            if table != last {
                text += &format!("\n[{table}]\n");
                last = table;
            }
            for line in defaults::comment(full).unwrap_or_default().lines() {
                text += &format!("# {line}\n");
            }
            text += &match (example, defaults::settings().get(*full)) {
                (None, Some(value)) => format!("{key} = {value}\n"),
                (example, _) => format!("# {key} = {}\n", example.unwrap_or_default()),
            };
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::document::{self, Entry};

    fn settings(text: &str) -> Vec<(String, String)> {
        let entries = document::read("gx.toml", text).unwrap();
        entries.into_iter().map(|Entry { key, value, .. }| (key, value.to_string())).collect()
    }

    #[test]
    fn autoresearch_is_set_up_as_its_program_says() {
        let settings = settings(Preset::autoresearch());
        let told: Vec<_> = settings.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        metric.name = "val_bpb"
        metric.goal = "lower"
        metric.positive = true
        run.command = ["uv", "run", "train.py"]
        run.timeout = "10m"
        run.editable = ["train.py"]
        run.protected = ["prepare.py"]
        run.link = [".venv"]
        "#);
    }

    #[test]
    fn the_plain_file_parses_as_it_is_and_with_its_examples_filled_in() {
        let plain = Preset::plain();
        let keys = |text: &str| settings(text).into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        assert_eq!(keys(&plain), ["metric.name", "metric.goal", "run.timeout"]);
        let filled = plain.replace("# command =", "command =").replace("# editable =", "editable =");
        assert_eq!(
            keys(&filled),
            ["metric.name", "metric.goal", "run.command", "run.timeout", "run.editable"]
        );
        assert!(plain.lines().all(|line| line.len() <= 120));
    }
}
