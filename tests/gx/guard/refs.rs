//! Which refs may leave, by whatever words they are named.

use crate::guard::world::World;

#[test]
fn experiments_notes_and_what_gx_keeps_never_reach_a_public_place() {
    let world = World::new();
    let experiment = world.experiment();
    world.lab.git(&["notes", "--ref=experiments", "add", "-m", "{}", &experiment]);
    world.lab.git(&["update-ref", "refs/gx/marks/main", "HEAD"]);
    world.lab.git(&["update-ref", "refs/artifacts/exp-1", "HEAD"]);
    world.lab.write("README.md", "changed\n");
    world.lab.git(&["stash", "-q"]);
    for words in [
        &["public", "refs/experiments/exp-1"][..],
        &["public", "refs/experiments/exp-1:refs/heads/x"],
        &["public", "refs/experiments/*:refs/heads/*"],
        &["public", "+refs/experiments/exp-1:refs/tags/x"],
        &["public", "HEAD:refs/experiments/exp-1"],
        &["public", "refs/notes/experiments"],
        &["public", "refs/notes/*:refs/notes/*"],
        &["public", "refs/notes/experiments:refs/heads/notes"],
        &["public", "HEAD:refs/notes/x"],
        &["public", "refs/gx/marks/main:refs/heads/x"],
        &["public", "HEAD:refs/gx/marks/main"],
        &["public", "HEAD:refs/artifacts/exp-1"],
        &["public", "stash@{0}:refs/heads/x"],
        &["public", "refs/stash:refs/heads/x"],
        &["public", "stash:refs/heads/x"],
        &["public", "HEAD:refs/remotes/origin/main"],
        &["public", "HEAD:refs/replace/x"],
        &["--mirror", "public"],
        &["public", "main", "refs/experiments/exp-1"],
        &["--atomic", "public", "main", "refs/notes/experiments"],
    ] {
        world.is_blocked(words, "G001");
    }
    assert!(world.there("public").is_empty());
    // All of it may go where somebody has said that it is private.
    world.passes(&["origin", "main", "refs/experiments/*:refs/experiments/*", "refs/notes/*:refs/notes/*"]);
}

#[test]
fn a_plain_push_that_is_set_to_mirror_is_blocked_as_one() {
    let world = World::new();
    world.experiment();
    world.lab.git(&["config", "remote.public.mirror", "true"]);
    world.is_blocked(&["public"], "G001");
    world.lab.git(&["config", "--unset", "remote.public.mirror"]);
    world.lab.git(&["config", "remote.public.push", "refs/*:refs/*"]);
    world.is_blocked(&["public"], "G001");
}

#[test]
fn all_branches_and_tags_pass_where_nothing_private_is_among_them() {
    let world = World::new();
    world.experiment();
    world.lab.git(&["tag", "light"]);
    world.lab.git(&["tag", "-a", "heavy", "-m", "release"]);
    world.lab.git(&["tag", "-a", "nested", "heavy", "-m", "again"]);
    world.lab.git(&["branch", "topic"]);
    world.passes(&["--follow-tags", "public", "main"]);
    world.passes(&["--all", "public"]);
    world.passes(&["--tags", "public"]);
    let expected =
        ["refs/heads/main", "refs/heads/topic", "refs/tags/heavy", "refs/tags/light", "refs/tags/nested"];
    assert_eq!(world.there("public"), expected);
}

#[test]
fn a_private_file_is_found_through_every_ref_that_brings_it() {
    let world = World::new();
    world.passes(&["public", "main"]);
    world.lab.git(&["switch", "-q", "-c", "topic"]);
    world.add_secret();
    world.lab.git(&["tag", "light"]);
    world.lab.git(&["tag", "-a", "heavy", "-m", "release"]);
    world.lab.git(&["tag", "-a", "nested", "heavy", "-m", "again"]);
    world.lab.git(&["tag", "tree", "HEAD^{tree}"]);
    for words in [
        &["public", "topic"][..],
        &["public", "HEAD:refs/heads/x"],
        &["public", "topic:main"],
        &["--all", "public"],
        &["--tags", "public"],
        &["public", "light"],
        &["public", "heavy"],
        &["public", "nested"],
        &["--follow-tags", "public", "topic"],
        &["public", "tree"],
        &["-f", "public", "topic:main"],
        &["--force-with-lease", "public", "topic:main"],
        &["--atomic", "public", "main:refs/heads/y", "topic"],
    ] {
        world.is_blocked(words, "G010");
    }
    assert_eq!(world.there("public"), ["refs/heads/main"]);
}

#[test]
fn names_with_letters_of_all_kinds_are_refs_as_any_other() {
    let world = World::new();
    for name in ["ümlaut", "日本", "a'b", "a,b", "v1.0+x", "-dash-inside-"] {
        world.passes(&["public", &format!("HEAD:refs/heads/{name}")]);
    }
    world.add_secret();
    world.is_blocked(&["public", "HEAD:refs/heads/ümlaut"], "G010");
}

#[test]
fn what_was_typed_may_hold_blanks() {
    let world = World::new();
    world.lab.write("README.md", "more\n");
    world.lab.commit("fix it all");
    world.passes(&["public", "HEAD^{/fix it}:refs/heads/main"]);
    world.passes(&["public", "main@{0}:refs/heads/other"]);
    world.add_secret();
    world.lab.git(&["commit", "-q", "--allow-empty", "-m", "another one here"]);
    world.is_blocked(&["public", "HEAD^{/another one}:refs/heads/main"], "G010");
}

#[test]
fn five_hundred_branches_at_once_go_and_one_of_them_stops_all() {
    let world = World::new();
    let all: String = (0..500).map(|number| format!("create refs/heads/many/b{number:04} HEAD\n")).collect();
    world.lab.write("../many", all);
    let mut shell = world.lab.command("sh");
    assert!(
        shell
            .args(["-c", "git update-ref --stdin <../many && git pack-refs --all"])
            .status()
            .unwrap()
            .success()
    );
    world.experiment();
    let one = "refs/experiments/exp-1:refs/heads/many/last";
    // By address: of a remote with a name, Git would note each branch in a transaction of its own.
    let (place, all) = ("../public.git", "refs/heads/many/*:refs/heads/many/*");
    world.is_blocked(&[place, all, one], "G001");
    assert!(world.there("public").is_empty());
    world.passes(&[place, all]);
    assert_eq!(world.there("public").len(), 500);
}

#[test]
fn many_branches_by_the_name_of_a_remote_start_the_guard_once_and_no_other_program_for_each() {
    let world = World::new();
    let old = world.lab.rev("HEAD");
    world.lab.git(&["commit", "-q", "--allow-empty", "-m", "more"]);
    let make = |number: usize| {
        let id = if number.is_multiple_of(2) { "HEAD" } else { &old };
        format!("create refs/heads/many/b{number:04} {id}\n")
    };
    world.lab.write("../many", (0..200).map(make).collect::<String>());
    let made = world.lab.command("sh").args(["-c", "git update-ref --stdin <../many"]).status().unwrap();
    assert!(made.success());
    // Whatever the hooks start is counted: gx by its path, grep by PATH.
    let gx = env!("CARGO_BIN_EXE_gx");
    let count = |name: &str, program: &str| {
        let text = format!("#!/bin/sh\necho >>\"$STARTED.{name}\"\nexec {program} \"$@\"\n");
        world.script(&format!("../counting/{name}"), &text).to_str().unwrap().to_owned()
    };
    let counting = count("gx", gx);
    count("grep", "/usr/bin/env -S PATH=/usr/bin:/bin grep");
    for hook in ["pre-push", "reference-transaction"] {
        let name = format!(".git/hooks/{hook}");
        world.script(&name, &world.lab.read(&name).replace(gx, &counting));
    }
    let path = format!("{}:{}", world.lab.path("../counting").display(), std::env::var("PATH").unwrap());
    let mut git = world.lab.command("git");
    git.env("PATH", path).env("STARTED", world.lab.path("../started"));
    let pushed = crate::guard::world::told(
        git.args(["push", "-q", "public", "refs/heads/many/*:refs/heads/many/*"]).output().unwrap(),
    );
    assert_eq!((pushed.code, pushed.said.as_str()), (Some(0), ""));
    assert_eq!(world.there("public").len(), 200);
    let started = |name: &str| {
        std::fs::read_to_string(world.lab.path(format!("../started.{name}")))
            .map_or(0, |text| text.lines().count())
    };
    assert_eq!((started("gx"), started("grep")), (1, 0));
    world.lab.gx(&["guard", "audit"]).exits(0);
    assert!(!world.has(".git/gx/guard/alarms"));
    // What was let pass longer ago is found in the list, and what was not is heard.
    std::fs::remove_dir_all(world.lab.path(".git/gx/guard/lately")).unwrap();
    world.lab.git(&["update-ref", "-d", "refs/remotes/public/many/b0001"]);
    world.lab.git(&["-c", "core.hooksPath=/dev/null", "push", "-q", "public", ":refs/heads/many/b0001"]);
    world.lab.git(&["push", "-q", "--no-verify", "public", "many/b0001"]);
    assert!(!world.has(".git/gx/guard/alarms"));
    world.add_secret();
    world.lab.git(&["push", "-q", "--no-verify", "public", "main"]);
    assert!(world.has(".git/gx/guard/alarms"));
}

#[test]
fn a_mirror_of_nothing_private_is_known_by_what_it_would_send() {
    let world = World::new();
    world.passes(&["public", "main", "main:refs/heads/theirs"]);
    // Its deletions are hidden from hooks; the refs of remotes that it sends are not.
    world.is_blocked(&["--mirror", "public"], "G001");
    world.is_blocked(&["--prune", "public", "+refs/*:refs/*"], "G00");
    assert_eq!(world.there("public"), ["refs/heads/main", "refs/heads/theirs"]);
}
