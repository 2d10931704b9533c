//! A fresh clone takes the place of one that is gone.

use serde_json::json;

use super::{pull, push};
use crate::support::clones::Remote;

#[test]
fn a_fresh_clone_brings_everything_and_its_own_comes_back_when_it_says_so() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    for value in ["0.9", "0.8"] {
        a.try_value(value).exits(0);
    }
    a.try_value("1.5").exits(10);
    a.gx(&["rm", "exp-3"]).exits(0);
    a.gx(&["push", "exp-1", "exp-2", "--logs"]).exits(0);
    b.try_value("0.7").exits(0);
    push(&b);
    let records = [a.record("exp-1"), a.record("exp-2")];
    drop(a);
    let fresh = remote.fresh_lab();
    pull(&fresh);
    assert_eq!(fresh.states().len(), 3);
    let told = fresh.gx(&["init", "--site", "lab-a", "--adopt"]).exits(3);
    assert!(told.stderr.contains("gx remote trust origin --private"), "{}", told.stderr);
    fresh.gx(&["remote", "trust", "origin", "--private"]).exits(0);
    let told = fresh.gx(&["init", "--site", "lab-a", "--adopt"]).exits(0).stdout;
    assert!(told.contains("2 experiments came back as its own"), "{told}");
    let ids: Vec<_> = fresh.states().into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["exp-1", "exp-2", "lab-b/exp-1"]);
    assert_eq!([fresh.record("exp-1"), fresh.record("exp-2")], records);
    fresh.gx(&["logs", "exp-1"]).exits(0);
    // It goes on where the other one has stopped, and the other one is told when it comes back.
    assert_eq!(fresh.try_value("0.6").json()["id"], json!("exp-3"));
    assert_eq!(push(&fresh)["experiments"], json!(["exp-3"]));
    assert_eq!(pull(&b)["experiments"].as_array().unwrap().len(), 3);
    let again = fresh.gx(&["init", "--site", "lab-a", "--adopt"]).exits(0).stdout;
    assert!(again.contains("everything was here already"), "{again}");
}

#[test]
fn what_its_owner_had_removed_comes_back_into_the_trash_and_its_number_is_not_given_again() {
    let remote = Remote::new();
    let a = remote.lab("lab-a");
    a.try_value("0.9").exits(0);
    a.try_value("0.8").exits(0);
    push(&a);
    a.gx(&["rm", "exp-2"]).exits(0);
    push(&a);
    let fresh = remote.lab("tmp");
    fresh.gx(&["init", "--site", "lab-a", "--adopt"]).exits(0);
    assert_eq!(fresh.states().len(), 1);
    assert_eq!(fresh.try_value("0.7").json()["id"], json!("exp-3"));
    fresh.gx(&["undo", "exp-2"]).exits(0);
}

#[test]
fn a_clone_with_other_experiments_of_its_own_is_refused_and_the_old_owner_learns_of_a_new_one() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    a.try_value("0.9").exits(0);
    b.try_value("0.8").exits(0);
    push(&a);
    let told = b.gx(&["init", "--site", "lab-a", "--adopt"]).exits(1);
    assert!(told.stderr.contains("exp-1 of this clone is another one than lab-a/exp-1"), "{}", told.stderr);
    assert_eq!(b.git(&["config", "gx.site"]).trim(), "lab-b");
    remote.lab("x").gx(&["init", "--site", "lab-a", "--adopt"]).exits(0);
    a.try_value("0.7").exits(0);
    let before = remote.git(&b, &["for-each-ref"]);
    let told = a.gx(&["push"]).exits(1);
    assert!(told.stderr.contains("`lab-a` is the name of another clone"), "{}", told.stderr);
    assert!(
        told.stderr.contains("hint: call this one something else: `gx init --site NAME`"),
        "{}",
        told.stderr
    );
    assert_eq!(remote.git(&b, &["for-each-ref"]), before, "the push has left something under the name");
}
