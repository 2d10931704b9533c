//! Reading what was recorded after a clone, and without gx.

use serde_json::Value;

use crate::support::Lab;

#[test]
fn after_a_clone_and_a_fetch_everything_reads_the_same() {
    let lab = Lab::with_series();
    lab.gx(&["note", "exp-3", "combine it"]).exits(0);
    for arguments in [
        &["ls"][..],
        &["best"],
        &["near"],
        &["tags"],
        &["show", "exp-3"],
        &["logs", "exp-2"],
        &["diff", "exp-1", "exp-4"],
        &["export", "tsv", "--tag", "t"],
    ] {
        let clone = lab.cloned();
        assert_eq!(clone.screen(arguments), lab.screen(arguments), "{arguments:?}");
    }
}

#[test]
fn a_clone_goes_on_counting_where_the_original_stopped() {
    let lab = Lab::with_series();
    let clone = lab.cloned();
    let told = clone.try_value("0.97").exits(0).json();
    assert_eq!((told["id"].as_str(), told["best_before"].as_str()), (Some("exp-6"), Some("exp-2")));
    clone.fsck();
}

#[test]
fn git_alone_shows_the_records() {
    let lab = Lab::with_series();
    let log = lab.git(&["log", "--notes=experiments", "-1", "refs/experiments/exp-3"]);
    assert!(
        log.contains("GELU instead of ReLU squared") && log.contains("\"status\":\"near-miss\""),
        "{log}"
    );
    let note = lab.git(&["notes", "--ref=experiments", "show", "refs/experiments/exp-3"]);
    assert!(note.lines().count() >= 2, "a line when it began and one when it ended");
    let merged = merged_outside(&lab);
    assert_eq!((&merged["status"], &merged["value"]), (&"near-miss".into(), &0.9905.into()));
    assert_eq!(merged["hypothesis"], "GELU instead of ReLU squared");
}

/// The record of exp-3 as the documents say to read it: with jq, or with Python where there is none.
fn merged_outside(lab: &Lab) -> Value {
    let note = "git notes --ref=experiments show refs/experiments/exp-3";
    let has_jq = lab.command("jq").arg("--version").output().is_ok();
    let python =
        "import json, sys; d = {}; [d.update(json.loads(l)) for l in sys.stdin]; print(json.dumps(d))";
    let merge = if has_jq { "jq -s add".to_owned() } else { format!("python3 -c '{python}'") };
    let output = lab.command("sh").args(["-c", &format!("{note} | {merge}")]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}
