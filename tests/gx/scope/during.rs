//! What happens to branch and files while the trainer runs.

use serde_json::json;

use crate::support::Lab;
use crate::support::script::BLOCK;

#[test]
fn a_path_edited_again_during_the_run_is_left_and_named() {
    let lab = Lab::new();
    lab.write("other.py", "other\n");
    lab.commit("other");
    lab.run("baseline", &[]).exits(0);
    lab.write("train.py", "1.5\n");
    lab.write("other.py", "changed\n");
    let told = lab.run_script(&format!("{BLOCK}; echo 0.8 > train.py"), &[]).exits(10).json();
    assert_eq!((lab.read("train.py").as_str(), lab.read("other.py").as_str()), ("0.8\n", "other\n"));
    assert_eq!(told["tree"]["left"], json!([{"path": "train.py", "why": "edited again"}]));
    assert_eq!(lab.git(&["show", "refs/experiments/exp-2:train.py"]), "1.5\n");
    let told = lab.run("what was edited during the run", &[]).exits(0).json();
    assert_eq!(told["tree"]["committed"], json!(["train.py"]));
}

#[test]
fn a_kept_run_commits_what_ran_and_leaves_a_later_edit_uncommitted() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.write("train.py", "0.9\n");
    lab.run_script(&format!("{BLOCK}; echo 0.8 > train.py"), &[]).exits(0);
    assert_eq!(
        (lab.read("train.py").as_str(), lab.git(&["show", "HEAD:train.py"]).as_str()),
        ("0.8\n", "0.9\n")
    );
    assert_eq!(lab.status(), " M train.py\n");
}

#[test]
fn a_file_that_the_trainer_makes_or_changes_beside_the_candidates_stays() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.write("train.py", "1.5\n");
    lab.run_script(&format!("{BLOCK}; echo out > made.txt; echo more >> README.md"), &[]).exits(10);
    assert_eq!((lab.read("made.txt").as_str(), lab.read("README.md").as_str()), ("out\n", "read me\nmore\n"));
    assert_eq!(lab.read("train.py"), "1.0\n");
}

#[test]
fn nothing_moves_when_head_moved_during_the_run_and_the_output_says_what_to_do() {
    for (value, code, advice) in [("1.5", 10, "git restore --source="), ("0.9", 0, "gx keep exp-2 --reason ")]
    {
        let lab = Lab::new();
        lab.run("baseline", &[]).exits(0);
        lab.write("train.py", format!("{value}\n"));
        let commit = "echo theirs > README.md; git commit -q -m theirs README.md";
        let told = lab.run_script(&format!("{BLOCK}; {commit}"), &[]).exits(code).json();
        assert_eq!(lab.git(&["log", "-1", "--format=%s"]), "theirs\n");
        assert_eq!((lab.read("train.py"), lab.status()), (format!("{value}\n"), " M train.py\n".into()));
        assert!(told["tree"]["advice"].as_str().unwrap().starts_with(advice), "{told:#}");
        assert_eq!(told["tree"]["moved"], json!(null));
    }
}

#[test]
fn what_was_committed_during_a_run_is_what_a_later_edit_goes_back_to() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.write("train.py", "1.5\n");
    let commit = "echo theirs > README.md; git commit -q -m theirs README.md";
    lab.run_script(&format!("{BLOCK}; {commit}"), &[]).exits(10);
    lab.write("README.md", "a later edit\n");
    lab.run("both edits", &[]).exits(10);
    assert_eq!((lab.read("README.md").as_str(), lab.read("train.py").as_str()), ("theirs\n", "1.0\n"));
    assert_eq!(lab.status(), "");
}

#[test]
fn another_branch_that_was_switched_to_during_the_run_stays_where_it_is() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    let head = lab.rev("HEAD");
    lab.write("train.py", "0.9\n");
    let told = lab.run_script(&format!("{BLOCK}; git switch -q -c aside"), &[]).exits(0).json();
    assert_eq!(told["tree"]["refused"], json!("HEAD has moved since the run began"));
    assert_eq!((lab.rev("aside"), lab.rev("autoresearch/t")), (head.clone(), head));
    assert_eq!(lab.read("train.py"), "0.9\n");
}
