//! Protected paths: whatever is done to them, the result does not count.

use crate::support::Lab;
use crate::support::script::BLOCK;

const SEAL: [&str; 2] = ["--config", "run.protected=prepare.py"];

fn sealed_lab() -> Lab {
    let lab = Lab::new();
    lab.run("baseline", &SEAL).exits(0);
    lab
}

#[track_caller]
fn is_tainted(told: &serde_json::Value) {
    assert_eq!(told["status"], "tainted", "{told:#}");
    assert!(told["reason"].as_str().unwrap().contains("prepare.py"), "{told:#}");
}

#[test]
fn a_deleted_protected_path_taints() {
    let lab = sealed_lab();
    std::fs::remove_file(lab.path("prepare.py")).unwrap();
    lab.write("train.py", "0.5\n");
    is_tainted(&lab.run("without an evaluator", &SEAL).exits(15).json());
}

#[test]
fn a_trainer_that_overwrites_a_protected_path_taints_its_own_result() {
    let lab = sealed_lab();
    lab.write("train.py", "0.5\n");
    is_tainted(&lab.run_script(&format!("echo evil > prepare.py; {BLOCK}"), &SEAL).exits(15).json());
    assert_eq!(lab.read("prepare.py"), "evil\n");
}

#[test]
fn a_crash_is_no_baseline_whatever_is_said_of_it_later() {
    let lab = Lab::new();
    lab.write("prepare.py", "broken\n");
    lab.run_script("exit 1", &SEAL).exits(12);
    lab.git(&["checkout", "-q", "prepare.py"]);
    lab.run("baseline", &SEAL).exits(0);
    lab.gx(&["discard", "exp-1", "--reason", "it was a crash"]).exits(0);
    lab.write("train.py", "0.5\n");
    lab.run("better", &SEAL).exits(0);
}

#[test]
fn a_name_protects_the_file_in_every_folder() {
    let lab = Lab::new();
    lab.write("eval/prepare.py", "too\n");
    lab.commit("more");
    lab.run("baseline", &SEAL).exits(0);
    lab.write("eval/prepare.py", "cheat\n");
    is_tainted(&lab.run("x", &SEAL).exits(15).json());
}
