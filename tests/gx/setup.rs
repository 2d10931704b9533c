//! `gx init` and `gx demo`.

mod crowd;
mod demo;

use serde_json::json;

use crate::support::Lab;

/// A repository laid out like autoresearch.
fn autoresearch() -> Lab {
    let lab = Lab::new();
    lab.write("program.md", "instructions\n");
    lab.commit("program");
    lab
}

#[test]
fn init_knows_the_layout_of_autoresearch_and_says_what_it_did() {
    let lab = autoresearch();
    insta::assert_snapshot!(lab.screen(&["init"]), @r#"
    set up, committed as #######; `git log` leaves out gx's refs (log.excludeDecoration)
    paths   gx.toml, .gitignore
    next    gx run --hypothesis "baseline"   (agents: gx agent-guide)
    "#);
    let text = lab.read("gx.toml");
    insta::assert_snapshot!(text, @r#"
    # How gx runs and judges the experiments of this repository.

    [metric]
    # The number that decides: bits per byte on the validation set.
    name = "val_bpb"
    # Less is better.
    goal = "lower"
    # A value of zero or below means that the evaluation broke, not that the model is perfect.
    positive = true

    [run]
    # What trains; `gx run` needs no other words.
    command = ["uv", "run", "train.py"]
    # Training stops by itself after 5 minutes; whatever still runs after 10 is killed.
    timeout = "10m"
    # The file that experiments change; only it is kept and discarded.
    editable = ["train.py"]
    # The evaluation; a result that was measured with another one does not count.
    protected = ["prepare.py"]
    # Ignored paths that separate work trees borrow.
    link = [".venv"]
    "#);
    assert_eq!(lab.read(".gitignore"), "run.log\n__pycache__/\n.venv\n");
    assert_eq!(lab.git(&["show", "--format=%s", "--name-only", "HEAD"]).lines().last(), Some("gx.toml"));
    assert_eq!(lab.status(), "");
    let told = lab.gx(&["config", "run", "--json"]).exits(0).json();
    let value = |key: &str| {
        let settings = told["settings"].as_array().unwrap();
        settings.iter().find(|setting| setting["key"] == key).unwrap()["value"].clone()
    };
    assert_eq!(value("run.command"), json!(["uv", "run", "train.py"]));
    assert_eq!((value("run.timeout"), value("run.link")), (json!("10m"), json!([".venv"])));
    assert_eq!((value("run.editable"), value("run.protected")), (json!(["train.py"]), json!(["prepare.py"])));
}

#[test]
fn init_elsewhere_writes_the_defaults_to_fill_in_unless_the_preset_is_asked_for() {
    let lab = Lab::new();
    lab.gx(&["init", "--no-commit"]).exits(0);
    insta::assert_snapshot!(lab.read("gx.toml"), @r#"
    # How gx runs and judges the experiments of this repository.

    [metric]
    # The number that decides, by its name in the results.
    name = "val_bpb"
    # Which way is better: "lower" or "higher".
    goal = "lower"

    [run]
    # The command that trains, word by word; `{lr}` becomes the value of `--param lr=...`.
    # command = ["python", "train.py", "--lr", "{lr}"]
    # The time after which a run is killed; "0" means never.
    timeout = "10m"
    # The paths an experiment is about; only they are kept and discarded. Patterns as in .gitignore: "train.py",
    # "src/**/*.py", "configs/". Empty: every tracked file that was changed.
    # editable = ["train.py"]
    "#);
    lab.gx(&["config"]).exits(0);
    let lab = Lab::new();
    lab.gx(&["init", "--preset", "autoresearch"]).exits(0);
    assert!(lab.read("gx.toml").contains("protected = [\"prepare.py\"]"));
}

#[test]
fn init_without_a_commit_leaves_its_files_uncommitted() {
    let lab = autoresearch();
    let head = lab.rev("HEAD");
    let told = lab.gx(&["init", "--no-commit", "--json"]).exits(0).json();
    assert_eq!(told["paths"], json!(["gx.toml", ".gitignore"]));
    assert_eq!((lab.rev("HEAD"), lab.status()), (head, "?? .gitignore\n?? gx.toml\n".to_owned()));
}

#[test]
fn init_again_changes_nothing_and_says_so() {
    let lab = autoresearch();
    lab.gx(&["init"]).exits(0);
    let before = (lab.git(&["for-each-ref"]), lab.read("gx.toml"), lab.read(".gitignore"));
    insta::assert_snapshot!(lab.screen(&["init"]), @r#"
    everything is set up already; nothing was changed
    next    gx run --hypothesis "baseline"   (agents: gx agent-guide)
    "#);
    assert_eq!((lab.git(&["for-each-ref"]), lab.read("gx.toml"), lab.read(".gitignore")), before);
}

#[test]
fn init_with_a_tag_begins_a_branch_that_must_not_exist() {
    let lab = autoresearch();
    insta::assert_snapshot!(lab.screen(&["init", "--tag", "mar5"]), @r#"
    set up, committed as #######; began branch autoresearch/mar5; `git log` leaves out gx's refs
            (log.excludeDecoration)
    paths   gx.toml, .gitignore
    next    gx run --hypothesis "baseline"   (agents: gx agent-guide)
    "#);
    assert_eq!(lab.git(&["branch", "--show-current"]), "autoresearch/mar5\n");
    assert_eq!(lab.rev("autoresearch/mar5^"), lab.rev("autoresearch/t^"));
    insta::assert_snapshot!(lab.refused(&["init", "--tag", "mar5"], 2), @"
    error: branch `autoresearch/mar5` exists already
    hint: go on with it: `git switch autoresearch/mar5`
    hint: or begin another session with another tag
    ");
    lab.git(&["switch", "-q", "autoresearch/t"]);
    insta::assert_snapshot!(lab.refused(&["init", "--tag", "mar5"], 2), @"
    error: branch `autoresearch/mar5` exists already
    hint: go on with it: `git switch autoresearch/mar5`
    hint: or begin another session with another tag
    ");
}

#[test]
fn init_commits_its_own_lines_only_whatever_else_is_dirty_or_staged() {
    let lab = autoresearch();
    lab.write(".gitignore", "old\n");
    lab.commit("ignores");
    lab.write(".gitignore", "old\nmine, uncommitted\n");
    lab.write("README.md", "dirty\n");
    lab.write("train.py", "staged\n");
    lab.git(&["add", "train.py"]);
    lab.write("new.txt", "untracked\n");
    lab.gx(&["init"]).exits(0);
    assert_eq!(lab.git(&["show", "--format=", "--name-status", "HEAD"]), "M\t.gitignore\nA\tgx.toml\n");
    assert_eq!(lab.git(&["show", "HEAD:.gitignore"]), "old\nrun.log\n__pycache__/\n.venv\n");
    assert_eq!(lab.read(".gitignore"), "old\nmine, uncommitted\nrun.log\n__pycache__/\n.venv\n");
    assert_eq!(lab.status(), " M .gitignore\n M README.md\nM  train.py\n?? new.txt\n");
    lab.fsck();
}

#[test]
fn init_leaves_a_staged_version_of_its_own_files_staged() {
    let lab = autoresearch();
    lab.write(".gitignore", "staged\n");
    lab.git(&["add", ".gitignore"]);
    lab.gx(&["init"]).exits(0);
    assert_eq!(lab.git(&["show", ":.gitignore"]), "staged\n", "what was staged is the user's");
    assert_eq!(lab.git(&["show", "HEAD:.gitignore"]), "run.log\n__pycache__/\n.venv\n");
    assert_eq!(lab.read(".gitignore"), "staged\nrun.log\n__pycache__/\n.venv\n");
}

#[test]
fn what_is_ignored_already_is_not_ignored_twice() {
    let lab = autoresearch();
    lab.write(".gitignore", "*.log\n__pycache__\n.venv/\n.venv\n");
    lab.commit("ignores");
    let told = lab.gx(&["init", "--json"]).exits(0).json();
    assert_eq!(told["paths"], json!(["gx.toml"]));
}

#[test]
fn what_was_dirty_at_init_is_no_part_of_the_next_experiment() {
    let lab = Lab::new();
    lab.write("README.md", "dirty before\n");
    lab.gx(&["init"]).exits(0);
    lab.run("baseline", &[]).exits(0);
    let told = lab.try_value("1.5").exits(10).json();
    assert_eq!(told["tree"]["restored"], json!(["train.py"]));
    assert_eq!(told["tree"]["others"], json!(["README.md"]));
    assert_eq!((lab.read("README.md").as_str(), lab.read("train.py").as_str()), ("dirty before\n", "1.0\n"));
    let told = lab.try_value("0.9").exits(0).json();
    assert_eq!(told["tree"]["committed"], json!(["train.py"]));
    assert_eq!(lab.status(), " M README.md\n");
}

#[test]
fn init_works_in_a_folder_below_the_top() {
    let lab = autoresearch();
    lab.write("sub/file", "x\n");
    lab.commit("sub");
    lab.gx(&["-C", "sub", "init"]).exits(0);
    assert!(lab.path("gx.toml").exists() && !lab.path("sub/gx.toml").exists());
}
