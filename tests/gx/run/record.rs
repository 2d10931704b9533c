//! What a run leaves behind: its refs, its record, its parameters, and the call of the hook.

use serde_json::{Value, json};

use crate::support::Lab;
use crate::support::script::BLOCK;

#[test]
fn a_run_adds_its_ref_its_notes_and_its_mark_and_no_other_ref() {
    let lab = Lab::new();
    let before = lab.git(&["for-each-ref", "--format=%(refname)"]);
    assert_eq!(before, "refs/heads/autoresearch/t\n");
    lab.run("baseline", &[]).exits(0);
    let after = lab.git(&["for-each-ref", "--format=%(refname)", "--sort=refname"]);
    assert_eq!(
        after.lines().collect::<Vec<_>>(),
        [
            "refs/experiments/exp-1",
            "refs/gx/marks/main",
            "refs/heads/autoresearch/t",
            "refs/notes/experiment-logs",
            "refs/notes/experiments",
        ]
    );
    assert_eq!(lab.status(), "", "nothing in the work tree");
    let log = lab.git(&["notes", "--ref=experiment-logs", "show", "refs/experiments/exp-1"]);
    assert!(log.contains("val_bpb: 1.0"), "{log}");
}

#[test]
fn the_record_says_what_ran_where_on_what_and_what_came_of_it() {
    let lab = Lab::new();
    let base = lab.rev("HEAD");
    lab.write("notes.txt", "mine\n");
    lab.write("train.py", "0.5\n0.6\n");
    let flags = ["--category", "hyperparams", "--description", "more of it"];
    lab.run("  halve it ", &flags).exits(0);
    let record = lab.record("exp-1");
    let text = |key: &str| record[key].as_str().unwrap_or_else(|| panic!("no text {key} in {record:#}"));
    assert_eq!((text("id"), text("tag"), text("hypothesis")), ("exp-1", "t", "halve it"));
    assert_eq!((text("category"), text("description")), ("hyperparams", "more of it"));
    assert_eq!((text("base"), text("snapshot")), (&*base, &*lab.rev("refs/experiments/exp-1")));
    assert_eq!((text("kept_commit"), text("status")), (&*lab.rev("HEAD"), "keep"));
    assert_eq!(record["command"][0], json!("sh"));
    assert_eq!((&record["exit_code"], &record["value"]), (&json!(0), &json!(0.5)));
    assert_eq!((&record["changed"], &record["dirty"]), (&json!(["train.py"]), &json!(["notes.txt"])));
    assert_eq!(record["diffstat"], json!({"files": 1, "insertions": 2, "deletions": 1}));
    for key in ["uuid", "started", "finished", "host", "user", "gx", "reason"] {
        assert_ne!(text(key), "", "{key}");
    }
    assert!(record["seconds"].is_number() && record["env"].is_object(), "{record:#}");
    let message = lab.git(&["log", "-1", "--format=%B", "refs/experiments/exp-1"]);
    assert_eq!(message.trim(), format!("halve it\n\nmore of it\n\nGx-Uuid: {}", text("uuid")));
}

#[test]
fn every_run_has_a_commit_of_its_own_that_is_never_head() {
    let lab = Lab::new();
    for _ in 0..2 {
        lab.run("the same again", &[]);
    }
    let (first, second) = (lab.rev("refs/experiments/exp-1"), lab.rev("refs/experiments/exp-2"));
    assert!(first != second && first != lab.rev("HEAD") && second != lab.rev("HEAD"));
    assert_eq!(lab.rev("refs/experiments/exp-1^{tree}"), lab.rev("HEAD^{tree}"));
    assert_ne!(lab.record("exp-1")["uuid"], lab.record("exp-2")["uuid"]);
}

#[test]
fn secrets_of_the_environment_stay_out_of_the_record() {
    let lab = Lab::new().with("CUDA_VISIBLE_DEVICES", "1").with("WANDB_API_KEY", "hunter2-wandb");
    lab.run("baseline", &[]).exits(0);
    let record = lab.record("exp-1");
    assert_eq!(record["env"]["CUDA_VISIBLE_DEVICES"], json!("1"));
    assert!(!record.to_string().contains("hunter2"), "{record:#}");
}

#[test]
fn parameters_reach_the_environment_the_command_and_the_record() {
    let lab = Lab::new();
    let script = "printf -- '---\\nval_bpb: 1\\nenv: %s\\nword: %s\\n' \"$GX_PARAM_LR\" {lr}x{seed}";
    lab.run_script(script, &["--param", "lr=3e-4", "--param", "seed=a7"]).exits(0);
    let record = lab.record("exp-1");
    assert_eq!(record["params"], json!({"lr": 0.0003, "seed": "a7"}));
    assert_eq!((&record["metrics"]["env"], &record["metrics"]["word"]), (&json!(0.0003), &json!("3e-4xa7")));
    assert!(record["command"][2].as_str().unwrap().ends_with("3e-4xa7"), "{record:#}");
}

#[test]
fn the_trainer_knows_its_experiment_and_its_tag() {
    let lab = Lab::new();
    lab.run_script(&format!("{BLOCK}; echo me: $GX_EXPERIMENT/$GX_TAG"), &[]).exits(0);
    assert_eq!(lab.record("exp-1")["metrics"]["me"], json!("exp-1/t"));
}

#[test]
fn the_hook_gets_the_final_record_on_stdin_after_every_outcome() {
    let lab = Lab::new().with("GX_HOOKS_FINISHED", "cat > ../hook.json; echo $GX_EXPERIMENT > ../hook.id");
    for (value, code) in [("1.0", 0), ("1.5", 10), ("nan", 12)] {
        let told = lab.try_value(value).exits(code).json();
        let heard: Value = serde_json::from_str(&lab.read("../hook.json")).unwrap();
        let mut record = lab.record(told["id"].as_str().unwrap());
        record.as_object_mut().unwrap().remove("at");
        assert_eq!(heard, record);
        assert_eq!(json!(lab.read("../hook.id").trim()), told["id"]);
    }
}

#[test]
fn a_hook_that_fails_is_reported_and_changes_nothing() {
    let lab = Lab::new().with("GX_HOOKS_FINISHED", "echo no luck >&2; exit 9");
    let told = lab.try_value("0.9").exits(0);
    assert!(told.stderr.contains("hooks.finished"), "{told:#?}");
    assert_eq!(told.json()["status"], json!("keep"));
    assert_eq!((lab.record("exp-1")["status"].clone(), lab.status()), (json!("keep"), String::new()));
}

#[test]
fn a_hook_that_hangs_is_given_up_and_changes_nothing() {
    let lab = Lab::new().with("GX_HOOKS_FINISHED", "exec sleep 600").with("GX_HOOKS_TIMEOUT", "200ms");
    let told = lab.try_value("0.9").exits(0);
    assert!(told.stderr.contains("hooks.finished"), "{told:#?}");
    assert_eq!(lab.rev("HEAD"), lab.rev("refs/experiments/exp-1"));
}
