//! The guard beside other tools that live in hooks: husky, lefthook, pre-commit, LFS, shared folders.

use std::fs;

use crate::guard::world::{World, make_executable};

#[test]
fn husky_finds_its_hook_by_the_name_it_was_called_by() {
    let world = World::unguarded();
    // As version 9 lays it out: a wrapper for each hook, which asks by its own name what to run.
    world.lab.git(&["config", "core.hooksPath", ".husky/_"]);
    world.lab.write(".husky/_/.gitignore", "*\n");
    world.lab.write(
        ".husky/_/h",
        "n=$(basename \"$0\")\ns=$(dirname \"$(dirname \"$0\")\")/$n\n[ ! -f \"$s\" ] && exit 0\nsh -e \"$s\" \"$@\"\n",
    );
    world.script(".husky/_/pre-push", "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"\n");
    world.lab.write(".husky/pre-push", "printf '%s ' \"$1\" >ran\ncat >>ran\n");
    world.lab.commit("husky");
    world.lab.gx(&["guard", "install"]).exits(0);
    assert!(!world.has(".git/hooks/pre-push"), "Git would not look there");
    world.passes(&["public", "main"]);
    assert!(world.lab.read("ran").starts_with("public refs/heads/main "), "{}", world.lab.read("ran"));
    fs::remove_file(world.lab.path("ran")).unwrap();
    world.add_secret();
    world.is_blocked(&["public", "main"], "G010");
    // Setting husky up again takes the guard out; that is noticed, and putting it in again mends it.
    world.script(".husky/_/pre-push", "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"\n");
    world.lab.gx(&["guard", "install", "--check"]).exits(1);
    world.lab.gx(&["guard", "install"]).exits(0);
    world.is_blocked(&["public", "main"], "G010");
    assert!(!world.has(".husky/_/pre-push.gx-chained.1"), "the same hook is kept once");
}

#[test]
fn the_hook_of_pre_commit_finds_its_folder_and_moving_the_guard_aside_makes_no_circle() {
    let world = World::unguarded();
    let theirs = "#!/usr/bin/env bash\nHERE=\"$(cd \"$(dirname \"$0\")\" && pwd)\"\nlegacy=\"$HERE/pre-push.legacy\"\n\
        [ ! -x \"$legacy\" ] || \"$legacy\" \"$@\" || exit 1\necho \"$HERE $1\" >>ran\n";
    world.script(".git/hooks/pre-push", theirs);
    world.lab.gx(&["guard", "install"]).exits(0);
    world.passes(&["public", "main"]);
    let hooks = world.lab.path(".git/hooks");
    assert_eq!(world.lab.read("ran"), format!("{} public\n", hooks.display()));
    // `pre-commit install` moves aside what it finds, and runs that first.
    fs::rename(hooks.join("pre-push"), hooks.join("pre-push.legacy")).unwrap();
    world.script(".git/hooks/pre-push", theirs);
    world.lab.gx(&["guard", "install"]).exits(0);
    assert!(!hooks.join("pre-push.legacy").exists());
    fs::remove_file(world.lab.path("ran")).unwrap();
    world.lab.git(&["commit", "-q", "--allow-empty", "-m", "more"]);
    world.passes(&["public", "main"]);
    assert_eq!(world.lab.read("ran").lines().count(), 1);
}

#[test]
fn lefthook_and_lfs_run_after_the_guard_as_they_are() {
    for theirs in [
        "#!/bin/sh\n\nif [ \"$LEFTHOOK\" = \"0\" ]; then\n  exit 0\nfi\n\ncall_lefthook()\n{\n  echo \"$@\" >>ran\n  cat >>ran\n}\n\ncall_lefthook run \"pre-push\" \"$@\"\n",
        "#!/bin/sh\ngit() { echo \"$@\" >>ran; cat >>ran; }\ncommand -v git >/dev/null 2>&1 || { echo >&2 'no git-lfs'; exit 2; }\ngit lfs pre-push \"$@\"\n",
    ] {
        let world = World::unguarded();
        world.script(".git/hooks/pre-push", theirs);
        world.lab.gx(&["guard", "install"]).exits(0);
        world.passes(&["public", "main"]);
        let ran = world.lab.read("ran");
        assert!(ran.contains("pre-push public ") && ran.contains("refs/heads/main "), "{ran}");
        fs::remove_file(world.lab.path("ran")).unwrap();
        world.add_secret();
        fs::remove_file(world.lab.path("ran")).unwrap_or_default();
        world.is_blocked(&["public", "main"], "G010");
        assert!(!world.has("ran"), "an upload had begun");
    }
}

#[test]
fn a_folder_that_other_repositories_share_is_written_only_when_somebody_says_so() {
    let world = World::unguarded();
    let shared = world.lab.path("../shared-hooks");
    fs::create_dir(&shared).unwrap();
    world.lab.git(&["config", "core.hooksPath", shared.to_str().unwrap()]);
    let told = world.lab.gx(&["guard", "install"]).exits(1);
    assert!(told.stderr.contains("outside this repository") && told.stderr.contains("--shared"), "{told:#?}");
    assert_eq!(fs::read_dir(&shared).unwrap().count(), 0);
    world.lab.gx(&["guard", "install", "--shared"]).exits(0);
    world.add_secret();
    world.is_blocked(&["public", "main"], "G010");
}

#[test]
fn a_folder_in_the_work_tree_gets_the_hook_and_a_word_of_warning() {
    let world = World::unguarded();
    world.lab.git(&["config", "core.hooksPath", ".githooks"]);
    let told = world.lab.gx(&["guard", "install", "--json"]).exits(0).json();
    assert!(told["notes"][0].as_str().unwrap().contains("lies in the work tree"), "{told:#}");
    assert!(world.has(".githooks/pre-push"));
}

#[test]
fn a_hook_that_is_a_symbolic_link_stays_one() {
    let world = World::unguarded();
    world.script("tools/hooks.sh", "#!/bin/sh\nbasename \"$0\" >>ran\n");
    fs::create_dir_all(world.lab.path(".git/hooks")).unwrap();
    std::os::unix::fs::symlink("../../tools/hooks.sh", world.lab.path(".git/hooks/pre-push")).unwrap();
    world.lab.gx(&["guard", "install"]).exits(0);
    world.passes(&["public", "main"]);
    assert_eq!(world.lab.read("ran"), "pre-push\n");
    world.lab.gx(&["guard", "install", "--uninstall"]).exits(0);
    assert!(world.lab.path(".git/hooks/pre-push").is_symlink());
    assert_eq!(world.lab.read("tools/hooks.sh"), "#!/bin/sh\nbasename \"$0\" >>ran\n");
}

#[test]
fn a_program_in_the_place_of_a_hook_is_run_as_it_is() {
    let world = World::unguarded();
    fs::create_dir_all(world.lab.path(".git/hooks")).unwrap();
    fs::copy("/bin/false", world.lab.path(".git/hooks/pre-push")).unwrap();
    make_executable(&world.lab.path(".git/hooks/pre-push"));
    world.lab.gx(&["guard", "install"]).exits(0);
    assert_eq!(world.push(&["public", "main"]).code, Some(1));
    assert!(world.there("public").is_empty());
}
