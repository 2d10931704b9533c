//! Experiments of several machines in one history, through a plain Git remote.

mod adopted;
mod cut;
mod records;
mod renamed;
mod storm;
mod trust;

use std::fs;

use serde_json::json;

use crate::support::Lab;
use crate::support::clones::Remote;

/// Pushes; it must succeed.
#[track_caller]
fn push(lab: &Lab) -> serde_json::Value {
    lab.gx(&["push", "--json"]).exits(0).json()
}

/// Pulls; it must succeed.
#[track_caller]
fn pull(lab: &Lab) -> serde_json::Value {
    lab.gx(&["pull", "--json"]).exits(0).json()
}

#[test]
fn what_one_clone_pushes_another_reads_with_every_command() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    a.try_value("0.9").exits(0);
    a.try_value("1.5").exits(10);
    b.try_value("0.8").exits(0);
    let told = push(&a);
    assert_eq!((&told["experiments"], &told["records"]), (&json!(["exp-1", "exp-2"]), &json!(2)));
    assert_eq!(
        remote.refs(&a),
        [
            "refs/experiments/lab-a/exp-1",
            "refs/experiments/lab-a/exp-2",
            "refs/gx/sites/lab-a",
            "refs/notes/experiments"
        ]
    );
    let told = pull(&b);
    assert_eq!((&told["experiments"], &told["records"]), (&json!(["lab-a/exp-1", "lab-a/exp-2"]), &json!(2)));
    let states: Vec<_> = b.states().into_iter().map(|(id, status)| format!("{id} {status}")).collect();
    assert_eq!(states, ["exp-1 keep", "lab-a/exp-1 keep", "lab-a/exp-2 discard"]);
    let show = b.gx(&["show", "lab-a/exp-2", "--json"]).exits(0).json();
    assert_eq!((&show["value"], &show["hypothesis"]), (&json!(1.5), &json!("try 1.5")));
    let diff = b.gx(&["diff", "exp-1", "lab-a/exp-2", "--json"]).exits(0).json();
    assert!(diff["patch"].as_str().unwrap().contains("+1.5"), "{diff}");
    b.gx(&["diff", "lab-a/exp-1", "--stat"]).exits(0);
    b.gx(&["restore", "lab-a/exp-2", "--into", "../there"]).exits(0);
    assert_eq!(b.read("../there/train.py"), "1.5\n");
    b.gx(&["note", "lab-a/exp-1", "looks right"]).exits(0);
    let told = b.gx(&["logs", "lab-a/exp-1"]).exits(1);
    assert!(told.stderr.contains("hint: fetch the logs too: `gx pull --logs`"), "{}", told.stderr);
    // The remark goes back to whose experiment it is.
    push(&b);
    pull(&a);
    assert_eq!(a.record("exp-1")["note"], json!("looks right"));
    assert_eq!(pull(&a)["records"], json!(0));
    [a, b].iter().for_each(Lab::fsck);
}

#[test]
fn nothing_of_this_is_seen_by_plain_fetches_and_nothing_is_configured_for_them() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    a.try_value("0.9").exits(0);
    push(&a);
    b.try_value("0.8").exits(0);
    pull(&b);
    b.git(&["config", "fetch.prune", "true"]);
    b.git(&["fetch", "-q", "origin"]);
    assert_eq!(
        b.git(&["config", "--get-all", "remote.origin.fetch"]),
        "+refs/heads/*:refs/remotes/origin/*\n"
    );
    assert!(!b.path(".git/FETCH_HEAD").exists() || b.read(".git/FETCH_HEAD").is_empty());
    assert_eq!(b.states().len(), 2);
}

#[test]
fn logs_and_artifacts_go_along_where_they_are_asked_for() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    let run =
        ["run", "--isolated", "--hypothesis", "leaves something", "--artifact", "out.txt", "--", "sh", "-c"];
    a.gx(&[&run[..], &["echo here > out.txt; printf -- '---\\nval_bpb: 1\\n'"]].concat()).exits(0);
    let told = a.gx(&["push", "--logs", "--artifacts", "--json"]).exits(0).json();
    assert_eq!((&told["logs"], &told["artifacts"]), (&json!(1), &json!(1)));
    let told = b.gx(&["pull", "--logs", "--artifacts", "--json"]).exits(0).json();
    assert_eq!((&told["logs"], &told["artifacts"]), (&json!(1), &json!(1)));
    assert!(b.gx(&["logs", "lab-a/exp-1"]).exits(0).stdout.contains("val_bpb: 1"));
    assert_eq!(b.git(&["show", "refs/artifacts/lab-a/exp-1:out.txt"]), "here\n");
    let told = a.gx(&["push", "--logs", "--artifacts", "--json"]).exits(0).json();
    assert_eq!((&told["logs"], &told["artifacts"]), (&json!(0), &json!(0)));
}

#[test]
fn only_what_is_named_goes_and_what_goes_on_stays_until_it_has_ended() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    for value in ["0.9", "0.8", "0.7"] {
        a.try_value(value).exits(0);
    }
    a.gx(&["register", "--hypothesis", "by hand"]).exits(0);
    a.gx(&["push", "exp-2"]).exits(0);
    assert_eq!(pull(&b)["experiments"], json!(["lab-a/exp-2"]));
    // The records of the others have not left either.
    let notes = b.git(&["notes", "--ref=experiments", "list"]);
    assert_eq!(notes.lines().count(), 1, "{notes}");
    let told = push(&a);
    assert_eq!((&told["experiments"], &told["unfinished"]), (&json!(["exp-1", "exp-3"]), &json!(["exp-4"])));
    a.gx(&["push", "exp-4"]).exits(0);
    pull(&b);
    assert_eq!(b.record("lab-a/exp-4")["status"], json!("running"));
    a.gx(&["crash", "exp-4", "--error", "no"]).exits(12);
    assert_eq!(push(&a)["records"], json!(1));
    pull(&b);
    assert_eq!(b.record("lab-a/exp-4")["status"], json!("crash"));
}

#[test]
fn a_plan_shows_what_would_go_and_sends_nothing() {
    let remote = Remote::new();
    let a = remote.lab("lab-a");
    a.try_value("0.9").exits(0);
    let told = a.gx(&["push", "--dry-run", "--json"]).exits(0).json();
    assert_eq!(
        (&told["experiments"], &told["records"], &told["history"]),
        (&json!(["exp-1"]), &json!(1), &json!(1))
    );
    assert_eq!(remote.refs(&a), Vec::<String>::new());
    push(&a);
    let b = remote.lab("lab-b");
    let told = b.gx(&["pull", "--dry-run", "--json"]).exits(0).json();
    assert_eq!(told["experiments"], json!(["lab-a/exp-1"]));
    assert_eq!(b.states(), []);
    let text = a.gx(&["push"]).exits(0).stdout;
    assert_eq!(text, "origin  nothing new, as lab-a\n");
}

#[test]
fn what_its_owner_removes_goes_to_the_trash_everywhere_and_comes_back_with_him() {
    let remote = Remote::new();
    let (a, b, late) = (remote.lab("lab-a"), remote.lab("lab-b"), remote.lab("lab-c"));
    a.try_value("0.9").exits(0);
    push(&a);
    pull(&b);
    a.gx(&["rm", "exp-1"]).exits(0);
    assert_eq!(push(&a)["records"], json!(1));
    assert_eq!(pull(&b)["removed"], json!(["lab-a/exp-1"]));
    assert_eq!(pull(&late)["experiments"], json!([]));
    assert_eq!(b.states(), []);
    a.gx(&["undo"]).exits(0);
    push(&a);
    assert_eq!(pull(&b)["returned"], json!(["lab-a/exp-1"]));
    assert_eq!(pull(&late)["experiments"], json!(["lab-a/exp-1"]));
}

#[test]
fn a_removal_that_came_with_a_push_still_moves_the_copy_with_the_next_pull() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    a.try_value("0.9").exits(0);
    push(&a);
    pull(&b);
    a.gx(&["rm", "exp-1"]).exits(0);
    push(&a);
    b.gx(&["remote", "--fetch"]).exits(0);
    push(&b);
    assert_eq!(pull(&b)["removed"], json!(["lab-a/exp-1"]));
    assert_eq!(b.states(), []);
    // The same where two pushes collide.
    a.gx(&["undo"]).exits(0);
    push(&a);
    b.try_value("0.8").exits(0);
    push(&b);
    assert_eq!(pull(&b)["returned"], json!(["lab-a/exp-1"]));
}

#[test]
fn a_removal_reaches_a_copy_that_was_archived_meanwhile() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    a.try_value("0.9").exits(0);
    push(&a);
    pull(&b);
    b.gx(&["archive", "--keep", "0"]).exits(0);
    a.gx(&["rm", "exp-1"]).exits(0);
    push(&a);
    assert_eq!(pull(&b)["removed"], json!(["lab-a/exp-1"]));
    assert_eq!(b.gx(&["ls", "--json"]).exits(0).json()["total"], json!(0));
    a.gx(&["undo"]).exits(0);
    push(&a);
    assert_eq!(pull(&b)["returned"], json!(["lab-a/exp-1"]));
    assert_eq!(b.gx(&["ls", "--json"]).exits(0).json()["total"], json!(1));
}

#[test]
fn a_push_looks_again_before_it_says_that_there_is_nothing_new() {
    let remote = Remote::new();
    let a = remote.lab("lab-a");
    a.try_value("0.9").exits(0);
    push(&a);
    let refs = a.git(&["ls-remote", "origin", "refs/experiments/*"]);
    assert_eq!(refs.lines().count(), 1, "{refs}");
    let url = a.git(&["remote", "get-url", "origin"]);
    let dir = url.trim().trim_start_matches("file://").to_owned();
    fs::rename(&dir, format!("{dir}.gone")).unwrap();
    assert_ne!(a.gx(&["push"]).code, Some(0), "there is no remote");
    a.git(&["init", "-q", "--bare", &dir]);
    assert_eq!(push(&a)["experiments"], json!(["exp-1"]));
    assert_eq!(a.git(&["ls-remote", "origin", "refs/experiments/*"]), refs);
}

#[test]
fn only_this_clones_own_configuration_can_declare_a_remote_private() {
    let remote = Remote::new();
    let a = remote.lab("lab-a");
    a.try_value("0.9").exits(0);
    push(&a);
    let url = a.git(&["remote", "get-url", "--push", "origin"]);
    let global = a.dir().join("../global");
    fs::write(&global, format!("[gx \"remote.origin\"]\n\tprivateUrl = {url}\n")).unwrap();
    a.gx(&["remote", "trust", "origin", "--forget"]).exits(0);
    a.try_value("0.8").exits(0);
    let told = a.gx_command().arg("push").env("GIT_CONFIG_GLOBAL", &global).output().unwrap();
    assert_eq!(told.status.code(), Some(3), "{told:?}");
    let told = a.gx(&["remote", "trust", "origin"]).exits(2).stderr;
    assert!(told.contains("gx remote trust origin --private"), "{told}");
}

#[test]
fn removing_another_clones_experiment_hides_it_here_alone() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    a.try_value("0.9").exits(0);
    push(&a);
    pull(&b);
    b.gx(&["rm", "lab-a/exp-1"]).exits(0);
    pull(&b);
    assert_eq!(b.states(), []);
    assert_eq!(push(&b)["records"], json!(0));
    pull(&a);
    assert_eq!(a.states().len(), 1);
    b.gx(&["undo"]).exits(5);
    b.gx(&["undo", "lab-a/exp-1"]).exits(0);
    assert_eq!(b.states().len(), 1);
    let told = b.gx(&["discard", "lab-a/exp-1", "--reason", "no"]).exits(1);
    assert!(told.stderr.contains("its verdict is given there"), "{}", told.stderr);
}

#[test]
fn a_remote_that_lost_its_experiments_takes_nothing_away_here_and_gets_them_again() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    a.try_value("0.9").exits(0);
    push(&a);
    pull(&b);
    for name in remote.refs(&a) {
        remote.git(&a, &["update-ref", "-d", &name]);
    }
    pull(&b);
    assert_eq!(b.states().len(), 1);
    pull(&a);
    let told = push(&a);
    assert_eq!((&told["experiments"], &told["records"]), (&json!(["exp-1"]), &json!(1)));
}

#[test]
fn the_verdict_of_a_run_rests_on_this_clones_own_results() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    a.try_value("0.1").exits(0);
    push(&a);
    pull(&b);
    let told = b.try_value("0.9").exits(0).json();
    assert_eq!((&told["status"], &told["best_before"]), (&json!("keep"), &json!(null)));
}

#[test]
fn many_at_once_go_by_one_pattern_that_means_exactly_them() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    let rows = (1..=80).map(|row| format!("{row:07x}\t0.{:03}\t44.0\tkeep\ttry {row}\n", 999 - row));
    a.write(
        "results.tsv",
        format!("commit\tval_bpb\tmemory_gb\tstatus\tdescription\n{}", rows.collect::<String>()),
    );
    a.gx(&["import", "results.tsv"]).exits(0);
    a.gx(&["register", "--hypothesis", "goes on"]).exits(0);
    remote.hook(&a, "update", "case $1 in *lab-a/exp-7) exit 1;; esac");
    let told = a.gx(&["push", "--json"]).exits(1).json();
    assert_eq!(told["experiments"].as_array().unwrap().len(), 79);
    assert_eq!((&told["unfinished"], told["rejected"].as_array().unwrap().len()), (&json!(["exp-81"]), 1));
    assert_eq!(a.git(&["for-each-ref", "refs/gx/outgoing"]), "");
    remote.hook(&a, "update", "exit 0");
    assert_eq!(push(&a)["experiments"], json!(["exp-7"]));
    assert_eq!(pull(&b)["experiments"].as_array().unwrap().len(), 80);
    let note = b.record("lab-a/exp-80");
    assert_eq!((&note["value"], &note["id"]), (&json!(0.919), &json!("exp-80")));
}

#[test]
fn many_at_once_put_nothing_over_a_name_that_was_taken_meanwhile() {
    // Looked at beforehand, and by a lease each.
    for number in [70, 20] {
        put_nothing_over_a_taken_name(number);
    }
}

fn put_nothing_over_a_taken_name(number: usize) {
    let remote = Remote::new();
    let a = remote.lab("lab-a");
    a.try_value("0.99").exits(0);
    push(&a);
    let rows = (1..=number).map(|row| format!("{row:07x}\t0.{:03}\t44.0\tkeep\ttry {row}\n", 900 - row));
    a.write(
        "results.tsv",
        format!("commit\tval_bpb\tmemory_gb\tstatus\tdescription\n{}", rows.collect::<String>()),
    );
    a.gx(&["import", "results.tsv"]).exits(0);
    // An ancestor, which git by itself would move forward; and what a killed push has left.
    let base = a.rev("refs/experiments/exp-7^");
    remote.git(&a, &["update-ref", "refs/experiments/lab-a/exp-7", &base]);
    a.git(&["update-ref", "refs/gx/outgoing/origin/experiments/lab-a/exp-99", "HEAD"]);
    let told = a.gx(&["push", "--json"]).exits(1).json();
    assert_eq!(told["conflicts"][0]["id"], json!("exp-7"));
    assert_eq!(told["experiments"].as_array().unwrap().len(), number - 1);
    assert_eq!(remote.git(&a, &["rev-parse", "refs/experiments/lab-a/exp-7"]).trim(), base);
    assert!(!remote.refs(&a).contains(&"refs/experiments/lab-a/exp-99".to_owned()));
    a.git(&["update-ref", "refs/gx/outgoing/origin/experiments/lab-a/exp-99", "HEAD"]);
    a.gx(&["pull"]).exits(1);
    assert_eq!(a.git(&["for-each-ref", "refs/gx/outgoing"]), "");
}
