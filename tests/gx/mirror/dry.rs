//! `--dry-run` of everything that goes between the two repositories: no ref, no setting and no file is another afterwards.

use serde_json::json;

use super::up::digest;
use super::world::World;

/// Calls gx and asserts that it changed nothing here and on neither side; what it told.
#[track_caller]
fn leaves_everything(world: &World, words: &[&str], exit: i32) -> crate::support::Told {
    let state = || {
        let (lab, public, private) = (&world.lab, &world.public, &world.private);
        let there = [public, private].map(|remote| remote.git(lab, &["for-each-ref"]));
        let frontier = std::fs::read_dir(lab.path(".git/gx/guard/frontier"))
            .map(|files| files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect::<Vec<_>>());
        let config = lab.read(".git/config") + &lab.read(".git/info/exclude");
        (world.refs(), there, lab.git(&["worktree", "list"]), lab.status(), config, frontier.ok())
    };
    let before = state();
    let told = world.lab.gx(&[words, &["--dry-run"]].concat()).exits(exit);
    assert_eq!(state(), before, "{words:?}");
    told
}

/// Both sides have moved since this clone has looked last.
fn moved() -> World {
    let world = World::new();
    world.lab_writes("train.py", "one\ntwo\nPRIVATE\nfour\nfive\n");
    world.upstream_writes("README.md", "read this\n");
    let other = crate::support::Lab::bare_folder();
    other.git(&["clone", "-q", &world.private.url(), "."]);
    other.write("private/theirs.md", "theirs\n");
    other.commit("theirs");
    other.git(&["push", "-q", "origin", "HEAD:main"]);
    world
}

#[test]
fn setting_up() {
    let world = World::plain();
    let (public, private) = (world.public.url(), world.private.url());
    leaves_everything(&world, &["mirror", "init", "--public", &public, "--private", &private], 0);
}

#[test]
fn the_way_down_where_it_is_clear_where_it_conflicts_and_where_it_is_refused() {
    let world = moved();
    leaves_everything(&world, &["sync-down"], 1);
    world.lab.git(&["pull", "-q", "--no-rebase", "--no-edit", "private", "main"]);
    leaves_everything(&world, &["sync-down"], 0);
    world.upstream_writes("train.py", "one\ntwo\nPUBLIC\nfour\nfive\n");
    let told = leaves_everything(&world, &["sync-down"], 0);
    assert!(told.stdout.contains("train.py"), "{told:?}");
    world.upstream_writes("private/x", "x\n");
    leaves_everything(&world, &["sync-down"], 3);
}

#[test]
fn the_way_up_where_it_is_clear_where_it_conflicts_and_where_it_is_blocked() {
    let world = moved();
    leaves_everything(&world, &["sync-up", "HEAD"], 0);
    world.upstream_writes("train.py", "one\ntwo\nPUBLIC\nfour\nfive\n");
    leaves_everything(&world, &["sync-up", "HEAD"], 1);
    world.lab.git(&["branch", "acme-pilot"]);
    world.lab.write("new.py", "new\n");
    world.lab.commit("for `acme-pilot`");
    leaves_everything(&world, &["sync-up", "HEAD"], 3);
    leaves_everything(&world, &["sync-up", "--mode", "strip"], 1);
}

#[test]
fn a_push_that_is_only_looked_at_also_where_something_moved_since_the_plan() {
    let world = World::new();
    world.lab_writes("train.py", "other\n");
    let plan = world.up(&["HEAD", "--branch", "topic"], 0);
    let words = ["sync-up", "--json", "--push", digest(&plan)];
    let told = leaves_everything(&world, &words, 0).json();
    assert_eq!((&told["dry_run"], &told["tip"]), (&json!(true), &plan["tip"]));
    world.upstream_writes("README.md", "read this\n");
    leaves_everything(&world, &words, 1);
    leaves_everything(&world, &["sync-up", "--approve", digest(&plan)], 0);
}
