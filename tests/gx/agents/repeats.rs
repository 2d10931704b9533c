//! `gx run --repeat`: one snapshot several times, each an experiment of its own.

use serde_json::{Value, json};

use super::apart::{is_sane, lab};

#[test]
fn repeats_are_experiments_of_one_tree_with_a_seed_each() {
    let lab = lab();
    lab.write("train.py", "0.9\n");
    let script = "printf -- '---\\nval_bpb: 0.9%s\\n' \"$GX_SEED\"";
    let start = ["run", "--json", "--repeat", "3", "--hypothesis", "thrice", "--", "sh", "-c", script];
    lab.gx(&start);
    let all: Vec<Value> = ["exp-2", "exp-3", "exp-4"].iter().map(|id| lab.record(id)).collect();
    assert_eq!(all.iter().map(|one| one["seed"].clone()).collect::<Vec<_>>(), [json!(1), json!(2), json!(3)]);
    assert_eq!(
        all.iter().map(|one| one["value"].clone()).collect::<Vec<_>>(),
        [json!(0.91), json!(0.92), json!(0.93)]
    );
    let trees: Vec<_> = ["exp-2", "exp-3", "exp-4"]
        .iter()
        .map(|id| lab.rev(&format!("refs/experiments/{id}^{{tree}}")))
        .collect();
    assert!(trees.iter().all(|tree| *tree == trees[0]) && all[0]["snapshot"] != all[1]["snapshot"]);
    assert_eq!((lab.rev("HEAD^{tree}"), lab.status()), (trees[0].clone(), String::new()));
    is_sane(&lab);
}

#[test]
fn repeats_that_have_begun_are_named_when_a_later_one_cannot_begin() {
    let lab = lab();
    // A reference below its name keeps the third experiment from getting it.
    lab.git(&["update-ref", "refs/experiments/exp-4/x", "HEAD"]);
    let told = lab.gx(&["run", "--repeat", "3", "--hypothesis", "x", "--", "true"]);
    assert_ne!(told.code, Some(0));
    assert!(told.stderr.contains("exp-2 exp-3 have begun and go on: gx wait exp-2 exp-3"), "{told:?}");
    lab.gx(&["wait", "exp-2", "exp-3"]).exits(12);
}
