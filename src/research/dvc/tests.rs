//! Pipelines as DVC writes them, and broken ones.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;

fn read(files: &[(&str, &str)]) -> Values {
    let files: BTreeMap<String, String> =
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let paths: Vec<String> = files.keys().cloned().collect();
    values(&Files { paths: &paths, read: &|path| Ok(files[path].clone().into_bytes()) }).unwrap()
}

/// A pipeline as DVC 3 writes and reads it; `dvc exp show` gives the same names for it.
const PIPELINE: &str = "
params:
  - other.toml
metrics:
  - results/metrics.json
stages:
  train:
    cmd: python train.py
    params:
      - lr
      - conf.json:
          - model.width
    metrics:
      - eval.yaml:
          cache: false
";

#[test]
fn a_pipeline_names_the_files_and_keys_that_count() {
    let values = read(&[
        ("dvc.yaml", PIPELINE),
        ("params.yaml", "lr: 2.0e-3\nmodel:\n  depth: 8\n  names: [a, b]\n  none:\n"),
        ("conf.json", r#"{"model": {"width": 3, "widthless": 1}, "unused": 1}"#),
        ("other.toml", "[a]\nb = 3\n"),
        ("results/metrics.json", r#"{"val_bpb": 0.97, "acc": {"top1": 0.5}}"#),
        ("eval.yaml", "loss: 1.5\nbad: .nan\n"),
        ("unnamed.json", r#"{"x": 1}"#),
    ]);
    let params =
        json!({"a.b": 3, "lr": 0.002, "model.depth": 8, "model.names": "[\"a\",\"b\"]", "model.width": 3});
    assert_eq!(Value::Object(values.params), params);
    let metrics = json!({"acc.top1": 0.5, "bad": "NaN", "loss": 1.5, "val_bpb": 0.97});
    assert_eq!(Value::Object(values.metrics), metrics);
    assert_eq!(values.unread, BTreeSet::new());
}

#[test]
fn a_key_of_two_files_is_told_apart_only_where_they_disagree() {
    let pipeline = "metrics: [a.json, sub/b.json]";
    let values = read(&[
        ("dvc.yaml", pipeline),
        ("a.json", r#"{"loss": 1, "steps": 5}"#),
        ("sub/b.json", r#"{"loss": 2, "steps": 5}"#),
    ]);
    assert_eq!(Value::Object(values.metrics), json!({"a.json:loss": 1, "steps": 5, "sub/b.json:loss": 2}));
}

#[test]
fn paths_are_relative_to_the_pipeline_and_its_stages_folder() {
    let pipeline = "stages:\n  s:\n    wdir: ../x\n    metrics: [./m.json]\n    params: [k]\n";
    let values =
        read(&[("p/dvc.yaml", pipeline), ("x/m.json", r#"{"m": 1}"#), ("x/params.yaml", "k: 1\nother: 2\n")]);
    assert_eq!((values.metrics.get("m"), values.params.get("k")), (Some(&json!(1)), Some(&json!(1))));
    assert_eq!(values.params.get("other"), None);
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_counts() {
    let pipeline = "metrics: [gone.json, bad.json, live]\nparams: [train.py]\n";
    let values = read(&[
        ("dvc.yaml", pipeline),
        ("bad.json", "{"),
        ("live/metrics.json", r#"{"m": 1}"#),
        ("train.py", "lr = 1"),
        ("params.yaml", "a: [1"),
    ]);
    assert_eq!(Value::Object(values.metrics), json!({"m": 1}));
    let unread: Vec<_> = values.unread.iter().map(String::as_str).collect();
    assert_eq!(unread, ["bad.json", "gone.json", "params.yaml", "train.py"]);
}

#[test]
fn an_experiment_without_a_pipeline_has_its_params() {
    assert_eq!(Value::Object(read(&[("params.yaml", "lr: 1e-3")]).params), json!({"lr": 0.001}));
    assert_eq!(read(&[("train.py", "")]), Values::default());
}
