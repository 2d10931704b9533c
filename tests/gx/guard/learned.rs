//! What is out already: it is learned from the place itself, and stops nothing that comes after it.

use crate::guard::world::World;

/// A clone whose public place has a key since long ago; the guard is not in yet.
fn with_published_key() -> World {
    let world = World::unguarded();
    world.lab.write("tests/fixtures/server.pem", "x\n");
    world.lab.commit("fixtures");
    world.lab.git(&["push", "-q", "public", "main"]);
    world.lab.write("README.md", "more\n");
    world.lab.commit("more");
    world
}

#[test]
fn a_key_in_published_history_stops_no_push_from_a_clone_into_which_the_guard_is_put() {
    let world = with_published_key();
    let told = world.lab.gx(&["guard", "install", "--json"]).exits(0).json();
    assert!(told["notes"].to_string().contains("out already, with 1 path"), "{told:#}");
    world.passes(&["public", "main"]);
    // It is told all the same by whoever asks what is out, however much was pushed on top of it.
    for more in ["even more\n", "and more\n"] {
        let told = world.lab.gx(&["guard", "scan", "--published", "--json"]).exits(3).json();
        assert_eq!(told["findings"][0]["path"], "tests/fixtures/server.pem", "{told:#}");
        world.lab.gx(&["guard", "audit", "public"]).exits(3);
        world.lab.write("README.md", more);
        world.lab.commit("even more");
        world.passes(&["public", "main"]);
    }
    // And what is new is looked at as ever.
    world.lab.write("other.pem", "x\n");
    world.lab.commit("a new one");
    world.is_blocked(&["public", "main"], "other.pem");
}

#[test]
fn a_finding_in_what_is_out_names_the_command_that_learns_it_and_rewrites_nothing() {
    let world = with_published_key();
    let address = world.lab.git(&["config", "remote.public.url"]);
    world.lab.git(&["config", "remote.public.url", "../away.git"]);
    world.lab.gx(&["guard", "install"]).exits(0);
    world.lab.git(&["config", "remote.public.url", address.trim()]);
    let pushed = world.is_blocked(&["public", "main"], "G011");
    assert!(pushed.said.contains("gx guard learn 'public'"), "{pushed:#?}");
    assert!(!pushed.said.contains("filter-branch") && !pushed.said.contains("--amend"), "{pushed:#?}");
    let told = world.lab.gx(&["guard", "learn", "public"]).exits(0);
    assert!(told.stdout.contains("1 ref of"), "{told:#?}");
    world.passes(&["public", "main"]);
    world.lab.gx(&["guard", "learn", "../nowhere.git"]).exits(1);
}

#[test]
fn putting_the_guard_in_again_takes_nothing_as_out_that_went_by_it() {
    let world = World::new();
    world.add_secret();
    assert_eq!(world.push(&["--no-verify", "public", "main"]).code, Some(0));
    world.lab.gx(&["guard", "install", "--uninstall"]).exits(0);
    world.lab.gx(&["guard", "install"]).exits(0);
    world.lab.git(&["commit", "-q", "--allow-empty", "-m", "on top"]);
    world.is_blocked(&["public", "main"], "G010");
}

#[test]
fn what_the_place_has_and_nobody_has_fetched_is_said_and_not_taken_as_known() {
    let world = World::new();
    world.passes(&["public", "main"]);
    let made = world.lab.git(&["commit-tree", "HEAD^{tree}", "-m", "by another"]);
    let public = world.place("public");
    world.lab.git(&[
        "push",
        "-q",
        "--no-verify",
        public.to_str().unwrap(),
        &format!("{}:refs/heads/x", made.trim()),
    ]);
    let file = format!(".git/objects/{}/{}", &made[..2], made[2..].trim());
    std::fs::remove_file(world.lab.path(file)).unwrap();
    let told = world.lab.gx(&["guard", "learn", "public", "--json"]).exits(0).json();
    assert!(told["done"].as_str().unwrap().contains("1 ref there not fetched yet"), "{told:#}");
    assert!(
        told["next"].as_str().unwrap().starts_with("git fetch public && gx guard learn public"),
        "{told:#}"
    );
}
