//! `gx show` and `gx logs`: everything about one experiment.

use serde_json::json;

use crate::support::Lab;

#[test]
fn show_tells_what_it_was_and_where_its_code_is() {
    let lab = Lab::with_series();
    lab.gx(&["note", "exp-2", "worth another look"]).exits(0);
    insta::assert_snapshot!(lab.screen(&["show", "exp-2"]), @r#"
    exp-2  keep  best of its tag  halve the batch: more steps in the budget
    why     better than exp-1
    value   val_bpb 0.990000  -0.010000 against the best before it
    tag     t  hyperparams
    params  lr 0.99
    metrics val_bpb 0.99 · peak_vram_mb 45060.2
    command sh -c printf 'step 1\r\n---\nval_bpb: %s\npeak_vram_mb: 45060.2\n' "$(head -n 1 train.py)"
    code    snapshot #######, on ####### (exp-1), kept as #######, 1 file +1 −1
    time    2026-03-08 00:00, took #.# s, WHO
    changed train.py
    note    2026-03-08 00:00  worth another look
    "#);
}

#[test]
fn show_of_a_crash_has_the_last_lines_of_its_log() {
    let lab = Lab::with_series();
    insta::assert_snapshot!(lab.screen(&["show", "exp-5"]), @r#"
    exp-5  crash  warm up over the first tenth
    why     `val_bpb` is `oops`, which is no finite number
    tag     t  scheduling
    params  lr oops
    metrics val_bpb oops · peak_vram_mb 45060.2
    command sh -c printf 'step 1\r\n---\nval_bpb: %s\npeak_vram_mb: 45060.2\n' "$(head -n 1 train.py)"
    code    snapshot #######, on ####### (exp-2), 1 file +1 −1
    time    2026-03-08 00:00, took #.# s, WHO
    changed train.py
    log     the last lines:
        step 1
        ---
        val_bpb: oops
        peak_vram_mb: 45060.2
    "#);
}

#[test]
fn show_as_json_has_the_whole_record() {
    let lab = Lab::with_series();
    let told = lab.gx(&["show", "exp-3", "--json"]).exits(0).json();
    assert_eq!(told["record"]["best_before"]["id"], json!("exp-2"));
    assert_eq!((&told["parent"], &told["status"]), (&json!("exp-2"), &json!("near-miss")));
    assert_eq!((&told["params"]["lr"], &told["metrics"]["peak_vram_mb"]), (&json!(0.9905), &json!(45060.2)));
    let record = lab.record("exp-3");
    for key in ["uuid", "snapshot", "command", "exit_code", "started", "finished", "diffstat", "host", "user"]
    {
        assert_eq!(told["record"][key], record[key], "{key}");
        assert!(!record[key].is_null(), "{key} is recorded");
    }
}

#[test]
fn an_experiment_is_found_by_a_prefix_of_its_commit_too() {
    let lab = Lab::with_series();
    let snapshot = lab.rev("refs/experiments/exp-4");
    for text in [&snapshot[..], &snapshot[..7], &snapshot[..7].to_uppercase()] {
        assert_eq!(lab.gx(&["show", text, "--json"]).exits(0).json()["id"], json!("exp-4"), "{text}");
    }
}

#[test]
fn logs_print_what_the_trainer_printed_or_its_last_lines() {
    let lab = Lab::with_series();
    let log = lab.gx(&["logs", "exp-2"]).exits(0).stdout;
    assert!(log.ends_with("---\nval_bpb: 0.99\npeak_vram_mb: 45060.2\n"), "{log:?}");
    let tail = |lines: &str| lab.gx(&["logs", "exp-2", "--tail", lines]).exits(0).stdout;
    assert_eq!(tail("1"), "peak_vram_mb: 45060.2\n");
    assert_eq!(tail("2"), "val_bpb: 0.99\npeak_vram_mb: 45060.2\n");
    assert_eq!((tail("0"), tail("999")), (String::new(), log.clone()));
    let told = lab.gx(&["logs", "exp-2", "--json"]).exits(0).json();
    assert_eq!(told, json!({"id": "exp-2", "log": log}));
}
