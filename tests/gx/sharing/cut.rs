//! Transfers that end too early: nothing is lost, and the same command completes them.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;

use serde_json::json;

use super::{pull, push};
use crate::support::Lab;
use crate::support::clones::Remote;
use crate::support::format::has_ref_files;

/// Every point of a push or pull at which gx can be killed.
pub const POINTS: [&str; 6] = ["fetched", "merged", "taken-in", "pushed", "sent", "site-claimed"];

/// Both clones hold the same experiments with the same lines, and nothing is left to do.
#[track_caller]
fn agree(a: &Lab, b: &Lab) {
    for _ in 0..2 {
        for lab in [a, b] {
            pull(lab);
            push(lab);
        }
    }
    for (ours, theirs, owner, other) in [("exp-1", "lab-a/exp-1", a, b), ("exp-1", "lab-b/exp-1", b, a)] {
        assert_eq!(owner.record(ours), other.record(theirs));
    }
    [a, b].iter().for_each(|lab| lab.fsck());
}

/// A program of the other side whose answer ends after so many bytes.
fn cut_after(program: &str, bytes: usize) -> String {
    format!("bash -c 'exec 3<&0; exec dd bs=1 count={bytes} status=none < <({program} \"$@\" <&3)' cut")
}

fn pair(remote: &Remote) -> (Lab, Lab) {
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    a.try_value("0.9").exits(0);
    b.try_value("0.8").exits(0);
    push(&b);
    (a, b)
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn a_killed_push_or_pull_is_completed_by_the_next_one() {
    for point in POINTS {
        let remote = Remote::new();
        let (a, b) = pair(&remote);
        let mut was_killed = false;
        for command in ["push", "pull"] {
            let output = a.gx_command().env("GX_FAIL_AT", point).arg(command).output().unwrap();
            was_killed |= output.status.signal() == Some(9);
        }
        assert!(was_killed, "nothing passes {point}");
        agree(&a, &b);
    }
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn one_killed_with_the_lock_of_packed_refs_in_hand_changes_none_and_is_completed_by_the_next() {
    if !has_ref_files() {
        return;
    }
    let remote = Remote::new();
    let a = remote.lab("lab-a");
    let rows = (1..=260).map(|row| format!("{row:07x}\t0.{:03}\t44.0\tkeep\ttry {row}\n", 999 - row));
    let head = "commit\tval_bpb\tmemory_gb\tstatus\tdescription\n".to_owned();
    a.write("results.tsv", head + &rows.collect::<String>());
    a.gx(&["import", "results.tsv"]).exits(0);
    a.git(&["pack-refs", "--all"]);
    let refs = ["for-each-ref", "refs/experiments/", "refs/heads/", "refs/notes/", "refs/gx/outgoing/"];
    let standing = || (a.git(&refs), a.read(".git/packed-refs"));
    let (before, lock) = (standing(), a.path(".git/packed-refs.lock"));
    let output = a.gx_command().env("GX_FAIL_AT", "refs-locked").arg("push").output().unwrap();
    assert_eq!(output.status.signal(), Some(9), "{output:?}");
    assert!(lock.exists(), "it was killed elsewhere");
    assert!(standing() == before, "refs have changed");
    assert_eq!(push(&a)["experiments"].as_array().unwrap().len(), 260);
    assert_eq!(remote.refs(&a).iter().filter(|name| name.contains("/lab-a/exp-")).count(), 260);
    assert!(!lock.exists(), "it stands in the way of every git");
    let ours = a.git(&["for-each-ref", "--format=%(objectname)", "refs/experiments/"]);
    let tracked = ["for-each-ref", "--format=%(objectname)", "refs/gx/remotes/origin/experiments/lab-a/"];
    let sorted = |ids: &str| ids.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(sorted(&ours), sorted(&a.git(&tracked)));
    a.fsck();
}

#[test]
fn a_connection_that_is_cut_is_told_and_the_next_push_or_pull_completes_it() {
    let remote = Remote::new();
    let (a, b) = pair(&remote);
    for (key, command) in [("uploadpack", "pull"), ("receivepack", "push")] {
        // It answers with its refs, and dies as soon as it is told what to do.
        let program = if key == "uploadpack" { "git-upload-pack" } else { "git-receive-pack" };
        a.git(&["config", &format!("remote.origin.{key}"), &cut_after(program, 300)]);
        let told = a.gx(&[command]).exits(1);
        assert!(told.stderr.contains("hint: "), "{}", told.stderr);
        a.git(&["config", "--unset", &format!("remote.origin.{key}")]);
    }
    assert_eq!(a.states().len(), 1);
    agree(&a, &b);
}

#[test]
fn what_the_other_side_took_before_it_died_is_known_to_the_next_push() {
    let remote = Remote::new();
    let (a, b) = pair(&remote);
    pull(&a);
    push(&a);
    a.try_value("0.7").exits(0);
    a.try_value("0.6").exits(0);
    // It dies right after it took the experiments, all at once. No answer comes.
    let dies = "while read -r old new name; do
        case $1:$name in committed:refs/experiments/*) kill -9 $PPID;; esac
    done";
    remote.hook(&a, "reference-transaction", dies);
    let told = a.gx(&["push"]).exits(1);
    assert!(told.stderr.contains("the connection was cut"), "{}", told.stderr);
    std::fs::remove_file(remote.path().join("hooks/reference-transaction")).unwrap();
    let taken = remote.refs(&a).into_iter().filter(|name| name.contains("lab-a/exp-")).count();
    assert_eq!(taken, 3);
    let told = push(&a);
    assert_eq!((&told["rejected"], &told["experiments"]), (&json!([]), &json!(["exp-2", "exp-3"])));
    agree(&a, &b);
    assert_eq!(b.record("lab-a/exp-2")["status"], json!("keep"));
    assert_eq!(b.states().len(), 4);
}

#[test]
fn refs_that_the_remote_refuses_are_named_and_the_others_go_through() {
    let remote = Remote::new();
    let (a, b) = pair(&remote);
    a.try_value("0.7").exits(0);
    remote.hook(&a, "update", "case $1 in *lab-a/exp-1) echo not this one >&2; exit 1;; esac");
    let told = a.gx(&["push", "--json"]).exits(1).json();
    assert_eq!(told["experiments"], json!(["exp-2"]));
    assert_eq!(told["rejected"], json!([{"name": "refs/experiments/lab-a/exp-1", "why": "hook declined"}]));
    remote.hook(&a, "update", "exit 0");
    assert_eq!(push(&a)["experiments"], json!(["exp-1"]));
    agree(&a, &b);
}

#[test]
fn a_remote_that_refuses_everything_is_told_and_nothing_is_thought_to_be_there() {
    let remote = Remote::new();
    let (a, b) = pair(&remote);
    remote.hook(&a, "pre-receive", "echo closed >&2; exit 1");
    let told = a.gx(&["push"]).exits(1);
    assert!(
        told.stderr.contains("refuses the claim of `lab-a`: pre-receive hook declined"),
        "{}",
        told.stderr
    );
    remote.hook(&a, "pre-receive", "exit 0");
    assert_eq!(push(&a)["experiments"], json!(["exp-1"]));
    remote.hook(&a, "pre-receive", "echo closed >&2; exit 1");
    a.gx(&["note", "exp-1", "more"]).exits(0);
    let told = a.gx(&["push", "--json"]).exits(1).json();
    assert_eq!(
        (&told["records"], &told["rejected"][0]["name"]),
        (&json!(0), &json!("refs/notes/experiments"))
    );
    remote.hook(&a, "pre-receive", "exit 0");
    assert_eq!(push(&a)["records"], json!(1));
    agree(&a, &b);
}

#[test]
fn a_lock_that_a_killed_push_has_left_at_the_remote_is_named() {
    if !has_ref_files() {
        return;
    }
    let remote = Remote::new();
    let (a, b) = pair(&remote);
    let lock = remote.path().join("refs/experiments/lab-a/exp-1.lock");
    std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
    std::fs::write(&lock, "").unwrap();
    let told = a.gx(&["push"]).exits(1).stderr;
    assert!(told.contains("exp-1.lock': File exists"), "{told}");
    assert!(told.contains("remove that lock at the remote"), "{told}");
    std::fs::remove_file(&lock).unwrap();
    agree(&a, &b);
}

#[test]
fn a_full_disk_on_either_side_is_told_and_nothing_is_half_written() {
    let remote = Remote::new();
    let (a, b) = pair(&remote);
    let mut chance = crate::stress::hunt::Chance::new(1);
    let data: Vec<u8> = (0..300_000).map(|_| u8::try_from(chance.below(256)).unwrap()).collect();
    a.write("data.bin", data);
    a.git(&["add", "data.bin"]);
    a.git(&["commit", "-q", "-m", "data"]);
    a.try_value("0.6").exits(0);
    let gx = env!("CARGO_BIN_EXE_gx");
    // No file may grow beyond 64 KiB, which the pack does.
    let limited = |lab: &Lab, words: &str| {
        let script = format!("ulimit -f 64; trap '' XFSZ; exec {gx} {words}");
        lab.command("sh").args(["-c", &script]).output().unwrap()
    };
    let output = limited(&a, "push");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    push(&a);
    let output = limited(&b, "pull");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    agree(&a, &b);
}

#[test]
fn the_users_own_hook_before_a_push_is_run_and_may_refuse() {
    let remote = Remote::new();
    let (a, b) = pair(&remote);
    a.write(".git/hooks/pre-push", "#!/bin/sh\necho no secrets in here >&2\necho ask Ada\nexit 1\n");
    a.command("chmod").args(["755", ".git/hooks/pre-push"]).status().unwrap();
    let told = a.gx(&["push"]).exits(1).stderr;
    assert!(told.contains("no secrets in here") && told.contains("ask Ada"), "its words are lost: {told}");
    assert!(told.contains("hint: your hook `pre-push` said so"), "{told}");
    assert!(!remote.refs(&a).iter().any(|name| name.contains("lab-a")));
    std::fs::remove_file(a.path(".git/hooks/pre-push")).unwrap();
    agree(&a, &b);
}
