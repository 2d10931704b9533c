//! After a bypass: the alarm is raised, told, looked into, and laid aside.

use std::fs;

use serde_json::Value;

use crate::guard::world::World;

#[test]
fn a_push_without_the_hook_raises_an_alarm_that_is_told_until_somebody_looks() {
    let world = World::new();
    world.passes(&["public", "main"]);
    world.add_secret();
    let pushed = world.push(&["--no-verify", "public", "main"]);
    assert_eq!(pushed.code, Some(0), "{pushed:#?}");
    assert!(pushed.said.contains("gx guard audit"), "it is said at once: {pushed:#?}");
    let told = world.lab.gx(&["tags"]).exits(0);
    assert_eq!(told.stderr.matches("gx guard audit").count(), 1, "{told:#?}");
    let doctor = world.lab.gx(&["doctor", "--json"]).exits(1).json();
    let check = doctor["checks"].as_array().unwrap().iter().find(|check| check["check"] == "guard").unwrap();
    assert_eq!(check["findings"][0]["command"], "gx guard audit", "{check:#}");
    let audit = world.lab.gx(&["guard", "audit", "--json"]).exits(3).json();
    assert_eq!(audit["alarms"][0]["reference"], "refs/remotes/public/main", "{audit:#}");
    let paths: Vec<&Value> = audit["findings"].as_array().unwrap().iter().map(|one| &one["path"]).collect();
    assert!(paths.contains(&&"private/plan.md".into()), "{audit:#}");
    // It stays until somebody says that it was seen to, and what was is kept.
    world.lab.gx(&["guard", "audit"]).exits(3);
    world.lab.gx(&["guard", "audit", "--acknowledge"]).exits(3);
    assert!(!world.has(".git/gx/guard/alarms"));
    assert!(world.lab.read(".git/gx/guard/alarms.seen").contains("refs/remotes/public/main"));
    assert_eq!(world.lab.gx(&["tags"]).exits(0).stderr, "");
}

#[test]
fn what_went_by_the_guard_is_looked_at_also_when_it_was_deleted_there_since() {
    let world = World::new();
    world.passes(&["public", "main"]);
    world.add_secret();
    assert_eq!(world.push(&["--no-verify", "public", "main:leak"]).code, Some(0));
    assert_eq!(world.push(&["--no-verify", "public", ":leak"]).code, Some(0));
    for _ in 0..2 {
        let audit = world.lab.gx(&["guard", "audit", "--json"]).exits(3).json();
        assert!(audit["findings"].to_string().contains("private/plan.md"), "{audit:#}");
    }
}

#[test]
fn a_push_that_left_no_trace_here_is_found_by_asking_the_place_itself() {
    let world = World::new();
    let place = world.place("public");
    let place = place.to_str().unwrap();
    world.passes(&[place, "main"]);
    assert_eq!(world.lab.gx(&["guard", "audit", place, "--json"]).exits(0).json()["refs"], 1);
    world.add_secret();
    // Neither a branch nor a tag tells of it here.
    assert_eq!(world.push(&["--no-verify", place, "main", "main~0:refs/tags/v1"]).code, Some(0));
    assert!(!world.has(".git/gx/guard/alarms"));
    world.lab.gx(&["guard", "audit"]).exits(0);
    for words in [place, "public", "../public.git"] {
        let audit = world.lab.gx(&["guard", "audit", words, "--json"]).exits(3).json();
        assert_eq!(audit["findings"][0]["path"], "private/plan.md", "{words}: {audit:#}");
    }
    world.push(&["-q", "origin", "main"]);
    world.lab.gx(&["guard", "audit", "origin"]).exits(0);
    world.lab.gx(&["guard", "audit", "../nowhere.git"]).exits(1);
    // What others have put there is not known here, and it is said how to get it.
    let by_others = World::new();
    let theirs = by_others
        .object("commit", &by_others.lab.git(&["cat-file", "commit", "HEAD"]).replace("start", "theirs"));
    by_others.passes(&["origin", "main"]);
    let origin = by_others.place("origin");
    by_others.push(&["-q", "origin", &format!("{theirs}:refs/heads/theirs")]);
    by_others.lab.git(&["config", "--unset", "gx.remote.origin.privateUrl"]);
    std::fs::remove_file(by_others.lab.path(format!(".git/objects/{}/{}", &theirs[..2], &theirs[2..])))
        .unwrap();
    by_others.lab.git(&["update-ref", "-d", "refs/remotes/origin/theirs"]);
    let told = by_others.lab.gx(&["guard", "audit", origin.to_str().unwrap(), "--json"]).exits(0).json();
    assert!(told["next"].as_str().unwrap().contains("1 ref there"), "{told:#}");
}

#[test]
fn what_a_bypass_has_published_is_looked_at_again_by_later_pushes() {
    let world = World::with_secret();
    world.push(&["--no-verify", "public", "main"]);
    world.lab.git(&["rm", "-qr", "private"]);
    world.lab.git(&["commit", "-q", "-m", "gone again"]);
    world.is_blocked(&["public", "main"], "G010");
}

#[test]
fn fetches_checked_pushes_and_private_places_raise_no_alarm() {
    let world = World::new();
    world.passes(&["public", "main"]);
    world.passes(&["origin", "main"]);
    world.add_secret();
    world.lab.git(&["push", "-q", "--no-verify", "origin", "main"]);
    let other = world.lab.path("../other");
    world.lab.git(&["clone", "-q", world.place("public").to_str().unwrap(), other.to_str().unwrap()]);
    fs::write(other.join("new.txt"), "new\n").unwrap();
    let inside = |words: &[&str]| world.lab.git(&[&["-C", other.to_str().unwrap()], words].concat());
    inside(&["add", "-A"]);
    inside(&["commit", "-qm", "theirs"]);
    inside(&["push", "-q", "origin", "main"]);
    world.lab.git(&["fetch", "-q", "public"]);
    world.lab.git(&["fetch", "-q", "--all", "--prune"]);
    assert!(!world.has(".git/gx/guard/alarms"));
}

#[test]
fn an_alarm_about_nothing_is_laid_aside_by_the_audit() {
    let world = World::new();
    world.lab.git(&["push", "-q", "--no-verify", "public", "main"]);
    assert!(world.has(".git/gx/guard/alarms"));
    world.lab.gx(&["guard", "audit"]).exits(0);
    assert!(!world.has(".git/gx/guard/alarms"));
}

#[test]
fn the_hook_of_transactions_that_was_there_hears_every_state_and_can_still_refuse() {
    let world = World::unguarded();
    world.script(
        ".git/hooks/reference-transaction",
        "#!/bin/sh\necho \"$1 $(cat | wc -l)\" >>../states\n[ \"$1\" != prepared ] || [ ! -e ../refuse ]\n",
    );
    world.lab.gx(&["guard", "install"]).exits(0);
    fs::remove_file(world.lab.path("../states")).unwrap_or_default();
    world.lab.git(&["update-ref", "refs/heads/x", "HEAD"]);
    assert_eq!(world.lab.read("../states").lines().collect::<Vec<_>>(), ["prepared 1", "committed 1"]);
    world.lab.write("../refuse", "");
    assert_ne!(world.git(&["update-ref", "refs/heads/y", "HEAD"]).code, Some(0));
    fs::remove_file(world.lab.path("../refuse")).unwrap();
    world.lab.git(&["push", "-q", "--no-verify", "public", "main"]);
    assert!(world.has(".git/gx/guard/alarms"));
}

#[test]
fn without_gx_git_goes_on_but_for_the_push() {
    let world = World::new();
    let hook = world.lab.path(".git/hooks/reference-transaction");
    let text = fs::read_to_string(&hook).unwrap().replace(env!("CARGO_BIN_EXE_gx"), "/nowhere/gx");
    fs::write(&hook, text).unwrap();
    world.lab.git(&["push", "-q", "--no-verify", "public", "main"]);
    world.lab.git(&["fetch", "-q", "--all"]);
    world.lab.git(&["branch", "other"]);
}

#[test]
fn a_push_with_all_hooks_switched_off_is_told_by_the_doctor_until_somebody_looks() {
    let world = World::new();
    world.passes(&["public", "main"]);
    let told = || world.lab.gx(&["doctor", "--json"]).json().to_string().contains("has not let it pass");
    assert!(!told());
    world.add_secret();
    let past = world.git(&["-c", "core.hooksPath=/dev/null", "push", "public", "main"]);
    assert_eq!(past.code, Some(0), "{past:#?}");
    assert!(!world.has(".git/gx/guard/alarms") && told());
    world.lab.gx(&["guard", "audit"]).exits(3);
    assert!(told());
    world.lab.gx(&["guard", "audit", "--acknowledge"]).exits(3);
    assert!(!told());
}

#[test]
fn what_was_pushed_before_there_was_a_guard_or_was_fetched_is_no_bypass() {
    let world = World::unguarded();
    world.passes(&["public", "main"]);
    world.lab.gx(&["guard", "install"]).exits(0);
    let public = world.place("public");
    let made = world.lab.git(&["commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "by another"]);
    world.lab.git(&[
        "push",
        "-q",
        "--no-verify",
        public.to_str().unwrap(),
        &format!("{}:refs/heads/x", made.trim()),
    ]);
    world.lab.git(&["fetch", "-q", "public"]);
    let told = world.lab.gx(&["doctor", "--json"]).json().to_string();
    assert!(!told.contains("has not let it pass"), "{told}");
}
