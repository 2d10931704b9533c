//! What the guard finds in a plan stops it, when it is made and when it is pushed.

use serde_json::{Value, json};

use super::digest;
use crate::mirror::world::World;

/// A token of a form that is known, new each time, so that nobody can have made an exception for it.
fn token() -> String {
    let letters: Vec<char> = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    let mut state = now ^ u64::from(std::process::id()) << 32;
    let drawn = (0..36).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        letters[(state >> 33) as usize % letters.len()]
    });
    ["ghp", "_"].concat() + &drawn.collect::<String>()
}

/// Asserts that every way up of what is at HEAD is blocked at `path`, and that nothing is kept or sent.
#[track_caller]
fn is_blocked(world: &World, path: &str) -> Vec<Value> {
    let refs = world.public.git(&world.lab, &["for-each-ref"]);
    let ways: [&[&str]; 3] = [
        &["HEAD", "--branch", "topic"],
        &["--mode", "strip"],
        &["--mode", "squash", "--message", "All of it", "--branch", "all"],
    ];
    let told: Vec<Value> = ways.iter().map(|way| world.up(way, 3)).collect();
    for told in &told {
        assert_eq!(told["digest"], json!(null));
        assert!(told["blocked"].to_string().contains(path), "{told:#}");
        let tip = told["tip"].as_str().unwrap();
        world.lab.gx(&["sync-up", "--push", tip]).exits(1);
    }
    assert_eq!(world.public.git(&world.lab, &["for-each-ref"]), refs);
    assert!(world.lab.git(&["for-each-ref", "refs/gx/mirror/plans"]).is_empty());
    told
}

#[test]
fn a_secret_stops_a_plan_however_it_goes_up_and_is_not_shown() {
    let (world, token) = (World::new(), token());
    world.lab_writes("src/settings.py", &format!("TOKEN = \"{token}\"\n"));
    for told in is_blocked(&world, "src/settings.py") {
        assert!(!told.to_string().contains(&token), "{told:#}");
    }
}

#[test]
fn a_copy_of_a_private_file_stops_a_plan_whatever_it_is_called() {
    let world = World::new();
    let plan =
        "We shall train the large one in spring,\nwith the data of the second lab,\nand tell nobody of it.\n";
    world.lab_writes("private/plan.md", plan);
    world.lab_writes("docs/notes.md", plan);
    is_blocked(&world, "docs/notes.md");
}

#[test]
fn a_plan_is_looked_at_again_before_it_is_pushed() {
    let world = World::new();
    world.lab_writes("docs/notes.md", "notes\n");
    let plan = world.up(&["HEAD", "--branch", "topic"], 0);
    world.rule("[paths]\nprivate = [\"docs/\"]\n");
    let refs = world.public.git(&world.lab, &["for-each-ref"]);
    let told = world.lab.gx(&["sync-up", "--push", digest(&plan)]).exits(3).stderr;
    assert!(told.contains("G010 docs/notes.md: a private path") && told.contains("`gx sync-up`"), "{told}");
    assert_eq!(world.public.git(&world.lab, &["for-each-ref"]), refs);
}

#[test]
fn what_the_private_branch_forbids_here_stops_a_plan_before_it_is_pushed() {
    let world = World::new();
    world.lab_writes("docs/notes.md", "notes\n");
    let plan = world.up(&["HEAD", "--branch", "topic"], 0);
    world.lab_writes(".gx/policy.toml", "[paths]\nprivate = [\"docs/\"]\n");
    world.lab.gx(&["sync-up", "--push", digest(&plan)]).exits(3);
}

#[test]
fn a_plan_that_is_stopped_says_how_it_may_pass_and_it_does_so_then() {
    let world = World::new();
    world.lab_writes("private/plan.md", "We shall train the large one in spring.\n");
    world.lab.git(&["mv", "private/plan.md", "plan.md"]);
    world.lab.commit("everybody may read it");
    let words = ["HEAD", "--branch", "plan"];
    let told = world.up(&words, 3);
    let next = told["next"].as_str().unwrap();
    let allow = next.split("gx guard allow ").nth(1).unwrap();
    let (fingerprint, _) = allow.split_once(' ').unwrap();
    world.lab.gx(&["guard", "allow", fingerprint, "--reason", "it is no secret any more"]).exits(0);
    world.lab.commit("guard: allow");
    let remote = world.lab.git(&["config", "gx.private.remote"]);
    world.lab.git(&["push", "-q", remote.trim(), "main"]);
    world.publish_up(&["HEAD^", "--branch", "plan"]);
}

#[test]
fn what_upstream_has_made_public_stops_no_plan_and_excuses_nothing_new() {
    let world = World::new();
    world.rule("[identity]\ndeny_email = [\"@secret[.]example\"]\n");
    world.upstream.write("private/theirs.md", "theirs\n");
    world.upstream.commit("ask Bob <bob@secret.example>");
    world.upstream_writes("README.md", "read this\n");
    world.lab.gx(&["sync-down"]).exits(3);
    let own = world.lab_writes("new.py", "new\n");
    world.lab.write("more.py", "more\n");
    world.lab.commit("more\n\nAs bob@secret.example said.\n");
    let plan = world.up(&[&own, "--branch", "topic"], 0);
    assert_eq!(plan["warnings"], json!([]));
    world.up(&["--push", digest(&plan)], 0);
    let told = world.up(&["HEAD", "--branch", "more"], 3);
    assert!(told["blocked"].to_string().contains("G021"), "{told:#}");
}
