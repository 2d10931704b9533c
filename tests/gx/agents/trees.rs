//! `gx worktree`: trees made at the tip, told apart, and removed only when nothing is lost.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Lab, wait_until};

/// A lab with a kept baseline and ignored folders.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.write(".gitignore", "data\n.venv/\n");
    lab.write("data/set", "1 2 3\n");
    lab.write(".venv/bin/python", "#!\n");
    lab.write("gx.toml", "[run]\nlink = [\".venv\", \"data\", \"missing\"]\n");
    lab.commit("set up");
    lab.run("baseline", &[]).exits(0);
    lab
}

fn row(lab: &Lab, name: &str) -> Value {
    let told = lab.gx(&["worktree", "ls", "--json"]).exits(0).json();
    let rows = told["worktrees"].as_array().unwrap().clone();
    rows.into_iter().find(|row| row["dir"].as_str().unwrap().ends_with(name)).unwrap()
}

#[test]
fn an_agents_tree_stands_at_the_tip_and_holds_what_is_ignored_and_nothing_of_anybodys_edit() {
    let lab = lab();
    lab.write("train.py", "0.5\n");
    lab.write("README.md", "mine\n");
    let told = lab.gx(&["worktree", "add", "../a", "--json"]).exits(0).json();
    assert_eq!((&told["tag"], &told["linked"]), (&json!("t"), &json!([".venv", "data"])));
    assert_eq!(lab.rev("HEAD"), told["head"].as_str().unwrap());
    assert_eq!((lab.read("../a/train.py"), lab.read("../a/data/set")), ("1.0\n".into(), "1 2 3\n".into()));
    assert!(fs::symlink_metadata(lab.path("../a/.venv")).unwrap().is_symlink());
    assert_eq!(lab.git(&["-C", "../a", "status", "--porcelain"]), "");
    assert_eq!(lab.git(&["-C", "../a", "rev-parse", "HEAD"]), lab.git(&["rev-parse", "autoresearch/t"]));
    lab.write("../a/train.py", "0.9\n");
    let told = lab.gx_in("../a", "0.9", &[]).exits(0).json();
    assert_eq!((&told["tag"], &told["tree"]["committed"]), (&json!("t"), &json!(["train.py"])));
    assert_eq!(lab.git(&["show", "--name-only", "--format=", "autoresearch/t"]), "train.py\n");
    assert_eq!(lab.status(), " M README.md\n M train.py\n");
}

#[test]
fn a_tree_whose_tag_differs_from_the_branch_begins_at_that_tags_tip() {
    let lab = lab();
    lab.git(&["branch", "autoresearch/u", "HEAD~1"]);
    lab.gx(&["worktree", "add", "../a", "--tag", "u"]).exits(0);
    assert_eq!(lab.git(&["-C", "../a", "rev-parse", "HEAD"]).trim(), lab.rev("autoresearch/u"));
    assert_eq!(lab.gx_in("../a", "0.9", &[]).exits(0).json()["tag"], "u");
    let told = lab.gx(&["worktree", "add", "../b", "--tag", "v"]).exits(1);
    assert!(told.stderr.contains("tag `v` has no branch `autoresearch/v`"), "{told:?}");
    assert!(told.stderr.contains("`gx init --tag v`"), "{told:?}");
    assert!(!lab.has("../b"));
}

#[test]
fn several_are_made_or_none() {
    let lab = lab();
    let told = lab.gx(&["worktree", "add", "../a", "--count", "3", "--json"]).exits(0).json();
    assert_eq!(told["dirs"].as_array().unwrap().len(), 3);
    assert!(lab.has("../a-1/train.py") && lab.has("../a-3/train.py") && !lab.has("../a"));
    lab.write("../b-3/x", "mine\n");
    let before = lab.git(&["worktree", "list"]);
    let told = lab.gx(&["worktree", "add", "../b", "--count", "4"]).exits(2);
    assert!(told.stderr.contains("b-3 is there already"), "{told:?}");
    // A link that cannot be made is found out only when the tree is there.
    lab.write("gx.toml", "[run]\nlink = [\"data\"]\n");
    lab.git(&["add", "-f", "data/set"]);
    lab.git(&["commit", "-qm", "data"]);
    let told = lab.gx(&["worktree", "add", "../c", "--count", "2"]).exits(1);
    assert!(told.stderr.contains("Git tracks `data`"), "{told:?}");
    assert_eq!(lab.git(&["worktree", "list"]).lines().count(), before.lines().count());
    assert!(!lab.has("../b-1") && !lab.has("../c-1") && lab.has("../b-3/x"));
    lab.fsck();
}

#[test]
fn a_tree_inside_another_would_be_part_of_its_snapshots_unless_git_ignores_it() {
    let lab = lab();
    let told = lab.gx(&["worktree", "add", "a"]).exits(2);
    assert!(told.stderr.contains("lies in the work tree"), "{told:?}");
    lab.write(".gitignore", "data\n.venv/\nagents/\n");
    lab.gx(&["worktree", "add", "agents/a"]).exits(0);
    assert_eq!(lab.status(), " M .gitignore\n");
}

#[test]
fn the_list_says_how_each_tree_stands_to_the_tip() {
    let lab = lab();
    lab.gx(&["worktree", "add", "../a", "--count", "3"]).exits(0);
    for value in ["0.9", "0.8"] {
        lab.gx_in("../a-1", value, &[]).exits(0);
    }
    lab.write("../a-2/notes.txt", "x\n");
    lab.git(&["-C", "../a-3", "commit", "-q", "--allow-empty", "-m", "mine"]);
    let list = lab.gx(&["worktree", "ls"]).exits(0).stdout;
    let folder = lab.parent();
    let list = list.replace(&folder, "").replacen(&" ".repeat(folder.len()), "", 1);
    insta::assert_snapshot!(list, @r"
    dir  tag  stands                         edited
    lab  t    at the tip                     –
    a-1  t    at the tip                     –
    a-2  t    2 keeps behind (exp-3, exp-2)  notes.txt
    a-3  t    1 commit ahead, 2 behind       –
    ");
    let behind = row(&lab, "/a-2");
    assert_eq!(
        (&behind["keeps_behind"], &behind["behind"], &behind["edited"]),
        (&json!(["exp-3", "exp-2"]), &json!(2), &json!(["notes.txt"]))
    );
    assert_eq!(row(&lab, "/a-3")["ahead"], 1);
    assert_eq!(row(&lab, "/lab")["kind"], "main");
}

#[test]
fn gxs_own_checkouts_are_listed_only_on_request() {
    let lab = lab();
    lab.run("apart", &["--isolated"]).exits(11);
    let few = lab.gx(&["worktree", "ls", "--json"]).exits(0).json();
    let all = lab.gx(&["worktree", "ls", "--all", "--json"]).exits(0).json();
    let kinds = |told: &Value| -> Vec<String> {
        told["worktrees"].as_array().unwrap().iter().map(|row| row["kind"].as_str().unwrap().into()).collect()
    };
    assert_eq!((kinds(&few), kinds(&all)), (vec!["main".to_owned()], vec!["main".into(), "checkout".into()]));
}

#[test]
fn a_tree_is_removed_only_when_nothing_runs_in_it_and_nothing_in_it_is_lost() {
    let lab = lab();
    lab.gx(&["worktree", "add", "../a"]).exits(0);
    lab.write("../a/train.py", "0.7\n");
    let told = lab.gx(&["worktree", "rm", "../a"]).exits(1);
    assert!(told.stderr.contains("has changes that are nowhere else: train.py"), "{told:?}");
    lab.git(&["-C", "../a", "restore", "train.py"]);
    let waits = "touch ../started; while [ -e train.py ] && [ ! -e ../go ]; do sleep 0.02; done; echo '---'";
    let mut run = lab.gx_command();
    run.args(["-C", "../a", "run", "--hypothesis", "slow", "--", "sh", "-c", waits]);
    let mut run =
        run.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    wait_until(|| lab.path("../started").exists());
    assert_eq!(row(&lab, "/a")["running"], "exp-2");
    let told = lab.gx(&["worktree", "rm", "../a"]).exits(1);
    assert!(told.stderr.contains("exp-2 is running in"), "{told:?}");
    assert!(told.stderr.contains("`gx wait exp-2`"), "{told:?}");
    lab.write("../go", "");
    run.wait().unwrap();
    assert_eq!(row(&lab, "/a")["running"], json!(null));
    lab.gx(&["worktree", "rm", "../a"]).exits(0);
    assert!(!lab.has("../a"));
    assert_eq!(lab.git(&["for-each-ref", "refs/gx/marks/linked-a"]), "");
    assert_eq!(lab.read("data/set"), "1 2 3\n");
    let told = lab.gx(&["worktree", "rm", "."]).exits(1);
    assert!(told.stderr.contains("no linked work tree that can be removed"), "{told:?}");
    lab.fsck();
}
