//! What DVC's experiments say: the parameters and metrics in the files that their `dvc.yaml` names.
//!
//! Source: DVC's reference of `dvc.yaml` (top-level `params` and `metrics`, `params`, `metrics` and `outs` of
//! stages), and its habit of reading `params.yaml` whole.

mod data;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::{Map, Value};

/// The file whose parameters always count.
const PARAMS: &str = "params.yaml";

/// The files of an experiment.
pub struct Files<'a> {
    /// All their paths, from the top.
    pub paths: &'a [String],
    /// The content of one of them.
    pub read: &'a dyn Fn(&str) -> Result<Vec<u8>>,
}

/// What was found in them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    /// Parameters by name: `lr`, `model.depth`.
    pub params: Map<String, Value>,
    /// Metrics by name, numbers where they are.
    pub metrics: Map<String, Value>,
    /// Files that were named and could not be read: not in Git, or not of a known format.
    pub unread: BTreeSet<String>,
}

/// Which of the keys of a file count.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    Whole,
    Keys(BTreeSet<String>),
}

impl Part {
    fn admits(&self, key: &str) -> bool {
        let is_inside = |wanted: &String| {
            key.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        match self {
            Self::Whole => true,
            Self::Keys(keys) => keys.iter().any(is_inside),
        }
    }
}

/// The files that all `dvc.yaml` of an experiment name.
#[derive(Debug, Default)]
struct Named {
    params: BTreeMap<String, Part>,
    metrics: BTreeSet<String>,
}

/// Reads the parameters and metrics of an experiment.
///
/// A key that several files have with different values is told apart as DVC does it: `eval.json:loss`.
///
/// # Errors
/// A file cannot be read out of the repository; one that is not understood is only named.
pub fn values(files: &Files<'_>) -> Result<Values> {
    let mut named = Named::default();
    let mut values = Values::default();
    for path in files.paths.iter().filter(|path| *path == "dvc.yaml" || path.ends_with("/dvc.yaml")) {
        match data::parse(path, &(files.read)(path)?) {
            Some(pipeline) => named.take(&pipeline, path.trim_end_matches("dvc.yaml")),
            None => drop(values.unread.insert(path.clone())),
        }
    }
    if files.paths.iter().any(|path| path == PARAMS) {
        named.params.insert(PARAMS.to_owned(), Part::Whole);
    }
    let params: Vec<_> = named.params.into_iter().collect();
    let metrics: Vec<_> = named.metrics.into_iter().map(|path| (path, Part::Whole)).collect();
    values.params = collect(files, &params, &mut values.unread)?;
    values.metrics = collect(files, &metrics, &mut values.unread)?;
    Ok(values)
}

impl Named {
    fn take(&mut self, pipeline: &Value, folder: &str) {
        self.take_params(pipeline.get("params"), folder, "");
        self.take_metrics(pipeline.get("metrics"), folder);
        for stage in pipeline.get("stages").and_then(Value::as_object).into_iter().flat_map(Map::values) {
            // Paths of a stage are below its `wdir`.
            let folder = match stage.get("wdir").and_then(Value::as_str) {
                Some(dir) => format!("{folder}{}/", dir.trim_end_matches('/')),
                None => folder.to_owned(),
            };
            self.take_params(stage.get("params"), &folder, PARAMS);
            self.take_metrics(stage.get("metrics"), &folder);
        }
    }

    /// A plain word is a file in the list at the top, and a key of `default` in that of a stage.
    fn take_params(&mut self, list: Option<&Value>, folder: &str, default: &str) {
        for item in list.and_then(Value::as_array).into_iter().flatten() {
            match item {
                Value::String(file) if default.is_empty() => self.add_params(folder, file, None),
                Value::String(key) => self.add_params(folder, default, Some(key)),
                Value::Object(files) => {
                    for (file, keys) in files {
                        let keys: Vec<&str> =
                            keys.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                        keys.iter().for_each(|key| self.add_params(folder, file, Some(key)));
                        if keys.is_empty() {
                            self.add_params(folder, file, None);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn add_params(&mut self, folder: &str, file: &str, key: Option<&str>) {
        let part = self.params.entry(joined(folder, file)).or_insert_with(|| Part::Keys(BTreeSet::new()));
        match (key, part) {
            (None, part) => *part = Part::Whole,
            (Some(key), Part::Keys(keys)) => drop(keys.insert(key.to_owned())),
            (Some(_), Part::Whole) => {}
        }
    }

    fn take_metrics(&mut self, list: Option<&Value>, folder: &str) {
        for item in list.and_then(Value::as_array).into_iter().flatten() {
            match item {
                Value::String(file) => drop(self.metrics.insert(joined(folder, file))),
                Value::Object(files) => {
                    self.metrics.extend(files.keys().map(|file| joined(folder, file)));
                }
                _ => {}
            }
        }
    }
}

/// A path below a folder, without `.` and `..`.
fn joined(folder: &str, file: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(file.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn collect(
    files: &Files<'_>,
    wanted: &[(String, Part)],
    unread: &mut BTreeSet<String>,
) -> Result<Map<String, Value>> {
    let mut found: Vec<(String, String, Value)> = Vec::new();
    for (path, part) in wanted {
        let below = format!("{path}/");
        // A metric may be a folder, as DVCLive's are.
        let mut read = files.paths.iter().filter(|file| *file == path || file.starts_with(&below)).peekable();
        if read.peek().is_none() {
            unread.insert(path.clone());
        }
        for file in read {
            match data::parse(file, &(files.read)(file)?) {
                Some(value) => {
                    let flat = data::flat(&value).into_iter().filter(|(key, _)| part.admits(key));
                    found.extend(flat.map(|(key, value)| (key, file.clone(), value)));
                }
                None => drop(unread.insert(file.clone())),
            }
        }
    }
    let mut all = Map::new();
    for (key, file, value) in &found {
        let differs = found.iter().any(|(other, _, also)| other == key && also != value);
        let name = if differs { format!("{file}:{key}") } else { key.clone() };
        all.insert(name, value.clone());
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
