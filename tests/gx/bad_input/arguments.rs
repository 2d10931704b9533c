//! Words on the command line and on stdin that cannot be meant.

use crate::support::{Lab, TRAIN};

#[test]
fn words_that_clap_refuses_are_told_as_every_error() {
    let lab = Lab::new();
    let run =
        |flags: &[&str]| lab.refused(&[&["run", "--hypothesis", "x"], flags, &["--", "true"]].concat(), 2);
    insta::assert_snapshot!(run(&["--param", "lr"]), @"
    error: invalid value 'lr' for '--param <NAME=VALUE>': `lr` is not NAME=VALUE
    hint: `gx --help` and `gx COMMAND --help` tell more
    ");
    insta::assert_snapshot!(run(&["--param", "=3"]), @"
    error: invalid value '=3' for '--param <NAME=VALUE>': `=3` is not NAME=VALUE
    hint: `gx --help` and `gx COMMAND --help` tell more
    ");
    insta::assert_snapshot!(run(&["--timeout", "soon"]), @r#"
    error: invalid value 'soon' for '--timeout <TIME>': must be a time such as "10m", "1h30m" or "300s", not "soon"
    hint: `gx --help` and `gx COMMAND --help` tell more
    "#);
    insta::assert_snapshot!(lab.refused(&["run", "--", "true"], 2), @"
    error: the following required arguments were not provided: --hypothesis <TEXT>
    hint: usage: `gx run --hypothesis <TEXT> -- <CMD>...`
    hint: `gx --help` and `gx COMMAND --help` tell more
    ");
    insta::assert_snapshot!(lab.refused(&["lst"], 2), @"
    error: unrecognized subcommand 'lst'
    hint: some similar subcommands exist: 'stop', 'best', 'ls'
    hint: usage: `gx [OPTIONS] <COMMAND>`
    hint: `gx --help` and `gx COMMAND --help` tell more
    ");
    insta::assert_snapshot!(lab.refused(&["export", "xml"], 2), @"
    error: invalid value 'xml' for '<FORMAT>' [possible values: tsv, csv, json, jsonl]
    hint: `gx --help` and `gx COMMAND --help` tell more
    ");
    insta::assert_snapshot!(lab.refused(&["ls", "--status", "kep"], 2), @"
    error: invalid value 'kep' for '--status <STATUS>': no status is called `kep`; there are queued, running, keep, near-miss, discard, crash, timeout, tainted, interrupted, no-record
    hint: `gx --help` and `gx COMMAND --help` tell more
    ");
    insta::assert_snapshot!(lab.refused(&["ls", "--limit", "few"], 2), @"
    error: invalid value 'few' for '--limit <N>': invalid digit found in string
    hint: `gx --help` and `gx COMMAND --help` tell more
    ");
}

#[test]
fn an_empty_hypothesis() {
    let lab = Lab::new();
    insta::assert_snapshot!(lab.refused(&["run", "--hypothesis", " \n", "--", "true"], 2), @"
    error: the hypothesis is empty
    hint: say in a sentence what is tried and why
    ");
}

#[test]
fn a_tag_that_cannot_be_part_of_a_branch() {
    let lab = Lab::new();
    insta::assert_snapshot!(lab.refused(&["run", "--hypothesis", "x", "--tag", "a b", "--", "true"], 2), @"
    error: `a b` cannot be a run tag
    hint: use letters, digits and `-`, such as `mar5`
    ");
    insta::assert_snapshot!(lab.refused(&["init", "--tag", "a/b"], 2), @"
    error: `a/b` cannot be a run tag
    hint: use letters, digits and `-`, such as `mar5`
    ");
}

#[test]
fn a_base_that_names_nothing() {
    let lab = Lab::new();
    let run = ["run", "--hypothesis", "x", "--base", "nosuch", "--", "true"];
    insta::assert_snapshot!(lab.refused(&run, 1), @"
    error: `nosuch` names no commit
    hint: name a branch, a commit or an experiment
    ");
}

#[test]
fn a_command_that_is_missing_or_cannot_be_executed() {
    let lab = Lab::new();
    let run = |command: &[&str]| {
        let code = if command.is_empty() { 2 } else { 1 };
        lab.refused(&[&["run", "--hypothesis", "x", "--"], command].concat(), code)
    };
    insta::assert_snapshot!(run(&[]), @r#"
    error: there is no command to run
    hint: give one: `gx run --hypothesis "…" -- python3 train.py`
    hint: or set `run.command` in gx.toml
    "#);
    insta::assert_snapshot!(run(&["no-such-program"]), @r#"
    error: there is no program `no-such-program` on PATH
    hint: install it, or give the command after `--`: `gx run --hypothesis "…" -- python3 train.py`
    "#);
    insta::assert_snapshot!(run(&["./no-such-file"]), @"
    error: there is no program `./no-such-file`
    hint: check the path
    ");
    insta::assert_snapshot!(run(&["./train.py"]), @"
    error: `./train.py` cannot be executed
    hint: `chmod +x ./train.py`, or name its interpreter: `gx run … -- python3 ./train.py`
    ");
    insta::assert_snapshot!(run(&["/"]), @"
    error: `/` is a folder
    hint: name a program in it
    ");
}

#[test]
fn conditions_and_sort_keys_that_mean_nothing() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    insta::assert_snapshot!(lab.refused(&["ls", "--where", "val_bpb < 0.98 adn x"], 2), @r#"
    error: --where, column 16: expected `and`, `or` or the end, found `adn`
    hint: for example: `gx ls --where "val_bpb < 0.98 and status = 'keep' and started > 2d ago"`
    "#);
    insta::assert_snapshot!(lab.refused(&["ls", "--where", "val_bpb <"], 2), @r#"
    error: --where, column 9: expected a value after `<`
    hint: for example: `gx ls --where "val_bpb < 0.98 and status = 'keep' and started > 2d ago"`
    "#);
    insta::assert_snapshot!(lab.refused(&["ls", "--sort", "valeu"], 2), @"
    error: no experiment has a field or metric `valeu`
    hint: sort by `value`, `seconds`, `started` or a metric's name; `gx show ID` lists the fields
    ");
}

#[test]
fn stdin_that_is_not_the_object_it_should_be() {
    let lab = Lab::new();
    let told = |arguments: &[&str], input: &str| lab.refuses(2, || lab.gx_with_input(arguments, input));
    let register = ["register", "--stdin"];
    insta::assert_snapshot!(told(&register, "{\"hypothesis\": \"x\""), @"
    error: stdin holds no JSON: EOF while parsing an object at line 1 column 18
    hint: give one JSON object
    ");
    insta::assert_snapshot!(told(&register, ""), @"
    error: stdin holds no JSON: EOF while parsing a value at line 1 column 0
    hint: give one JSON object
    ");
    insta::assert_snapshot!(told(&register, "[]"), @r#"
    error: stdin holds no JSON object
    hint: give one, such as {"hypothesis": "…"}
    "#);
    insta::assert_snapshot!(told(&register, r#"{"hypothesis": "x", "catgory": "other"}"#), @"
    error: unknown key `catgory` on stdin
    hint: the keys are hypothesis, category, description, tag, base and params
    ");
    let nul = told(&register, r#"{"hypothesis": "half\u0000a word"}"#);
    assert!(nul.starts_with("error: `hypothesis` holds a NUL\n"), "{nul}");
    let nul = told(&register, r#"{"hypothesis": "x", "params": {"lr": "1\u0000"}}"#);
    assert!(nul.starts_with("error: `lr` holds a NUL\n"), "{nul}");
    assert_eq!(lab.git(&["for-each-ref", "refs/experiments"]), "");
    insta::assert_snapshot!(told(&register, r#"{"hypothesis": 3}"#), @r#"
    error: `hypothesis` must be a text, not 3
    hint: write it in quotes: {"hypothesis": "…"}
    "#);
    insta::assert_snapshot!(told(&register, r#"{"hypothesis": "x", "params": 3}"#), @r#"
    error: `params` must be an object
    hint: such as {"params": {"lr": 3e-4}}
    "#);
    insta::assert_snapshot!(told(&register, r#"{"category": "other"}"#), @"
    error: the hypothesis is empty
    hint: say in a sentence what is tried and why
    ");
    insta::assert_snapshot!(told(&["complete", "--stdin"], r#"{"metrics": {}}"#), @r#"
    error: the id of the experiment is missing
    hint: give it: `gx complete exp-12`, or `"id"` on stdin
    "#);
    insta::assert_snapshot!(told(&["crash", "--stdin"], r#"{"id": "exp-1", "eror": "x"}"#), @"
    error: unknown key `eror` on stdin
    hint: the keys are id and error
    ");
}

#[test]
fn metrics_on_stdin_that_are_no_object_are_not_passed_over() {
    let lab = Lab::new();
    lab.gx(&["register", "--hypothesis", "x"]).exits(0);
    let input = r#"{"id": "exp-1", "metrics": 0.9}"#;
    insta::assert_snapshot!(lab.refuses(2, || lab.gx_with_input(&["complete", "--stdin"], input)), @r#"
    error: `metrics` must be an object, not 0.9
    hint: such as {"id": "exp-12", "metrics": {"val_bpb": 0.9812}}
    "#);
    assert_eq!(lab.record("exp-1")["status"], "running");
}

#[test]
fn a_category_that_is_none_of_the_usual_is_taken_with_a_warning() {
    let lab = Lab::new();
    let flags = ["run", "--hypothesis", "x", "--category", "optimiser", "--"];
    let told = lab.gx(&[&flags[..], TRAIN].concat()).exits(0);
    let warning = told.stderr.lines().next().unwrap();
    assert_eq!(warning, "warning: `optimiser` is none of the usual categories; did you mean `optimizer`?");
    assert_eq!(lab.record("exp-1")["category"], "optimiser");
}
