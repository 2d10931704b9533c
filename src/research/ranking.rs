//! Which experiment is best, among those that can be compared.

use std::collections::BTreeMap;

use crate::model::leader::Leader;
use crate::model::outcome::Best;
use crate::model::verdict::{Goal, better};

/// Which results of other clones count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// Those on hardware like that of this clone's own best; where it has none, on what most of them ran on.
    Comparable,
    /// All.
    AnyHardware,
}

/// The best of a tag.
#[derive(Clone, Debug, PartialEq)]
pub struct Champion {
    /// Which, and its value.
    pub best: Best,
    /// Better ones that do not count: of each other kind of hardware the best one.
    pub left_out: Vec<Leader>,
}

/// The best result of a tag that this clone has made itself: verdicts compare with nothing else.
pub fn own_best(leaders: &[Leader], tag: &str) -> Option<Best> {
    let own = leaders.iter().find(|leader| leader.tag == tag && leader.id.site().is_none());
    own.map(|leader| Best { id: leader.id.clone(), value: leader.value })
}

/// The best result of every tag that has one; of equal ones that of the first experiment.
pub fn bests(leaders: &[Leader], goal: Goal, among: Among) -> BTreeMap<&str, Champion> {
    let mut tags: BTreeMap<&str, Vec<&Leader>> = BTreeMap::new();
    for leader in leaders {
        tags.entry(&leader.tag).or_default().push(leader);
    }
    tags.into_iter().filter_map(|(tag, leaders)| Some((tag, champion(leaders, goal, among)?))).collect()
}

fn champion(mut leaders: Vec<&Leader>, goal: Goal, among: Among) -> Option<Champion> {
    leaders.sort_by(|a, b| a.id.cmp(&b.id));
    let own = leaders.iter().find(|leader| leader.id.site().is_none());
    let most = || leaders.iter().rev().max_by_key(|leader| leader.results);
    let reference = own.or_else(most)?.hardware.clone();
    let counts = |leader: &Leader| {
        among == Among::AnyHardware || leader.id.site().is_none() || leader.hardware == reference
    };
    let mut best: Option<&Leader> = None;
    for leader in leaders.iter().copied().filter(|leader| counts(leader)) {
        if best.is_none_or(|best| better(goal, leader.value, best.value)) {
            best = Some(leader);
        }
    }
    let best = best?;
    let left_out = leaders.iter().filter(|leader| !counts(leader) && better(goal, leader.value, best.value));
    Some(Champion {
        best: Best { id: best.id.clone(), value: best.value },
        left_out: left_out.map(|leader| (*leader).clone()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::ExperimentId;
    use crate::model::leader::Leaders;
    use crate::model::summary::Summary;

    /// Kept results: id, tag, status, value, cards.
    fn leaders(rows: &[(&str, &str, &str, Option<f64>, &str)], goal: Goal) -> Vec<Leader> {
        let fold = |(id, tag, status, value, card): &(&str, &str, &str, Option<f64>, &str)| {
            let value = value.map_or("null".to_owned(), |value| value.to_string());
            let cards = if card.is_empty() { String::new() } else { format!("{{\"name\":\"{card}\"}}") };
            let note = format!(
                "{{\"at\":\"2026-03-08T00:00:00.000000Z\",\"tag\":\"{tag}\",\"status\":\"{status}\",\"value\":{value},\"gpus\":[{cards}]}}"
            );
            (id.parse::<ExperimentId>().unwrap(), Summary::fold(note.as_bytes()))
        };
        Leaders::of(&rows.iter().map(fold).collect::<Vec<_>>(), goal)
    }

    #[test]
    fn the_best_is_kept_of_this_tag_and_the_first_of_equals() {
        let rows = [
            ("exp-1", "a", "keep", Some(2.0), ""),
            ("exp-2", "a", "discard", Some(0.5), ""),
            ("exp-3", "b", "keep", Some(0.1), ""),
            ("exp-4", "a", "keep", Some(1.0), ""),
            ("exp-5", "a", "keep", Some(1.0), ""),
            ("exp-6", "a", "keep", None, ""),
        ];
        let lower = leaders(&rows, Goal::Lower);
        let found = own_best(&lower, "a").unwrap();
        assert_eq!((found.id.to_string().as_str(), found.value), ("exp-4", 1.0));
        assert_eq!(own_best(&leaders(&rows, Goal::Higher), "a").unwrap().value, 2.0);
        assert_eq!(own_best(&lower, "c"), None);
        assert_eq!(bests(&lower, Goal::Lower, Among::Comparable)["b"].best.value, 0.1);
    }

    #[test]
    fn results_of_other_clones_count_on_like_hardware_only_and_never_for_verdicts() {
        let rows = [
            ("exp-1", "a", "keep", Some(1.0), "H100"),
            ("lab-b/exp-1", "a", "keep", Some(0.9), "H100"),
            ("lab-b/exp-2", "a", "keep", Some(0.5), "B200"),
            ("lab-b/exp-3", "a", "keep", Some(0.6), ""),
        ];
        let all = leaders(&rows, Goal::Lower);
        let champion = &bests(&all, Goal::Lower, Among::Comparable)["a"];
        assert_eq!(champion.best.id.to_string(), "lab-b/exp-1");
        let left_out: Vec<_> = champion.left_out.iter().map(|leader| leader.id.to_string()).collect();
        assert_eq!(left_out, ["lab-b/exp-2", "lab-b/exp-3"]);
        let any = &bests(&all, Goal::Lower, Among::AnyHardware)["a"];
        assert_eq!((any.best.id.to_string().as_str(), any.left_out.len()), ("lab-b/exp-2", 0));
        assert_eq!(own_best(&all, "a").unwrap().id.to_string(), "exp-1");
    }

    #[test]
    fn without_an_own_result_what_most_ran_on_is_the_measure() {
        let rows = [
            ("lab-b/exp-1", "a", "keep", Some(0.5), "B200"),
            ("lab-b/exp-2", "a", "keep", Some(0.9), "H100"),
            ("lab-b/exp-3", "a", "keep", Some(0.8), "H100"),
        ];
        let all = leaders(&rows, Goal::Lower);
        let champion = &bests(&all, Goal::Lower, Among::Comparable)["a"];
        assert_eq!((champion.best.id.to_string().as_str(), champion.left_out.len()), ("lab-b/exp-3", 1));
        // No cards on both sides are like hardware too.
        let none = [("exp-1", "a", "keep", Some(1.0), ""), ("lab-b/exp-1", "a", "keep", Some(0.9), "")];
        let all = leaders(&none, Goal::Lower);
        assert_eq!(bests(&all, Goal::Lower, Among::Comparable)["a"].best.id.to_string(), "lab-b/exp-1");
    }
}
