//! `gx run`: the outcomes, and where branch, index and files stand after each.

use serde_json::json;

use crate::support::Lab;

#[test]
fn the_first_valid_result_is_kept_and_a_better_one_moves_the_branch() {
    let lab = Lab::new();
    let start = lab.rev("HEAD");
    let told = lab.run("baseline", &[]).exits(0).json();
    assert_eq!(
        (&told["id"], &told["status"], &told["value"]),
        (&json!("exp-1"), &json!("keep"), &json!(1.0))
    );
    assert_eq!(lab.rev("HEAD"), start);
    let told = lab.try_value("0.9").exits(0).json();
    assert_eq!(told["delta"], json!(-0.09999999999999998));
    assert_eq!(lab.rev("HEAD^"), start);
    assert_eq!(lab.rev("HEAD"), lab.rev("refs/experiments/exp-2"));
    assert_eq!((lab.read("train.py").as_str(), lab.status().as_str()), ("0.9\n", ""));
    lab.fsck();
}

#[test]
fn a_discarded_run_leaves_the_working_tree_as_it_was_before_the_edit() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    let head = lab.rev("HEAD");
    let told = lab.try_value("1.5").exits(10).json();
    assert_eq!(told["tree"]["restored"], json!(["train.py"]));
    assert_eq!((lab.rev("HEAD"), lab.read("train.py"), lab.status()), (head, "1.0\n".into(), String::new()));
    assert_eq!(lab.git(&["show", "refs/experiments/exp-2:train.py"]), "1.5\n");
}
