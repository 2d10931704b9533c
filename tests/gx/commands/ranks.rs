//! `gx best`, `gx near`, `gx tags`: what ranks, as things stand now.

use serde_json::json;

use crate::support::Lab;

#[test]
fn best_names_the_best_of_each_tag_and_how_far_it_has_come() {
    let lab = Lab::with_series();
    insta::assert_snapshot!(lab.screen(&["best"]), @"
    exp-2  val_bpb 0.990000  halve the batch: more steps in the budget
    tag     t: 5 experiments, better than the first by 0.010000 (+1.00 %)
    code    #######   (gx diff exp-2, gx restore exp-2 --into DIR)
    ");
    lab.run("another session", &["--tag", "other"]).exits(0);
    let told = lab.gx(&["best", "--json"]).exits(0).json();
    let ids: Vec<_> = told["tags"].as_array().unwrap().iter().map(|best| best["id"].clone()).collect();
    assert_eq!(ids, [json!("exp-6"), json!("exp-2")]);
    let told = lab.gx(&["best", "--tag", "t", "--json"]).exits(0).json();
    assert_eq!((&told["tags"][0]["id"], &told["tags"][1]), (&json!("exp-2"), &json!(null)));
}

#[test]
fn near_misses_are_judged_anew_when_the_best_moves() {
    let lab = Lab::with_series();
    lab.idea("0.9915", "a longer warm-down", "scheduling", 11);
    insta::assert_snapshot!(lab.screen(&["near"]), @"
    id      val_bpb     behind  category    hypothesis
    exp-3  0.990500  +0.000500  activation  GELU instead of ReLU squared
    exp-6  0.991500  +0.001500  scheduling  a longer warm-down
    ");
    lab.idea("0.9889", "a shorter warm-down", "scheduling", 0);
    let near = |lab: &Lab| {
        let told = lab.gx(&["near", "--json"]).exits(0).json();
        let rows = told["experiments"].as_array().unwrap().clone();
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(near(&lab), ["exp-3"], "exp-6 is no longer within 0.002 of the best");
    lab.gx(&["discard", "exp-7", "--reason", "the seed"]).exits(0);
    assert_eq!(
        near(&lab),
        ["exp-7", "exp-3", "exp-6"],
        "and a better one that was discarded is nearer still"
    );
    insta::assert_snapshot!(lab.screen(&["near"]), @"
    id      val_bpb     behind  category    hypothesis
    exp-7  0.988900  -0.001100  scheduling  a shorter warm-down
    exp-3  0.990500  +0.000500  activation  GELU instead of ReLU squared
    exp-6  0.991500  +0.001500  scheduling  a longer warm-down
    ");
}

#[test]
fn tags_count_what_became_of_their_runs() {
    let lab = Lab::with_series();
    lab.run("another session", &["--tag", "other"]).exits(0);
    insta::assert_snapshot!(lab.screen(&["tags"]), @"
    tag    runs  keep  near  discard  failed  best      value  last
    other     1     1     0        0       0  exp-6  0.990000  2026-03-08 00:00
    t         5     2     1        1       1  exp-2  0.990000  2026-03-08 00:00
    ");
    let told = lab.gx(&["tags", "--json"]).exits(0).json();
    assert_eq!(told["tags"][1]["by_status"], json!({"crash": 1, "discard": 1, "keep": 2, "near-miss": 1}));
}
