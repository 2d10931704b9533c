//! Names lie, and differences do.

use super::world::*;
use super::*;

const FILE: u32 = 0o100_644;
const FOLDER: u32 = 0o040_000;

#[test]
fn a_private_path_stays_off_public_places_and_a_never_path_off_all() {
    let world = World::new();
    world.commit(&[("private/plan.md", "plan\n"), ("src/x.local.toml", "x\n")]);
    assert_eq!(rules(&world.push()), ["G010", "G010"]);
    assert_eq!(rules(&world.push_to(PRIVATE, "main", "refs/heads/main")), [""; 0]);
    world.commit(&[("deep/.env", "A=1\n"), ("deep/.env.example", "A=\n")]);
    let found = world.push_to(PRIVATE, "main", "refs/heads/main");
    assert_eq!(rules(&found), ["G011"]);
    let spot = &found.findings[0].spot;
    assert_eq!((spot.path.clone(), spot.commit), (Some("deep/.env".into()), Some(world.rev("HEAD"))));
    assert_eq!(found.exit(), Exit::Blocked);
}

#[test]
fn what_was_added_and_taken_away_again_is_found() {
    let world = World::new();
    let bad = world.commit(&[("private/plan.md", "plan\n")]);
    world.git(&["rm", "-rq", "private"]);
    world.commit(&[]);
    let report = world.push();
    assert_eq!((rules(&report), report.findings[0].spot.commit), (vec!["G010"], Some(bad)));
}

#[test]
fn what_only_a_merge_brings_is_found() {
    let world = World::new();
    world.git(&["checkout", "-q", "-b", "side"]);
    world.commit(&[("side.txt", "s\n")]);
    world.git(&["checkout", "-q", "main"]);
    world.commit(&[("main.txt", "m\n")]);
    // Evil: the merge holds what neither side has.
    world.git(&["merge", "-q", "--no-commit", "--no-ff", "side"]);
    world.commit(&[("private/evil.md", "e\n")]);
    world.git(&["rm", "-rq", "private"]);
    world.commit(&[]);
    assert_eq!(rules(&world.push()), ["G010"]);
}

#[test]
fn what_a_merge_leaves_out_by_its_strategy_is_found() {
    let world = World::new();
    world.git(&["checkout", "-q", "-b", "side"]);
    world.commit(&[("private/plan.md", "plan\n")]);
    world.git(&["checkout", "-q", "main"]);
    world.commit(&[("main.txt", "m\n")]);
    world.git(&["merge", "-q", "-s", "ours", "-m", "ours", "side"]);
    assert_eq!(rules(&world.push()), ["G010"]);
}

#[test]
fn a_path_is_found_though_its_blob_is_public_already() {
    let world = World::new();
    world.pass();
    world.commit(&[("private/copy.md", "read me\n")]);
    assert_eq!(rules(&world.push()), ["G010"]);
}

#[test]
fn every_spelling_that_a_file_system_takes_for_a_private_name_is_found() {
    let world = World::new();
    let blob = world.blob("plan\n");
    let inner = world
        .repo()
        .write_tree_items(&[crate::git::raw::TreeItem { mode: FILE, name: b"x".to_vec(), id: blob }])
        .unwrap();
    for name in
        ["Private", "PRIVATE", "private.", "private ", "pri\u{200b}vate", "\u{feff}private", "prıvate"]
    {
        world.git(&[
            "branch",
            "-f",
            "odd",
            &world.odd_commit(&[(FOLDER, name.as_bytes(), inner)]).to_string(),
        ]);
        let found = rules(&world.push_to(PUBLIC, "odd", "refs/heads/odd"));
        assert_eq!(found, ["G010"], "{name:?}");
    }
    for name in [&b"a\\private\\x"[..], b"x.LOCAL.\xff\n", b".EnV", b"ID_RSA "] {
        world.git(&["branch", "-f", "odd", &world.odd_commit(&[(FILE, name, blob)]).to_string()]);
        assert_eq!(rules(&world.push_to(PUBLIC, "odd", "refs/heads/odd")).len(), 1, "{name:?}");
    }
    for name in ["privat", "private2", "my private"] {
        world.git(&[
            "branch",
            "-f",
            "odd",
            &world.odd_commit(&[(FOLDER, name.as_bytes(), inner)]).to_string(),
        ]);
        assert_eq!(rules(&world.push_to(PUBLIC, "odd", "refs/heads/odd")), [""; 0], "{name:?}");
    }
}
