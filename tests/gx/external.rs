//! `gx register`, `gx complete`, `gx crash`.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Lab, Told};

/// Registers the value in train.py as an experiment.
#[track_caller]
fn register(lab: &Lab, value: &str) -> String {
    lab.write("train.py", format!("{value}\n"));
    let told = lab.gx(&["register", "--json", "--hypothesis", &format!("try {value}")]).exits(0).json();
    told["id"].as_str().unwrap().to_owned()
}

/// Completes an experiment with a value.
#[track_caller]
fn complete(lab: &Lab, id: &str, value: &str, flags: &[&str]) -> Told {
    let metric = format!("val_bpb={value}");
    lab.gx(&[&["complete", id, "--json", "--metric", &metric], flags].concat())
}

#[test]
fn registering_records_the_experiment_as_running_and_moves_nothing() {
    let lab = Lab::new();
    let head = lab.rev("HEAD");
    lab.write("train.py", "0.9\n");
    let flags = ["--category", "optimizer", "--description", "more", "--param", "lr=3e-4", "--tag", "mine"];
    let told = lab.gx(&[&["register", "--json", "--hypothesis", "try it"], &flags[..]].concat());
    let told = told.exits(0).json();
    assert_eq!((&told["id"], &told["tag"]), (&json!("exp-1"), &json!("mine")));
    assert_eq!(told["base"], json!(head));
    assert_eq!(told["snapshot"], json!(lab.rev("refs/experiments/exp-1")));
    assert_eq!((lab.rev("HEAD"), lab.status()), (head, " M train.py\n".to_owned()));
    let record = lab.record("exp-1");
    for (key, value) in [
        ("status", json!("running")),
        ("hypothesis", json!("try it")),
        ("category", json!("optimizer")),
        ("description", json!("more")),
        ("params", json!({"lr": 3e-4})),
    ] {
        assert_eq!(record[key], value, "{key}");
    }
    assert_eq!(lab.git(&["show", "refs/experiments/exp-1:train.py"]), "0.9\n");
}

#[test]
fn only_an_experiment_whose_record_has_not_begun_is_looked_at_by_other_commands() {
    let lab = Lab::new();
    let id = register(&lab, "0.9");
    let uuid = lab.record(&id)["uuid"].as_str().unwrap().to_owned();
    let (file, begun) =
        (lab.path(format!(".git/gx/pending/{uuid}.json")), lab.path(format!(".git/gx/pending/{uuid}.begun")));
    assert!(file.exists() && begun.exists());
    // As if gx had been killed right before it noted that.
    fs::remove_file(&begun).unwrap();
    lab.gx(&["ls"]).exits(0);
    assert!(file.exists() && begun.exists());
    complete(&lab, &id, "0.9", &[]).exits(0);
    assert!(!file.exists() && !begun.exists());
}

#[test]
fn the_whole_life_goes_through_stdin_as_json() {
    let lab = Lab::new();
    let told = lab.gx_with_input(
        &["register", "--stdin", "--json", "--category", "other"],
        r#"{"hypothesis": "try it", "category": "optimizer", "params": {"lr": 0.1, "sched": "cosine"}}"#,
    );
    assert_eq!(told.exits(0).json()["id"], json!("exp-1"));
    let record = lab.record("exp-1");
    assert_eq!(record["params"], json!({"lr": 0.1, "sched": "cosine"}));
    assert_eq!(record["category"], json!("other"), "a flag wins over stdin");
    let told = lab.gx_with_input(
        &["complete", "--stdin", "--json"],
        r#"{"id": "exp-1", "metrics": {"val_bpb": 0.97, "depth": 8}, "num_steps": 953}"#,
    );
    assert_eq!(told.exits(0).json()["status"], json!("keep"));
    assert_eq!(lab.record("exp-1")["metrics"], json!({"depth": 8, "num_steps": 953, "val_bpb": 0.97}));
    lab.gx_with_input(&["register", "--stdin"], r#"{"hypothesis": "again"}"#).exits(0);
    let told =
        lab.gx_with_input(&["crash", "--stdin", "--json"], r#"{"id": "exp-2", "error": "out of memory"}"#);
    let told = told.exits(12).json();
    assert_eq!((&told["status"], &told["reason"]), (&json!("crash"), &json!("out of memory")));
}

#[test]
fn completing_gives_the_verdict_that_a_run_would_get() {
    let lab = Lab::new();
    for (value, status, code) in [
        ("1.0", "keep", 0),
        ("0.99", "keep", 0),
        ("0.9915", "near-miss", 11),
        ("1.2", "discard", 10),
        ("nan", "crash", 12),
        ("0.98", "keep", 0),
        ("inf", "crash", 12),
    ] {
        let id = register(&lab, value);
        let told = complete(&lab, &id, value, &[]).exits(code).json();
        assert_eq!(told["status"], json!(status), "{value}");
    }
    let id = register(&lab, "0.5");
    let told = lab.gx(&["complete", &id, "--json", "--metric", "loss=0.5"]).exits(12).json();
    assert_eq!(told["status"], json!("crash"), "the metric that decides is missing");
}

#[test]
fn without_apply_neither_branch_nor_files_move() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    let head = lab.rev("HEAD");
    let id = register(&lab, "0.9");
    let told = complete(&lab, &id, "0.9", &[]).exits(0).json();
    assert_eq!((&told["tree"]["moved"], &told["tree"]["restored"]), (&json!(null), &json!([])));
    assert_eq!((lab.rev("HEAD"), lab.read("train.py")), (head, "0.9\n".to_owned()));
    let id = register(&lab, "1.5");
    complete(&lab, &id, "1.5", &[]).exits(10);
    assert_eq!(lab.read("train.py"), "1.5\n");
}

#[test]
fn with_apply_a_keep_moves_the_branch_and_a_discard_puts_the_files_back() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    let start = lab.rev("HEAD");
    let id = register(&lab, "0.9");
    let told = complete(&lab, &id, "0.9", &["--apply"]).exits(0).json();
    assert_eq!(told["tree"]["moved"], json!("refs/heads/autoresearch/t"));
    assert_eq!((lab.rev("HEAD^"), lab.status()), (start, String::new()));
    let id = register(&lab, "1.5");
    let told = complete(&lab, &id, "1.5", &["--apply"]).exits(10).json();
    assert_eq!(told["tree"]["restored"], json!(["train.py"]));
    assert_eq!((lab.read("train.py"), lab.status()), ("0.9\n".to_owned(), String::new()));
    let id = register(&lab, "1.6");
    lab.gx(&["crash", &id, "--apply"]).exits(12);
    assert_eq!(lab.read("train.py"), "0.9\n");
    lab.fsck();
}

#[test]
fn an_experiment_ends_once() {
    let lab = Lab::new();
    let id = register(&lab, "0.9");
    complete(&lab, &id, "0.9", &[]).exits(0);
    let before = lab.record(&id);
    insta::assert_snapshot!(lab.refused(&["complete", &id, "--metric", "val_bpb=0.1"], 1), @r#"
    error: exp-1 has ended already, as `keep`
    hint: to change the verdict: `gx keep exp-1 --reason "…"` or `gx discard exp-1 --reason "…"`
    "#);
    insta::assert_snapshot!(lab.refused(&["crash", &id], 1), @r#"
    error: exp-1 has ended already, as `keep`
    hint: to change the verdict: `gx keep exp-1 --reason "…"` or `gx discard exp-1 --reason "…"`
    "#);
    assert_eq!(lab.record(&id), before);
}

#[test]
fn no_other_command_settles_what_somebody_else_runs() {
    let lab = Lab::new();
    let id = register(&lab, "0.9");
    lab.write("train.py", "1.0\n");
    lab.run("beside it", &[]).exits(0);
    for arguments in [&["ls"][..], &["best"], &["show", &id], &["tags"], &["note", &id, "still going"]] {
        lab.gx(arguments).exits(0);
    }
    register(&lab, "0.8");
    assert_eq!(lab.record(&id)["status"], json!("running"));
    let told = complete(&lab, &id, "0.9", &[]).exits(0).json();
    assert_eq!(told["best_before"], json!("exp-2"), "it is judged against the best of now");
}

#[test]
fn an_experiment_of_gx_run_is_not_anybodys_to_complete() {
    let lab = Lab::new();
    let inside = format!(
        "{} complete exp-1 --metric val_bpb=0.1 --json 2> said; printf -- '---\\nval_bpb: 0.9\\n'",
        env!("CARGO_BIN_EXE_gx")
    );
    lab.gx(&["run", "--hypothesis", "sly", "--", "sh", "-c", &inside]).exits(0);
    let said: Value = serde_json::from_str(&lab.read("said")).unwrap();
    assert!(said["error"].as_str().unwrap().starts_with("exp-1 is"), "{said}");
    assert_eq!(lab.record("exp-1")["value"], json!(0.9));
}

#[test]
fn the_third_crash_in_a_row_has_an_exit_code_of_its_own() {
    let lab = Lab::new();
    let crash = |code: i32| {
        let id = register(&lab, "x");
        lab.gx(&["crash", &id, "--error", "boom", "--json"]).exits(code).json()["crashes_in_a_row"].clone()
    };
    assert_eq!([crash(12), crash(12), crash(20), crash(20)], [1, 2, 3, 4].map(|count| json!(count)));
    let id = register(&lab, "0.9");
    complete(&lab, &id, "0.9", &[]).exits(0);
    assert_eq!(crash(12), json!(1), "a result ends the streak");
}

#[test]
fn the_tag_is_read_from_the_configuration_that_the_environment_names_as_git_reads_it() {
    let lab = Lab::new();
    lab.write("../global", "[gx]\n\ttag = night\n");
    let global = lab.path("../global");
    let lab = lab.with("GIT_CONFIG_GLOBAL", global.to_str().unwrap());
    lab.gx(&["register", "--hypothesis", "one"]).exits(0);
    assert_eq!(lab.record("exp-1")["tag"], lab.git(&["config", "gx.tag"]).trim());
    // Git takes an empty name for no file.
    for name in ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"] {
        let output = lab.gx_command().args(["ls", "--json"]).env(name, "").output().unwrap();
        assert!(output.status.success(), "{name}: {output:?}");
    }
}
