//! A change that conflicts with what is public: somebody decides in a work tree, and then there is a plan.

use serde_json::{Value, json};

use super::digest;
use crate::mirror::world::World;

/// Two private commits, the first of which conflicts with what upstream has done since; the plan of both has stopped.
/// The two, and what was said.
fn stopped(world: &World) -> (String, String, Value) {
    world.lab.write("private/why.md", "why\n");
    world.lab.write("train.py", "one\ntwo\nPRIVATE\nfour\nfive\n");
    world.lab.commit("reasons\n\nPublic: Say three otherwise\n");
    let first = world.lab.rev("HEAD");
    let second = world.lab_writes("new.py", "new\n");
    world.upstream_writes("train.py", "one\ntwo\nPUBLIC\nfour\nfive\n");
    let told = world.up(&[&first, &second, "--branch", "topic"], 1);
    (first, second, told)
}

fn place(told: &Value) -> String {
    told["stopped"]["worktree"].as_str().unwrap_or_else(|| panic!("it has not stopped: {told:#}")).to_owned()
}

#[test]
fn what_was_resolved_is_planned_with_the_rest_and_can_be_pushed() {
    let world = World::new();
    let (first, second, told) = stopped(&world);
    assert_eq!((&told["stopped"]["change"], &told["digest"]), (&json!(first), &json!(null)));
    assert_eq!(told["stopped"]["conflicts"], json!(["train.py"]));
    let dir = place(&told);
    assert!(!world.lab.path(format!("{dir}/private")).exists(), "it is resolved on the public side");
    assert_eq!(world.lab.status(), "", "the work tree at hand is not touched");
    let again = world.lab.gx(&["sync-up", &second]).exits(1);
    assert!(again.stderr.contains("waits for conflicts"), "{}", again.stderr);
    world.lab.gx(&["sync-down"]).exits(1);
    assert_eq!(world.status()["waiting"], json!(dir));
    let early = world.lab.gx(&["sync", "continue"]).exits(1);
    assert!(early.stderr.contains("not resolved yet"), "{}", early.stderr);
    world.lab.write(format!("{dir}/train.py"), "one\ntwo\nBOTH\nfour\nfive\n");
    let plan = world.lab.gx(&["sync", "continue", "--json"]).exits(0).json();
    assert_eq!((&plan["count"], &plan["branch"]), (&json!(2), &json!("topic")));
    assert_eq!(plan["commits"][0]["message"], json!("Say three otherwise\n"));
    assert!(!world.lab.path(&dir).exists());
    world.up(&["--push", digest(&plan)], 0);
    assert_eq!(world.public.git(&world.lab, &["show", "topic:train.py"]), "one\ntwo\nBOTH\nfour\nfive\n");
    assert_eq!(world.public_rev("topic~2"), world.public_rev("main"));
    assert_eq!(world.public_files("topic"), ["README.md", "new.py", "train.py"]);
    world.assert_nothing_private_is_public(&["why", "reasons", "PRIVATE"]);
    world.lab.fsck();
}

#[test]
fn giving_it_up_leaves_every_ref_as_it_was_and_keeps_what_was_written() {
    let world = World::new();
    world.lab_writes("train.py", "one\ntwo\nPRIVATE\nfour\nfive\n");
    let before = world.refs();
    world.upstream_writes("train.py", "one\ntwo\nPUBLIC\nfour\nfive\n");
    let dir = place(&world.up(&["HEAD"], 1));
    assert_ne!(world.refs(), before, "what is public was looked at");
    world.lab.write(format!("{dir}/train.py"), "half done\n");
    let told = world.lab.gx(&["sync", "abort", "--json"]).exits(0).json();
    assert_eq!(world.refs(), before);
    let kept = told["kept"].as_str().unwrap();
    assert_eq!(world.lab.git(&["show", &format!("{kept}:train.py")]), "half done\n");
    assert_eq!(world.lab.git(&["worktree", "list"]).lines().count(), 1);
    world.lab.gx(&["sync", "abort"]).exits(1);
}

#[test]
fn a_change_that_is_skipped_is_left_out_of_the_plan() {
    let world = World::new();
    let (first, second, _) = stopped(&world);
    let plan = world.lab.gx(&["sync", "skip", "--json"]).exits(0).json();
    assert_eq!((&plan["count"], &plan["commits"][0]["private"]), (&json!(1), &json!([second])));
    assert_eq!(plan["withheld"][0]["what"], json!(first));
    assert!(plan["kept"].is_string());
    world.up(&["--push", digest(&plan)], 0);
    assert_eq!(world.public.git(&world.lab, &["show", "topic:train.py"]), "one\ntwo\nPUBLIC\nfour\nfive\n");
}

#[test]
fn each_change_that_conflicts_stops_once_and_what_was_resolved_is_remembered() {
    let world = World::new();
    let first = world.lab_writes("train.py", "one\ntwo\nPRIVATE\nfour\nfive\n");
    let second = world.lab_writes("train.py", "one\ntwo\nPRIVATE MORE\nfour\nfive\n");
    world.upstream_writes("train.py", "one\ntwo\nPUBLIC\nfour\nfive\n");
    let names = [first.as_str(), second.as_str(), "--branch", "topic"];
    let resolve = |told: &Value, content: &str| {
        world.lab.write(format!("{}/train.py", place(told)), content);
    };
    let told = world.up(&names, 1);
    resolve(&told, "one\ntwo\nBOTH\nfour\nfive\n");
    let told = world.lab.gx(&["sync", "continue", "--json"]).exits(1).json();
    assert_eq!(told["stopped"]["change"], json!(second));
    resolve(&told, "one\ntwo\nBOTH MORE\nfour\nfive\n");
    let plan = world.lab.gx(&["sync", "continue", "--json"]).exits(0).json();
    assert_eq!(plan["count"], json!(2));
    // The same plan once more stops where somebody must look, with all of it resolved.
    let told = world.up(&names, 1);
    assert_eq!(told["stopped"]["conflicts"], json!([]));
    world.lab.gx(&["sync", "continue"]).exits(1);
    let same = world.lab.gx(&["sync", "continue", "--json"]).exits(0).json();
    assert_eq!(same["digest"], plan["digest"]);
}

#[test]
fn a_plan_that_was_killed_while_it_stopped_or_went_on_can_be_gone_on_with() {
    let world = World::new();
    world.lab_writes("train.py", "one\ntwo\nPRIVATE\nfour\nfive\n");
    world.upstream_writes("train.py", "one\ntwo\nPUBLIC\nfour\nfive\n");
    let killed = |words: &[&str], point: &str| {
        let mut killed = world.lab.gx_command();
        killed.args(words).env("GX_FAIL_AT", point);
        assert_eq!(killed.output().unwrap().status.code(), None, "{point}");
    };
    killed(&["sync-up", "HEAD"], "up-preparing");
    let dir = place(&world.up(&["HEAD"], 1));
    world.lab.write(format!("{dir}/train.py"), "both\n");
    killed(&["sync", "continue"], "up-decided");
    let plan = world.lab.gx(&["sync", "continue", "--json"]).exits(0).json();
    assert_eq!(world.lab.git(&["show", &format!("{}:train.py", plan["tip"].as_str().unwrap())]), "both\n");
    assert_eq!(world.lab.git(&["worktree", "list"]).lines().count(), 1);
    world.lab.gx(&["sync", "continue"]).exits(1);
}

#[test]
fn a_plan_goes_on_from_inside_of_the_work_tree_and_what_is_ignored_there_is_laid_aside() {
    let world = World::new();
    world.lab_writes("train.py", "one\ntwo\nPRIVATE\nfour\nfive\n");
    world.upstream_writes("train.py", "one\ntwo\nPUBLIC\nfour\nfive\n");
    let dir = place(&world.up(&["HEAD"], 1));
    world.lab.write(format!("{dir}/train.py"), "both\n");
    world.lab.write(format!("{dir}/.env"), "TOKEN=1\n");
    let plan = world.lab.gx(&["-C", &dir, "sync", "continue", "--json"]).exits(0).json();
    assert_eq!(plan["count"], json!(1));
    assert!(plan["warnings"].to_string().contains("sync/aside/1 now"), "{plan:#}");
    assert_eq!(world.lab.read(".git/gx/sync/aside/1/.env"), "TOKEN=1\n");
}

#[test]
fn a_private_file_that_somebody_adds_while_deciding_stays_out_and_one_that_upstream_has_stays_in() {
    let world = World::new();
    world.lab_writes("train.py", "one\ntwo\nPRIVATE\nfour\nfive\n");
    world.upstream.write("private/theirs.md", "theirs\n");
    world.upstream_writes("train.py", "one\ntwo\nPUBLIC\nfour\nfive\n");
    let dir = place(&world.up(&["HEAD", "--branch", "topic"], 1));
    world.lab.write(format!("{dir}/train.py"), "one\ntwo\nBOTH\nfour\nfive\n");
    world.lab.write(format!("{dir}/private/ours.md"), "ours\n");
    world.lab.git(&["-C", &dir, "add", "-A"]);
    let plan = world.lab.gx(&["sync", "continue", "--json"]).exits(0).json();
    assert_eq!(plan["commits"][0]["files"], json!(["M train.py"]), "{plan:#}");
}
