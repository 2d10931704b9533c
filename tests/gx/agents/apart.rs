//! Isolated runs: the work tree is free at once, and nothing of one run is seen by another.

use std::fs;

use serde_json::{Value, json};

use super::Slow;
use crate::support::script::BLOCK;
use crate::support::{Lab, TRAIN, wait_until};

/// A lab with a kept baseline of 1.0.
pub(super) fn lab() -> Lab {
    let lab = Lab::new();
    lab.write(".gitignore", "data\nout/\n*.ckpt\n");
    lab.write("model.py", "small\n");
    lab.commit("a model");
    lab.run("baseline", &[]).exits(0);
    lab
}

/// Only warm checkouts are left, and Git finds nothing wrong, before and after it cleans up.
#[track_caller]
pub(super) fn is_sane(lab: &Lab) {
    let folder = lab.path(".git/gx/worktrees");
    let names = || {
        let all = fs::read_dir(&folder).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap());
        all.filter(|name| !name.starts_with('.')).collect::<Vec<_>>()
    };
    // A supervisor gives its checkout back when everybody has been told.
    wait_until(|| names().iter().all(|name| name.starts_with("warm-")));
    let left = names();
    lab.git(&["worktree", "prune", "--expire=now"]);
    lab.git(&["gc", "-q", "--prune=now"]);
    lab.fsck();
    assert_eq!(lab.git(&["worktree", "list", "--porcelain"]).matches("worktree ").count(), left.len() + 1);
}

fn kept(lab: &Lab, id: &str) -> String {
    lab.record(id)["kept_commit"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_edited_while_it_runs_is_untouched_and_no_part_of_it() {
    let lab = lab();
    lab.write("train.py", "0.9\n");
    let slow = Slow::start(&lab, ".", "slow", "0.9", &["--isolated"]);
    lab.write("train.py", "0.8\n");
    lab.write("model.py", "large\n");
    lab.write("new.txt", "new\n");
    let told = slow.ends(&lab, 0);
    assert_eq!(lab.git(&["show", "refs/experiments/exp-2:train.py"]), "0.9\n");
    assert_eq!((lab.tip(), lab.git(&["show", "HEAD:train.py"])), (kept(&lab, "exp-2"), "0.9\n".into()));
    assert_eq!(
        (lab.read("train.py"), lab.read("model.py"), lab.read("new.txt")),
        ("0.8\n".into(), "large\n".into(), "new\n".into())
    );
    assert_eq!(lab.status(), " M model.py\n M train.py\n?? new.txt\n", "{told:#}");
    // The next idea is what was edited since.
    let next = lab.run("both", &[]).exits(0).json();
    assert_eq!(lab.record(next["id"].as_str().unwrap())["changed"], json!(["model.py", "train.py"]));
    assert_eq!(lab.status(), "?? new.txt\n");
    is_sane(&lab);
}

#[test]
fn an_isolated_keep_leaves_a_tree_that_still_has_the_edit_clean() {
    let lab = lab();
    lab.write("train.py", "0.9\n");
    lab.run("apart", &["--isolated"]).exits(0);
    assert_eq!(
        (lab.read("train.py"), lab.status(), lab.tip()),
        ("0.9\n".into(), String::new(), kept(&lab, "exp-2"))
    );
    assert_eq!(lab.record("exp-2")["isolated"], true);
    // A discard leaves the edit where it is: it may be the half of the next one.
    lab.write("train.py", "1.5\n");
    lab.run("apart", &["--isolated"]).exits(10);
    assert_eq!((lab.read("train.py"), lab.status()), ("1.5\n".into(), " M train.py\n".into()));
    is_sane(&lab);
}

#[test]
fn put_back_frees_the_tree_of_the_edit_and_a_keep_brings_it_again() {
    let lab = lab();
    lab.write("train.py", "0.9\n");
    lab.write("README.md", "mine\n");
    let flags = ["--isolated", "--put-back", "--config", "run.editable=train.py"];
    let slow = Slow::start(&lab, ".", "slow", "0.9", &flags);
    assert_eq!((lab.read("train.py"), lab.status()), ("1.0\n".into(), " M README.md\n".into()));
    slow.ends(&lab, 0);
    assert_eq!((lab.read("train.py"), lab.status()), ("0.9\n".into(), " M README.md\n".into()));
    is_sane(&lab);
}

#[test]
fn ignored_paths_are_linked_and_stay_when_the_checkout_goes() {
    let lab = lab();
    lab.write("data/set", "7\n");
    let flags = ["--isolated", "--config", "run.link=data"];
    lab.run_script(&format!("test \"$(cat data/set)\" = 7 && {BLOCK}"), &flags).exits(11);
    lab.run_script(&format!("test -e data && exit 1; {BLOCK}"), &["--isolated"]).exits(11);
    assert_eq!(lab.read("data/set"), "7\n");
    is_sane(&lab);
}

#[test]
fn declared_results_are_kept_under_a_ref_and_nothing_else_is() {
    let lab = lab();
    let script = format!("mkdir out; echo 1 > out/a.json; echo 2 > out/b.txt; echo 3 > m.ckpt; {BLOCK}");
    let flags = ["--isolated", "--artifact", "*.ckpt", "--config", "run.artifacts=out/*.json"];
    lab.run_script(&script, &flags).exits(11);
    assert_eq!(lab.git(&["ls-tree", "-r", "--name-only", "refs/artifacts/exp-2"]), "m.ckpt\nout/a.json\n");
    assert_eq!(lab.git(&["show", "refs/artifacts/exp-2:out/a.json"]), "1\n");
    let told = lab.record("exp-2")["artifacts"].clone();
    assert_eq!(
        (&told["ref"], &told["files"]),
        (&json!("refs/artifacts/exp-2"), &json!(["m.ckpt", "out/a.json"]))
    );
    assert_eq!(told["commit"], lab.rev("refs/artifacts/exp-2"));
    assert_eq!((lab.status(), lab.has("out")), (String::new(), false));
    is_sane(&lab);
}

#[test]
fn nothing_of_one_run_is_seen_by_the_next() {
    let lab = lab();
    lab.run_script(
        &format!("mkdir out; echo x > out/x; echo x > junk; echo 9 > train.py; git commit -qam x; {BLOCK}"),
        &["--isolated"],
    )
    .exits(10);
    let look = format!(
        "[ \"$(cat train.py)\" = 1.0 ] && [ ! -e out ] && [ ! -e junk ] && [ -z \"$(git status --porcelain --ignored)\" ] && {BLOCK}"
    );
    let told = lab.run_script(&look, &["--isolated"]).json();
    assert_eq!(told["status"], "near-miss", "{told:#}");
    assert_eq!(told["snapshot"], lab.rev("refs/experiments/exp-3"));
    is_sane(&lab);
}

#[test]
fn a_checkout_that_is_to_be_kept_is_there_afterwards_and_in_the_record() {
    let lab = lab();
    lab.run_script(&format!("echo x > junk; {BLOCK}"), &["--isolated", "--keep-worktree"]).exits(11);
    let place = lab.record("exp-2")["worktree"].as_str().unwrap().to_owned();
    assert_eq!(fs::read_to_string(format!("{place}/junk")).unwrap(), "x\n");
    lab.run("next", &["--isolated"]).exits(11);
    assert!(fs::exists(format!("{place}/junk")).unwrap());
    lab.gx(&["worktree", "rm", &place]).exits(0);
    assert!(!fs::exists(&place).unwrap() && !lab.git(&["worktree", "list"]).contains("exp-2"));
    lab.run("after", &["--isolated"]).exits(11);
    lab.fsck();
}

#[test]
fn a_checkout_is_not_removed_while_its_experiment_runs() {
    let lab = lab();
    let dir = lab.dir().display().to_string();
    let wait = format!("while [ -e '{dir}/train.py' ] && [ ! -e '{dir}/../go' ]; do sleep 0.02; done");
    lab.gx(&["run", "--detach", "--hypothesis", "x", "--", "sh", "-c", &wait]).exits(0);
    let place = lab.path(".git/gx/worktrees/exp-2").display().to_string();
    wait_until(|| fs::exists(&place).unwrap());
    let told = lab.gx(&["worktree", "rm", &place]).exits(1);
    assert!(told.stderr.contains("belongs to exp-2, which has no end yet"), "{told:?}");
    lab.write("../go", "");
    lab.gx(&["wait", "exp-2"]).exits(12);
}

#[test]
fn the_checkout_of_an_experiment_in_the_trash_is_tidied_too() {
    let lab = lab();
    lab.run("first", &["--isolated"]);
    lab.gx(&["rm", "exp-2"]).exits(0);
    // As where its supervisor was killed before it could give the checkout back.
    let place = lab.path(".git/gx/worktrees/exp-2");
    // Supervisors tidy up when their clients have their answer already.
    wait_until(|| !place.exists());
    fs::create_dir(&place).unwrap();
    lab.run("next", &["--isolated"]);
    wait_until(|| !place.exists());
}

#[test]
fn it_runs_in_the_same_folder_of_the_checkout() {
    let lab = lab();
    lab.write("sub/value", "0.9\n");
    lab.commit("a folder");
    let script = "printf -- '---\\nval_bpb: %s\\n' \"$(cat value)\"; pwd";
    lab.gx(&["-C", "sub", "run", "--isolated", "--hypothesis", "x", "--", "sh", "-c", script]).exits(0);
    assert!(lab.gx(&["logs", "exp-2"]).stdout.contains("/.git/gx/worktrees/exp-2/sub"));
}

#[test]
fn results_in_a_file_of_the_checkout_are_read_there() {
    let lab = lab();
    lab.write("metrics.json", "{\"val_bpb\": 0.1}");
    lab.commit("an old result");
    let flags = ["--isolated", "--config", "metric.source=json", "--config", "metric.file=metrics.json"];
    let told = lab.run_script("echo '{\"val_bpb\": 0.9}' > metrics.json", &flags).json();
    assert_eq!((&told["value"], &told["status"]), (&json!(0.9), &json!("keep")), "{told:#}");
    assert_eq!(lab.read("metrics.json"), "{\"val_bpb\": 0.1}");
    // What lay there before is no result of the run.
    assert_eq!(lab.run_script("true", &flags).exits(12).json()["value"], Value::Null);
}

#[test]
fn a_protected_path_that_is_altered_in_the_checkout_taints() {
    let lab = Lab::new().with("GX_RUN_PROTECTED", "prepare.py");
    lab.run("baseline", &[]).exits(0);
    lab.write("train.py", "0.5\n");
    let told = lab.run_script(&format!("echo evil > prepare.py; {BLOCK}"), &["--isolated"]).exits(15).json();
    assert!(told["reason"].as_str().unwrap().contains("prepare.py"), "{told:#}");
    assert_eq!((lab.read("prepare.py"), lab.status()), ("evaluate\n".into(), " M train.py\n".into()));
    lab.run("honest", &["--isolated"]).exits(0);
    is_sane(&lab);
}

#[test]
fn leave_moves_nothing_and_a_crash_leaves_the_tree_alone() {
    let lab = lab();
    let tip = lab.tip();
    lab.write("train.py", "0.5\n");
    lab.run("left", &["--isolated", "--leave"]).exits(0);
    lab.run_script("exit 3", &["--isolated"]).exits(12);
    assert_eq!(
        (lab.tip(), lab.read("train.py"), lab.status()),
        (tip, "0.5\n".into(), " M train.py\n".into())
    );
    is_sane(&lab);
}

#[test]
fn an_isolated_keep_moves_no_branch_that_a_person_moved_meanwhile_and_says_what_to_do() {
    let lab = lab();
    lab.write("train.py", "0.9\n");
    let slow = Slow::start(&lab, ".", "slow", "0.9", &["--isolated"]);
    lab.write("README.md", "by hand\n");
    lab.git(&["commit", "-qm", "by hand", "README.md"]);
    let tip = lab.tip();
    let told = slow.ends(&lab, 0);
    assert_eq!(
        (lab.tip(), lab.read("train.py"), lab.status()),
        (tip, "0.9\n".into(), " M train.py\n".into())
    );
    assert!(told["tree"]["refused"].is_string(), "{told:#}");
    super::tip::does(&lab, ".", told["tree"]["advice"].as_str().unwrap());
    assert_eq!((lab.git(&["show", "HEAD:train.py"]), lab.status()), ("0.9\n".into(), String::new()));
}

#[test]
fn a_commit_on_trial_runs_apart_as_well() {
    let lab = lab();
    lab.write("train.py", "0.9\n");
    lab.commit("an idea");
    let own = lab.tip();
    let told = lab.run("committed", &["--isolated"]).exits(0).json();
    assert_eq!((lab.tip(), told["kept_commit"].as_str().unwrap()), (own.clone(), own.as_str()));
    assert_eq!(lab.record("exp-2")["mode"], "committed");
    lab.write("train.py", "1.5\n");
    lab.commit("a bad idea");
    lab.run("committed", &["--isolated"]).exits(10);
    is_sane(&lab);
}

#[test]
fn it_needs_no_work_tree_that_another_run_has() {
    let lab = lab();
    lab.write("train.py", "1.5\n");
    let here = Slow::start(&lab, ".", "here", "1.5", &[]);
    let told = lab.run("apart", &["--isolated"]).exits(10).json();
    assert_eq!(told["id"], "exp-3");
    assert_eq!(lab.read("train.py"), "1.5\n");
    here.ends(&lab, 10);
    assert_eq!((lab.read("train.py"), lab.status()), ("1.0\n".into(), String::new()));
    is_sane(&lab);
}

#[test]
fn an_isolated_keep_beside_a_run_in_place_moves_the_tip_and_both_end_well() {
    let lab = lab();
    lab.write("train.py", "1.5\n");
    let here = Slow::start(&lab, ".", "here", "1.5", &[]);
    let script = "printf -- '---\\nval_bpb: 0.9\\n'";
    let apart = lab.run_script(script, &["--isolated"]).exits(0).json();
    assert_eq!(lab.tip(), kept(&lab, "exp-3"), "{apart:#}");
    // The run in place is worse than what its own edit made apart: it goes back, and the tree to the tip.
    here.ends(&lab, 10);
    assert_eq!((lab.read("train.py"), lab.status()), ("1.5\n".into(), String::new()));
    is_sane(&lab);
}

#[test]
fn an_isolated_run_from_an_agents_tree_moves_the_tip_and_the_tree_follows() {
    let lab = super::lab();
    lab.write("../a-1/train.py", "0.9\n");
    let start = ["-C", "../a-1", "run", "--json", "--isolated", "--hypothesis", "apart", "--"];
    let told = lab.gx(&[&start[..], TRAIN].concat()).exits(0).json();
    assert_eq!(told["tree"]["moved"], "refs/heads/autoresearch/t");
    assert_eq!(lab.git_in("../a-1", &["rev-parse", "HEAD"]), lab.tip());
    assert_eq!(lab.git_in("../a-1", &["status", "--porcelain"]), "");
    assert_eq!((lab.read("train.py"), lab.status()), ("0.9\n".into(), String::new()));
    is_sane_with(&lab, 2);
}

/// As [`is_sane`], with so many trees of agents.
fn is_sane_with(lab: &Lab, agents: usize) {
    lab.git(&["gc", "-q", "--prune=now"]);
    lab.fsck();
    let told = lab.gx(&["worktree", "ls", "--json"]).exits(0).json();
    assert_eq!(told["worktrees"].as_array().unwrap().len(), agents + 1);
}
