//! `gx diff`: what tells two experiments apart beside their code.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::git::diff::Diffstat;
use crate::model::object::ObjectId;
use crate::report::row::Row;

/// The answer of `gx diff`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    /// The first experiment.
    pub a: Row,
    /// The second; without it, the first is compared with its own base.
    pub b: Option<Row>,
    /// The tree that the code diff starts from.
    pub from: ObjectId,
    /// The tree that it goes to.
    pub to: ObjectId,
    /// How much code differs.
    pub stat: Diffstat,
    /// The code diff, in unified form; only where it was asked for as data.
    pub patch: Option<String>,
    /// Metrics of either, by name.
    pub metrics: Vec<Compared>,
    /// Parameters of either, by name.
    pub params: Vec<Compared>,
}

/// A named value on both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// Its name.
    pub name: String,
    /// In the first.
    pub a: Option<Value>,
    /// In the second.
    pub b: Option<Value>,
    /// Second minus first, where both are numbers.
    pub delta: Option<f64>,
}

/// Sets two experiments' named values side by side; the deciding metric of the first comes first.
pub fn compare(
    a: &serde_json::Map<String, Value>,
    b: &serde_json::Map<String, Value>,
    first: &str,
) -> Vec<Compared> {
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let mut rows: Vec<Compared> = names
        .into_iter()
        .map(|name| {
            let (a, b) = (a.get(name).cloned(), b.get(name).cloned());
            let numbers = a.as_ref().and_then(Value::as_f64).zip(b.as_ref().and_then(Value::as_f64));
            Compared { name: name.clone(), delta: numbers.map(|(a, b)| b - a), a, b }
        })
        .collect();
    rows.sort_by_key(|row| row.name != first);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_of_either_side_are_compared_and_the_metric_leads() {
        let (a, b) = (json!({"depth": 8, "val_bpb": 1.0}), json!({"val_bpb": 0.75, "name": "x"}));
        let rows = compare(a.as_object().unwrap(), b.as_object().unwrap(), "val_bpb");
        let names: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.delta)).collect();
        assert_eq!(names, [("val_bpb", Some(-0.25)), ("depth", None), ("name", None)]);
    }
}
