//! Two better results on one base: the later keep stands on the earlier one, and what it leaves out is named.

use serde_json::json;

use super::tip::does;
use super::{Slow, lab};

#[test]
fn the_second_of_two_keeps_merges_and_the_tip_holds_exactly_what_was_measured() {
    let lab = lab();
    lab.write("../a-1/model.py", "large\n");
    let slow = Slow::start(&lab, "../a-1", "slow", "0.7", &[]);
    lab.gx_in("../a-2", "0.9", &[]).exits(0);
    let first = lab.tip();
    let told = slow.ends(&lab, 0);
    let kept = lab.record("exp-2")["kept_commit"].as_str().unwrap().to_owned();
    assert_eq!(lab.git(&["log", "-1", "--format=%P", "autoresearch/t"]).trim(), format!("{first} {kept}"));
    assert_eq!(lab.rev("autoresearch/t^{tree}"), lab.rev("refs/experiments/exp-2^{tree}"));
    assert_eq!(lab.git_in("../a-1", &["rev-parse", "HEAD"]), lab.tip());
    assert_eq!(
        (lab.read("../a-1/train.py"), lab.read("../a-1/model.py")),
        ("1.0\n".into(), "large\n".into())
    );
    assert_eq!(lab.git_in("../a-1", &["status", "--porcelain"]), "");
    assert_eq!((lab.read("train.py"), lab.status()), ("1.0\n".into(), String::new()));
    assert_eq!((&told["tree"]["superseded"], &told["base_result"]), (&json!(["exp-3"]), &json!("exp-1")));
    assert_eq!(
        (&told["best_before"], &told["tree"]["combine"]),
        (&json!("exp-3"), &json!("gx restore exp-3"))
    );
    // What it was against its own base stands in the record.
    assert_eq!(lab.record("exp-2")["base_result"], json!({"id": "exp-1", "value": 1.0}));
    let shown = lab.gx(&["show", "exp-2", "--json"]).exits(0).json();
    assert_eq!(shown["record"]["base_result"]["id"], "exp-1");
    // Both together, as it was said.
    does(&lab, "../a-1", told["tree"]["combine"].as_str().unwrap());
    assert_eq!(
        (lab.read("../a-1/train.py"), lab.read("../a-1/model.py")),
        ("0.9\n".into(), "large\n".into())
    );
    let both = Slow::start(&lab, "../a-1", "both", "0.6", &[]).ends(&lab, 0);
    assert_eq!(lab.record(both["id"].as_str().unwrap())["changed"], json!(["train.py"]));
    assert_eq!(lab.rev("autoresearch/t~2"), first);
    lab.fsck();
}

#[test]
fn all_that_were_kept_meanwhile_are_named_and_come_back_in_their_order() {
    let lab = lab();
    lab.write("../a-1/model.py", "large\n");
    let slow = Slow::start(&lab, "../a-1", "slow", "0.7", &[]);
    lab.gx_in("../a-2", "0.9", &[]).exits(0);
    lab.write("../a-2/README.md", "better\n");
    Slow::start(&lab, "../a-2", "quick", "0.8", &[]).ends(&lab, 0);
    let told = slow.ends(&lab, 0);
    assert_eq!(told["tree"]["superseded"], json!(["exp-4", "exp-3"]));
    does(&lab, "../a-1", told["tree"]["combine"].as_str().unwrap());
    assert_eq!(lab.git_in("../a-1", &["diff", "--name-only", "HEAD"]), "README.md\ntrain.py");
}

#[test]
fn one_that_is_worse_than_what_was_kept_meanwhile_never_takes_its_place() {
    let lab = lab();
    lab.write("../a-1/model.py", "large\n");
    let slow = Slow::start(&lab, "../a-1", "slow", "0.95", &[]);
    lab.gx_in("../a-2", "0.9", &[]).exits(0);
    let tip = lab.tip();
    let told = slow.ends(&lab, 10);
    assert_eq!((lab.tip(), &told["best_before"]), (tip, &json!("exp-3")));
    assert_eq!(lab.record("exp-2")["base_result"]["id"], "exp-1");
    // Neither does one that a person keeps although it is worse.
    let told = lab.gx(&["-C", "../a-1", "show", "exp-2"]).exits(0);
    assert!(told.stdout.contains("discard"), "{told:?}");
}

#[test]
fn the_policy_can_offer_a_replay_instead() {
    let lab = lab();
    lab.write("../a-1/model.py", "large\n");
    let slow = Slow::start(&lab, "../a-1", "slow", "0.7", &["--config", "policy.stale=near-miss"]);
    lab.gx_in("../a-2", "0.9", &[]).exits(0);
    let tip = lab.tip();
    let told = slow.ends(&lab, 11);
    assert_eq!((lab.tip(), lab.git_in("../a-1", &["rev-parse", "HEAD"])), (tip.clone(), tip));
    assert!(told["reason"].as_str().unwrap().contains("gx restore exp-2"), "{told:#}");
    does(&lab, "../a-1", "gx restore exp-2");
    assert_eq!(
        (lab.read("../a-1/train.py"), lab.read("../a-1/model.py")),
        ("0.9\n".into(), "large\n".into())
    );
    let both =
        Slow::start(&lab, "../a-1", "both", "0.6", &["--config", "policy.stale=near-miss"]).ends(&lab, 0);
    assert_eq!(both["tree"]["superseded"], json!([]));
}

#[test]
fn a_run_on_the_branch_itself_merges_as_well() {
    let lab = lab();
    lab.write("model.py", "large\n");
    let slow = Slow::start(&lab, ".", "slow", "0.7", &[]);
    lab.gx_in("../a-2", "0.9", &[]).exits(0);
    let first = lab.tip();
    let told = slow.ends(&lab, 0);
    assert_eq!(lab.rev("autoresearch/t^1"), first, "{told:#}");
    assert_eq!(lab.rev("autoresearch/t^{tree}"), lab.rev("refs/experiments/exp-2^{tree}"));
    assert_eq!(
        (lab.read("train.py"), lab.read("model.py"), lab.status()),
        ("1.0\n".into(), "large\n".into(), String::new())
    );
    assert_eq!(told["tree"]["superseded"], json!(["exp-3"]));
    // The other agent goes on from the merge.
    lab.gx_in("../a-2", "1.5", &[]).exits(10);
    assert_eq!(lab.git_in("../a-2", &["rev-parse", "HEAD"]), lab.tip());
    assert_eq!(lab.read("../a-2/model.py"), "large\n");
    lab.fsck();
}
