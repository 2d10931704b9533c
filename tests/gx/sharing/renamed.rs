//! A clone that takes another name after it has pushed.

use serde_json::json;

use super::{pull, push};
use crate::support::clones::Remote;

#[test]
fn the_experiments_of_a_clone_that_was_renamed_are_listed_once() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-z"), remote.lab("lab-b"));
    a.try_value("0.9").exits(0);
    a.try_value("0.8").exits(0);
    push(&a);
    assert_eq!(pull(&b)["experiments"], json!(["lab-z/exp-1", "lab-z/exp-2"]));
    a.gx(&["init", "--site", "lab-a"]).exits(0);
    a.try_value("0.7").exits(0);
    push(&a);
    // Who knows them goes on calling them as before.
    let told = pull(&b);
    assert_eq!((&told["experiments"], &told["conflicts"]), (&json!(["lab-a/exp-3"]), &json!([])));
    let names = |states: Vec<(String, String)>| states.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(names(b.states()), ["lab-a/exp-3", "lab-z/exp-1", "lab-z/exp-2"]);
    assert_eq!(pull(&b)["experiments"], json!([]));
    let standing = b.gx(&["remote", "--json"]).exits(0).json();
    assert_eq!(standing["remotes"][0]["behind"], json!(0));
    // Who meets both names at once takes the one that was claimed last.
    let fresh = remote.lab("lab-c");
    pull(&fresh);
    assert_eq!(names(fresh.states()), ["lab-a/exp-1", "lab-a/exp-2", "lab-a/exp-3"]);
    // What its owner says of one still reaches both.
    a.gx(&["rm", "exp-1"]).exits(0);
    push(&a);
    assert_eq!(pull(&b)["removed"], json!(["lab-z/exp-1"]));
    assert_eq!(pull(&fresh)["removed"], json!(["lab-a/exp-1"]));
    assert_eq!((names(b.states()).len(), pull(&b)["experiments"].clone()), (2, json!([])));
    [a, b, fresh].iter().for_each(crate::support::Lab::fsck);
}
