//! `gx import --from dvc`.

use serde_json::json;

use crate::support::Lab;

/// A lab whose only metric is that of DVC's pipeline, with an experiment per value, kept as DVC keeps them
/// (DVC 3.67: `dvc exp save`).
fn pipeline(values: &[&str]) -> Lab {
    let lab = Lab::new();
    lab.write("dvc.yaml", "metrics: [metrics.json]\nstages: {train: {cmd: x, params: [lr]}}\n");
    lab.write("params.yaml", "lr: 0.001\n");
    lab.write("metrics.json", "{\"val_bpb\": 1.5}\n");
    lab.commit("a pipeline");
    for (number, value) in values.iter().enumerate() {
        save(&lab, &format!("try-{number}"), value, &format!("{number}.5"));
    }
    lab
}

/// What `dvc exp save` leaves: a commit on top of HEAD that no branch holds, under a ref with HEAD's id in it.
fn save(lab: &Lab, name: &str, metrics: &str, lr: &str) {
    let head = lab.rev("HEAD");
    lab.write("metrics.json", metrics);
    lab.write("params.yaml", format!("lr: {lr}\n"));
    lab.git(&["commit", "-qam", &format!("dvc: commit experiment {}", "e".repeat(64))]);
    lab.git(&["update-ref", &format!("refs/exps/{}/{}/{name}", &head[..2], &head[2..]), "HEAD"]);
    lab.git(&["update-ref", "refs/exps/exec/EXEC_HEAD", "HEAD"]);
    lab.git(&["reset", "-q", "--hard", &head]);
}

#[test]
fn experiments_of_dvc_become_records_with_params_metrics_code_and_verdicts() {
    let lab = pipeline(&[
        r#"{"val_bpb": 1.2, "acc": {"top1": 0.5}}"#,
        r#"{"val_bpb": 1.3}"#,
        r#"{"val_bpb": 1.1}"#,
        r#"{"other": 1}"#,
    ]);
    let base = lab.rev("HEAD");
    insta::assert_snapshot!(lab.screen(&["import", "--from", "dvc"]), @"imported 4 experiments into tag `t`: the code of 4 was found and pinned, of 0 it is lost");
    let rows = lab.gx(&["ls", "--json"]).exits(0).json()["experiments"].clone();
    let told: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["hypothesis"].clone(), row["status"].clone(), row["value"].clone()))
        .collect();
    assert_eq!(
        json!(told),
        json!([
            ["try-0", "keep", 1.2],
            ["try-1", "discard", 1.3],
            ["try-2", "keep", 1.1],
            ["try-3", "crash", null],
        ])
    );
    assert_eq!(rows[0]["metrics"], json!({"acc.top1": 0.5, "val_bpb": 1.2}));
    assert_eq!((&rows[2]["params"], &rows[2]["base"]), (&json!({"lr": 2.5}), &json!(base)));
    assert!(rows[2]["finished"].as_str().unwrap().starts_with("2026-03-08"), "{}", rows[2]);
    let diff = lab.gx(&["diff", "exp-3"]).exits(0).stdout;
    assert!(diff.contains("-lr: 0.001\n+lr: 2.5\n"), "{diff}");
    // DVC may forget its ref: the commit itself stays reachable.
    let own = lab.git(&["rev-parse", "refs/experiments/exp-3^2"]);
    assert_eq!(
        lab.git(&["log", "-1", "--format=%s", own.trim()]).trim(),
        format!("dvc: commit experiment {}", "e".repeat(64))
    );

    save(&lab, "later", r#"{"val_bpb": 1.0}"#, "9");
    let told = lab.gx(&["import", "--from", "dvc", "--json"]).exits(0).json();
    assert_eq!((&told["added"], &told["skipped"]), (&json!(1), &json!(4)));
    assert_eq!(lab.gx(&["best", "--json"]).exits(0).json()["tags"][0]["id"], json!("exp-5"));
    lab.fsck();
}

#[test]
fn a_metric_that_no_experiment_has_is_refused_before_anything_is_written() {
    let lab = pipeline(&[r#"{"loss": 1}"#, r#"{"acc": 1, "loss": 2}"#]);
    let told = lab.gx(&["import", "--from", "dvc"]).exits(1);
    insta::assert_snapshot!(told.stderr, @"
    error: none of DVC's experiments has the metric `val_bpb`
    hint: they have `acc`, `loss`
    hint: say which one decides: `git config gx.metric.name acc`
    ");
    assert_eq!(lab.git(&["for-each-ref", "refs/experiments"]), "");
    lab.git(&["config", "gx.metric.name", "loss"]);
    lab.gx(&["import", "--from", "dvc"]).exits(0);
    assert_eq!(lab.gx(&["best", "--json"]).exits(0).json()["tags"][0]["id"], json!("exp-1"));
}

#[test]
fn a_repository_without_dvcs_experiments_says_so() {
    let lab = Lab::new();
    let told = lab.gx(&["import", "--from", "dvc"]).exits(1).stderr;
    assert!(told.starts_with("error: the repository has no experiments of DVC's\n"), "{told}");
    let told = lab.gx(&["import", "--from", "dvc", "results.tsv"]).exits(2).stderr;
    assert!(told.contains("not in a file"), "{told}");
    lab.gx(&["import"]).exits(2);
}
