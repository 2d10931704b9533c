//! Eight agents at once, in place and apart: one history, in which everything was measured.

use std::collections::BTreeSet;
use std::thread;

use serde_json::Value;

use crate::support::{Lab, TRAIN};

const AGENTS: usize = 8;
const ROUNDS: usize = 4;

/// What an agent's rounds give: each agent has good and bad ideas, and no two the same value.
fn value(agent: usize, round: usize) -> String {
    let worse = if (agent + round).is_multiple_of(3) { 1000 } else { 0 };
    format!("0.{:04}", 5000 + worse - 100 * round - agent)
}

/// Puts an idea into the agent's own file and the value into train.py, and runs it.
fn try_one(lab: &Lab, agent: usize, round: usize) -> Value {
    let place = format!("../a-{agent}");
    lab.write(format!("{place}/train.py"), format!("{}\n", value(agent, round)));
    lab.write(format!("{place}/own-{agent}.py"), format!("round {round}\n"));
    let hypothesis = format!("agent {agent}, round {round}");
    let mut arguments = vec!["-C", &place, "run", "--json", "--hypothesis", &hypothesis];
    if (agent + round).is_multiple_of(4) {
        arguments.extend(["--isolated", "--put-back"]);
    }
    arguments.push("--");
    arguments.extend(TRAIN);
    let told = lab.gx(&arguments);
    assert!(matches!(told.code, Some(0 | 10 | 11)), "{told:#?}");
    told.json()
}

#[test]
fn eight_agents_at_once_leave_one_history_in_which_everything_was_measured() {
    let lab = Lab::new();
    for agent in 1..=AGENTS {
        lab.write(format!("own-{agent}.py"), "none\n");
    }
    lab.commit("a file for each");
    lab.run("baseline", &[]).exits(0);
    let start = lab.tip();
    lab.gx(&["worktree", "add", "../a", "--count", &AGENTS.to_string()]).exits(0);
    let told: Vec<Value> = thread::scope(|scope| {
        let agents = (1..=AGENTS).map(|agent| {
            let lab = &lab;
            scope.spawn(move || (1..=ROUNDS).map(|round| try_one(lab, agent, round)).collect::<Vec<_>>())
        });
        agents.collect::<Vec<_>>().into_iter().flat_map(|agent| agent.join().unwrap()).collect()
    });
    assert_eq!(lab.states().len(), 1 + AGENTS * ROUNDS);
    each_saw_its_own_edit_only(&lab, &told);
    every_tip_was_measured(&lab, &start);
    the_best_is_the_tip(&lab);
    for agent in 1..=AGENTS {
        // Whatever it was, it is no one's half: each tree is clean or holds its own two files.
        let dirty = lab.git_in(&format!("../a-{agent}"), &["status", "--porcelain"]);
        assert_eq!(dirty, "", "agent {agent}");
    }
    assert_eq!(lab.status(), "");
    lab.fsck();
}

/// What an experiment changed against its base is its agent's file and train.py, and holds what that agent wrote.
fn each_saw_its_own_edit_only(lab: &Lab, told: &[Value]) {
    for one in told {
        let record = lab.record(one["id"].as_str().unwrap());
        let words: Vec<usize> = record["hypothesis"]
            .as_str()
            .unwrap()
            .split(|letter: char| !letter.is_ascii_digit())
            .filter_map(|word| word.parse().ok())
            .collect();
        let (agent, round) = (words[0], words[1]);
        let own = format!("own-{agent}.py");
        assert_eq!(record["changed"], serde_json::json!([own, "train.py"]), "{record:#}");
        let snapshot = record["snapshot"].as_str().unwrap();
        assert_eq!(lab.git(&["show", &format!("{snapshot}:{own}")]), format!("round {round}\n"));
        assert_eq!(lab.git(&["show", &format!("{snapshot}:train.py")]), format!("{}\n", value(agent, round)));
    }
}

/// The tree of every first-parent commit of the tip is that of a kept experiment.
fn every_tip_was_measured(lab: &Lab, start: &str) {
    let states = lab.states();
    let kept = states.iter().filter(|(_, status)| status == "keep");
    let measured: BTreeSet<String> =
        kept.map(|(id, _)| lab.rev(&format!("refs/experiments/{id}^{{tree}}"))).collect();
    let range = format!("{start}..autoresearch/t");
    let line = lab.git(&["log", "--first-parent", "--format=%T", &range]);
    assert!(line.lines().count() > 1, "{line}");
    for tree in line.lines() {
        assert!(measured.contains(tree), "{tree} was never measured");
    }
    // It never went back: each place that it was at holds the one before.
    let moves = lab.git(&["reflog", "--format=%H", "autoresearch/t"]);
    let moves: Vec<&str> = moves.lines().collect();
    for pair in moves.windows(2) {
        lab.git(&["merge-base", "--is-ancestor", pair[1], pair[0]]);
    }
}

/// The best of the tag is the one whose tree the tip has.
fn the_best_is_the_tip(lab: &Lab) {
    let best = lab.gx(&["best", "--json"]).exits(0).json();
    let id = best["tags"][0]["id"].as_str().unwrap_or_else(|| panic!("{best:#}")).to_owned();
    let all = (1..=AGENTS).flat_map(|agent| (1..=ROUNDS).map(move |round| value(agent, round)));
    let least = all.min().unwrap();
    assert_eq!(lab.git(&["show", &format!("refs/experiments/{id}:train.py")]), format!("{least}\n"));
    assert_eq!(lab.rev("autoresearch/t^{tree}"), lab.rev(&format!("refs/experiments/{id}^{{tree}}")));
}
