//! Which experiment is best, which came close, and how many crashed in a row.

use std::collections::BTreeMap;

use crate::model::id::{ExperimentId, Named};
use crate::model::outcome::Best;
use crate::model::status::Status;
use crate::model::summary::Summary;
use crate::model::verdict::{Goal, better};

/// The best kept result of a tag; of equal ones the first.
pub fn best<N: Named>(all: &[(N, Summary)], tag: &str, goal: Goal) -> Option<Best> {
    bests(all, goal).remove(tag)
}

/// The best kept result of every tag that has one.
pub fn bests<N: Named>(all: &[(N, Summary)], goal: Goal) -> BTreeMap<&str, Best> {
    let mut bests: BTreeMap<&str, Best> = BTreeMap::new();
    for (named, summary) in all.iter().filter(|(_, summary)| summary.status == Status::Keep) {
        let Some(value) = summary.value else { continue };
        let is_better = bests.get(summary.tag.as_str()).is_none_or(|best| better(goal, value, best.value));
        if is_better {
            bests.insert(&summary.tag, Best { id: named.id().clone(), value });
        }
    }
    bests
}

/// How many of a tag's last experiments crashed in a row, when `id` ends with `status`.
///
/// Only `crash` counts; anything else that has come to its end breaks the row.
pub fn crashes_in_a_row<N: Named>(all: &[(N, Summary)], tag: &str, status: Status, id: &ExperimentId) -> u32 {
    if status != Status::Crash {
        return 0;
    }
    let mut ended: Vec<_> = all
        .iter()
        .filter(|(named, summary)| summary.tag == tag && summary.status.is_final() && named.id() != id)
        .collect();
    ended.sort_by(|a, b| (&a.1.finished, a.0.id()).cmp(&(&b.1.finished, b.0.id())));
    let before = ended.iter().rev().take_while(|(_, summary)| summary.status == Status::Crash).count();
    1 + u32::try_from(before).unwrap_or(u32::MAX - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(rows: &[(&str, &str, Option<f64>)]) -> Vec<(ExperimentId, Summary)> {
        let fold = |(number, (tag, status, value)): (usize, &(&str, &str, Option<f64>))| {
            let value = value.map_or("null".to_owned(), |value| value.to_string());
            let note = format!(
                "{{\"at\":\"2026-03-08T00:00:00.000000Z\",\"tag\":\"{tag}\",\"status\":\"{status}\",\"value\":{value}}}"
            );
            (ExperimentId::local(number as u64 + 1), Summary::fold(note.as_bytes()))
        };
        rows.iter().enumerate().map(fold).collect()
    }

    #[test]
    fn the_best_is_kept_of_this_tag_and_the_first_of_equals() {
        let rows = [
            ("a", "keep", Some(2.0)),
            ("a", "discard", Some(0.5)),
            ("b", "keep", Some(0.1)),
            ("a", "keep", Some(1.0)),
            ("a", "keep", Some(1.0)),
            ("a", "keep", None),
        ];
        let found = best(&all(&rows), "a", Goal::Lower).unwrap();
        assert_eq!((found.id.to_string().as_str(), found.value), ("exp-4", 1.0));
        assert_eq!(best(&all(&rows), "a", Goal::Higher).unwrap().value, 2.0);
        assert_eq!(best(&all(&rows), "c", Goal::Lower), None);
    }

    #[test]
    fn only_crashes_in_a_row_of_the_tag_count() {
        let id = ExperimentId::local(9);
        let crash = ("a", "crash", None);
        let streak = |rows: &[_]| crashes_in_a_row(&all(rows), "a", Status::Crash, &id);
        assert_eq!(streak(&[crash, crash]), 3);
        assert_eq!(streak(&[crash, ("a", "timeout", None), crash]), 2);
        assert_eq!(streak(&[crash, ("b", "keep", Some(1.0)), ("a", "running", None)]), 2);
        assert_eq!(streak(&[]), 1);
        assert_eq!(crashes_in_a_row(&all(&[crash]), "a", Status::Keep, &id), 0);
    }
}
