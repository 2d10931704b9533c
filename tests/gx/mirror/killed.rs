//! A sync that is killed at any point: running it again completes it, or says what is there.

use std::os::unix::process::ExitStatusExt;

use serde_json::json;

use super::world::World;

/// Every point at which a clean sync can be killed.
const POINTS: [&str; 6] =
    ["down-fetched", "down-written", "down-moved", "down-followed", "down-anchored", "down-sent"];

/// Calls gx, which is killed there.
#[track_caller]
fn kill(world: &World, point: &str, words: &[&str]) {
    let output = world.lab.gx_command().env("GX_FAIL_AT", point).args(words).output().unwrap();
    assert_eq!(output.status.signal(), Some(9), "nothing passes {point}: {output:?}");
}

/// Nothing is left to do, and the result is that of a sync that nobody has disturbed.
#[track_caller]
fn is_whole(world: &World, point: &str) {
    let lab = &world.lab;
    let told = world.sync(&[], 0);
    assert_eq!((&told["how"], &told["pushed"]), (&json!("up-to-date"), &json!("up-to-date")), "{point}");
    assert_eq!(lab.rev("HEAD^2"), world.upstream.rev("HEAD"), "{point}");
    assert_eq!((lab.status(), world.private_main()), (String::new(), lab.rev("HEAD")), "{point}");
    assert_eq!(lab.rev("refs/gx/mirror/accepted"), world.upstream.rev("HEAD"), "{point}");
    assert_eq!(lab.git(&["log", "--merges", "--format=%H"]).lines().count(), 1, "{point}: joined twice");
    assert!(
        !lab.path(".git/gx/sync/state.json").exists() && !lab.path(".git/gx/sync/tree").exists(),
        "{point}"
    );
    lab.fsck();
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn a_clean_sync_that_was_killed_is_completed_by_the_next_one() {
    for point in POINTS {
        let world = World::new();
        world.lab_writes("private/plan.md", "the plan\n");
        world.upstream_writes("README.md", "read this\n");
        kill(&world, point, &["sync-down"]);
        world.sync(&[], 0);
        assert_eq!(world.lab.read("README.md"), "read this\n", "{point}");
        is_whole(&world, point);
    }
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn a_sync_that_was_killed_before_it_told_of_conflicts_tells_of_them_the_next_time() {
    for point in ["down-preparing", "down-prepared"] {
        let world = World::new();
        world.lab_writes("train.py", "mine\n");
        world.upstream_writes("train.py", "theirs\n");
        kill(&world, point, &["sync-down"]);
        assert_eq!(world.sync(&[], 1)["conflicts"], json!(["train.py"]), "{point}");
        world.lab.gx(&["sync", "abort"]).exits(0);
        kill(&world, point, &["sync-down"]);
        world.lab.gx(&["sync", "abort"]).exits(0);
        assert!(!world.lab.path(".git/gx/sync/tree").exists());
    }
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn going_on_that_was_killed_loses_nothing_of_what_was_resolved() {
    for point in ["down-resolved", "down-written", "down-moved", "down-followed", "down-anchored"] {
        let world = World::new();
        let dir = world.conflict();
        world.lab.write(format!("{dir}/train.py"), "both\n");
        kill(&world, point, &["sync", "continue"]);
        // Where the branch had moved, either command completes it; else only the one that was killed.
        world.lab.gx(&["sync", "continue"]).exits(0);
        assert_eq!(world.lab.read("train.py"), "both\n", "{point}");
        is_whole(&world, point);
    }
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn giving_up_that_was_killed_is_done_by_giving_up_again() {
    let world = World::new();
    world.lab_writes("train.py", "mine\n");
    world.upstream_writes("train.py", "theirs\n");
    let refs = world.refs();
    world.sync(&[], 1);
    kill(&world, "down-restored", &["sync", "abort"]);
    world.lab.gx(&["sync", "abort"]).exits(0);
    assert_eq!(world.refs(), refs);
    // Going on with one that had moved nothing says so; giving it up takes it back.
    world.upstream_writes("train.py", "one\ntwo\nthree\nfour\nfive\n");
    world.upstream_writes("README.md", "read this\n");
    let refs = world.refs();
    kill(&world, "down-written", &["sync-down"]);
    world.lab.gx(&["sync", "abort"]).exits(0);
    assert_eq!(world.refs(), refs);
    kill(&world, "down-written", &["sync-down"]);
    let told = world.lab.gx(&["sync", "continue"]).exits(1);
    assert!(told.stderr.contains("had moved nothing"), "{}", told.stderr);
    kill(&world, "down-moved", &["sync-down"]);
    let told = world.lab.gx(&["sync", "abort"]).exits(1);
    assert!(told.stderr.contains("was completed instead"), "{}", told.stderr);
    assert_eq!((world.lab.read("README.md").as_str(), world.lab.status().as_str()), ("read this\n", ""));
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn giving_up_a_plan_that_was_killed_is_done_by_giving_up_again() {
    let world = World::new();
    world.lab_writes("train.py", "one\ntwo\nPRIVATE\nfour\nfive\n");
    let refs = world.refs();
    world.upstream_writes("train.py", "one\ntwo\nPUBLIC\nfour\nfive\n");
    world.up(&["HEAD"], 1);
    kill(&world, "up-restored", &["sync", "abort"]);
    world.lab.gx(&["sync", "abort"]).exits(0);
    assert_eq!((world.refs(), world.status()["waiting"].is_null()), (refs, true));
}
