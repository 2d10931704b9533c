//! Over which commits the branch may go back.

use serde_json::{Value, json};

use crate::support::Lab;

/// A lab with a kept baseline and a worse idea committed on it.
fn with_committed_idea() -> Lab {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.write("train.py", "1.5\n");
    lab.commit("an idea of the agent");
    lab
}

/// Runs, and asserts that the branch did not move and the output says which command would do it.
#[track_caller]
fn stays(lab: &Lab, why: &str) {
    stays_and_advises(lab, why, "git revert ");
}

#[track_caller]
fn stays_and_advises(lab: &Lab, why: &str, advice: &str) {
    let before = (lab.rev("HEAD"), lab.read("train.py"), lab.status());
    let told = lab.run("committed", &[]).exits(10).json();
    assert_eq!((lab.rev("HEAD"), lab.read("train.py"), lab.status()), before);
    let refused = told["tree"]["refused"].as_str().unwrap_or_else(|| panic!("{told:#}"));
    assert!(refused.contains(why), "{told:#}");
    assert!(told["tree"]["advice"].as_str().unwrap().starts_with(advice), "{told:#}");
    assert_eq!((&told["tree"]["moved"], &told["tree"]["restored"]), (&Value::Null, &json!([])));
}

#[test]
fn not_over_a_commit_that_another_branch_holds() {
    let lab = with_committed_idea();
    lab.git(&["branch", "backup"]);
    stays(&lab, "refs/heads/backup");
}

#[test]
fn not_over_a_commit_that_a_tag_holds() {
    let lab = with_committed_idea();
    lab.git(&["tag", "-a", "-m", "v1", "v1"]);
    stays(&lab, "refs/tags/v1");
}

#[test]
fn not_over_a_commit_that_was_pushed() {
    let lab = with_committed_idea();
    lab.git(&["update-ref", "refs/remotes/origin/autoresearch/t", "HEAD"]);
    stays(&lab, "refs/remotes/origin/autoresearch/t");
}

#[test]
fn not_over_a_merge() {
    let lab = with_committed_idea();
    lab.git(&["switch", "-q", "-c", "side", "HEAD^"]);
    lab.write("side.txt", "side\n");
    lab.commit("side");
    lab.git(&["switch", "-q", "autoresearch/t"]);
    lab.git(&["merge", "-q", "--no-edit", "side"]);
    lab.git(&["branch", "-q", "-D", "side"]);
    stays_and_advises(&lab, "merge", "git restore --source=");
}

#[test]
fn not_over_a_commit_that_changes_nothing() {
    let lab = with_committed_idea();
    lab.git(&["commit", "-q", "--allow-empty", "-m", "a remark"]);
    stays(&lab, "touches nothing");
}

#[test]
fn not_over_a_commit_that_touches_no_editable_path() {
    let lab = with_committed_idea().with("GX_RUN_EDITABLE", "train.py");
    lab.write("README.md", "for all\n");
    lab.commit("a better text");
    stays(&lab, "touches nothing");
}

#[test]
fn over_commits_that_undo_each_other_since_each_touches_a_tracked_path() {
    let lab = with_committed_idea();
    let base = lab.rev("HEAD^");
    for text in ["there\n", "read me\n"] {
        lab.write("README.md", text);
        lab.commit("there and back");
    }
    lab.run("committed", &[]).exits(10);
    assert_eq!((lab.rev("HEAD"), lab.status()), (base, String::new()));
}

#[test]
fn a_path_that_the_commits_touch_beside_the_editable_ones_keeps_its_content() {
    let lab = Lab::new().with("GX_RUN_EDITABLE", "train.py");
    lab.run("baseline", &[]).exits(0);
    let base = lab.rev("HEAD");
    lab.write("train.py", "1.5\n");
    lab.write("README.md", "explained\n");
    lab.commit("an idea of the agent");
    lab.run("committed", &[]).exits(10);
    assert_eq!((lab.rev("HEAD"), lab.read("train.py")), (base, "1.0\n".into()));
    assert_eq!(lab.read("README.md"), "explained\n");
}

#[test]
fn uncommitted_changes_of_others_survive_the_way_back() {
    let lab = Lab::new().with("GX_RUN_EDITABLE", "train.py");
    lab.run("baseline", &[]).exits(0);
    lab.write("train.py", "1.5\n");
    lab.commit("an idea of the agent");
    lab.write("README.md", "mine\n");
    lab.write("notes.txt", "mine too\n");
    lab.git(&["add", "README.md"]);
    lab.run("committed", &[]).exits(10);
    assert_eq!(lab.status(), "M  README.md\n?? notes.txt\n");
    assert_eq!((lab.read("train.py").as_str(), lab.read("README.md").as_str()), ("1.0\n", "mine\n"));
}

#[test]
fn a_detached_head_goes_back_too() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.git(&["switch", "-q", "--detach"]);
    let base = lab.rev("HEAD");
    lab.write("train.py", "1.5\n");
    lab.commit("an idea of the agent");
    lab.run("committed", &["--tag", "t"]).exits(10);
    assert_eq!(
        (lab.rev("HEAD"), lab.read("train.py"), lab.status()),
        (base.clone(), "1.0\n".into(), String::new())
    );
    assert_eq!(lab.rev("autoresearch/t"), base);
}
