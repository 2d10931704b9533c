//! The hook itself: it fires, it is kept beside others, and nothing leaves where it cannot work.

use std::fs;

use crate::guard::world::World;

/// A hook that takes down what it is told, and ends with a code of its own.
const SCRIBE: &str = "#!/bin/sh\nprintf '%s\\n' \"$@\" >\"$SCRIBE.words\"\ncat >\"$SCRIBE.input\"\nexit 7\n";

#[test]
fn putting_it_in_is_proved_by_a_push_and_may_be_said_again() {
    let world = World::unguarded();
    let told = world.lab.gx(&["guard", "install", "--check", "--json"]).exits(1).json();
    assert_eq!(told["fires"], false, "{told:#}");
    let told = world.lab.gx(&["guard", "install", "--json"]).exits(0).json();
    assert_eq!((&told["fires"], &told["hooks"][0]["done"]), (&true.into(), &"put in".into()), "{told:#}");
    let before = fs::read(world.lab.path(".git/hooks/pre-push")).unwrap();
    let told = world.lab.gx(&["guard", "install", "--json"]).exits(0).json();
    assert_eq!(told["hooks"][0]["done"], "as it was", "{told:#}");
    assert_eq!(fs::read(world.lab.path(".git/hooks/pre-push")).unwrap(), before);
    assert!(world.there("public").is_empty() && world.there("origin").is_empty());
    // What the self-test has pushed with is not left lying about.
    let left = fs::read_dir(world.lab.path(".git/gx/tmp")).unwrap().count();
    assert_eq!(left, 0);
}

#[test]
fn taking_it_out_puts_back_what_was_there() {
    let world = World::unguarded();
    world.script(".git/hooks/pre-push", SCRIBE);
    world.lab.gx(&["guard", "install"]).exits(0);
    assert_ne!(world.lab.read(".git/hooks/pre-push"), SCRIBE);
    world.lab.gx(&["guard", "install", "--uninstall"]).exits(0);
    assert_eq!(world.lab.read(".git/hooks/pre-push"), SCRIBE);
    assert!(!world.has(".git/hooks/reference-transaction") && !world.has(".git/hooks/pre-push.gx-chained"));
    let told = world.lab.gx(&["guard", "install", "--uninstall", "--json"]).exits(0).json();
    assert_eq!(told["hooks"][0]["done"], "left", "{told:#}");
}

#[test]
fn the_hook_that_was_there_gets_the_same_words_and_input_and_its_exit_code_counts() {
    let world = World::unguarded();
    world.script(".git/hooks/pre-push", SCRIBE);
    let listen = |name: &str| {
        let target = world.lab.path(format!("../{name}"));
        let mut command = world.lab.command("git");
        command.env("SCRIBE", target).args(["push", "public", "HEAD:refs/heads/a", "HEAD~0:refs/heads/b"]);
        assert_eq!(command.output().unwrap().status.code(), Some(1));
        ["words", "input"].map(|what| fs::read(world.lab.path(format!("../{name}.{what}"))).unwrap())
    };
    let alone = listen("alone");
    world.lab.gx(&["guard", "install"]).exits(0);
    assert_eq!(listen("chained"), alone);
    assert!(world.there("public").is_empty());
}

#[test]
fn the_hook_that_was_there_does_not_run_where_the_guard_refuses() {
    let world = World::unguarded();
    world.script(".git/hooks/pre-push", "#!/bin/sh\ntouch uploaded\n");
    world.lab.gx(&["guard", "install"]).exits(0);
    world.add_secret();
    world.is_blocked(&["public", "main"], "G010");
    assert!(!world.has("uploaded"), "it ran before the guard");
    world.lab.git(&["push", "-q", "public", "HEAD~1:refs/heads/main"]);
    assert!(world.has("uploaded"));
}

#[test]
fn a_hook_that_git_passed_over_is_not_run_by_the_guard_either() {
    let world = World::unguarded();
    world.lab.write(".git/hooks/pre-push", "#!/bin/sh\nexit 1\n");
    world.lab.gx(&["guard", "install"]).exits(0);
    world.passes(&["public", "main"]);
}

#[test]
fn without_gx_the_push_fails_and_it_is_said_what_to_do() {
    let world = World::new();
    let hook = world.lab.path(".git/hooks/pre-push");
    let text = fs::read_to_string(&hook).unwrap().replace(env!("CARGO_BIN_EXE_gx"), "/nowhere/gx");
    fs::write(&hook, text).unwrap();
    let pushed = world.push(&["public", "main"]);
    assert_eq!(pushed.code, Some(1), "{pushed:#?}");
    assert!(pushed.said.contains("put gx on the PATH, and then: gx guard install"), "{pushed:#?}");
    assert!(world.there("public").is_empty());
    // One on the PATH will do.
    let folder =
        std::path::Path::new(env!("CARGO_BIN_EXE_gx")).parent().unwrap().to_str().unwrap().to_owned();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let pushed = world.lab.command("git").env("PATH", path).args(["push", "-q", "public", "main"]).status();
    assert!(pushed.unwrap().success());
}

#[test]
fn a_configuration_that_nobody_can_read_stops_the_push() {
    let world = World::new();
    world.lab.write("gx.toml", "[metric\n");
    assert_eq!(world.push(&["public", "main"]).code, Some(1));
    fs::remove_file(world.lab.path("gx.toml")).unwrap();
    world.passes(&["public", "main"]);
}

#[test]
fn the_probe_never_lets_anything_pass() {
    let world = World::new();
    let pushed =
        world.lab.command("git").env("GX_GUARD_PROBE", "1").args(["push", "public", "main"]).output();
    assert!(!pushed.unwrap().status.success());
    assert!(world.there("public").is_empty());
}

#[test]
fn a_guard_that_is_not_done_in_time_stops_the_push() {
    let world = World::new();
    world.lab.git(&["config", "gx.guard.patience", "soon"]);
    let pushed = world.push(&["public", "main:refs/heads/first"]);
    assert!(pushed.code == Some(0) && pushed.said.contains("`gx.guard.patience` is `soon`"), "{pushed:#?}");
    world.lab.git(&["config", "gx.guard.patience", "0"]);
    world.lab.git(&["commit", "-q", "--allow-empty", "-m", "next"]);
    let pushed = world.push(&["public", "main"]);
    assert_eq!(pushed.code, Some(1), "{pushed:#?}");
    assert!(pushed.said.contains("gx guard scan"), "{pushed:#?}");
    assert_eq!(world.there("public"), ["refs/heads/first"]);
    // What was scanned without hurry is known.
    world.lab.gx(&["guard", "scan"]).exits(0);
    world.passes(&["public", "main"]);
}

#[test]
fn one_hook_serves_all_work_trees() {
    let world = World::new();
    world.lab.git(&["worktree", "add", "-q", "../other", "-b", "other"]);
    let inside = |words: &[&str]| {
        let mut command = world.lab.command("git");
        command.current_dir(world.lab.path("../other")).args(words).output().unwrap()
    };
    assert!(inside(&["push", "-q", "public", "other"]).status.success());
    fs::create_dir(world.lab.path("../other/private")).unwrap();
    fs::write(world.lab.path("../other/private/x"), "x\n").unwrap();
    inside(&["add", "-A"]);
    inside(&["commit", "-qm", "x"]);
    let pushed = inside(&["push", "public", "other"]);
    assert!(String::from_utf8_lossy(&pushed.stderr).contains("G010"), "{pushed:?}");
    assert_eq!(
        world
            .lab
            .git(&["--git-dir", world.place("public").to_str().unwrap(), "log", "--oneline", "other"])
            .lines()
            .count(),
        1
    );
}

/// The second hook as an older build wrote it: it reads the first line by itself, and hands it over.
const OLDER: &str = r#"[ "$1" = committed ] || exit 0
while read -r was is ref; do
  case $ref in
  refs/remotes/*) exec "$gx" hook reference-transaction --script "$0" --first "$was $is $ref" -- "$1" ;;
  esac
done
"#;

#[test]
fn hooks_of_another_build_go_on_working_and_are_told() {
    let world = World::new();
    let head = |hook: &str| {
        let text = world.lab.read(format!(".git/hooks/{hook}"));
        text.lines().take(3).map(|line| format!("{line}\n")).collect::<String>()
    };
    world.script(".git/hooks/reference-transaction", &(head("reference-transaction") + OLDER));
    let pre_push = r#"exec "$gx" hook pre-push --newer 1 --script "$0" -- "$@""#;
    world.script(".git/hooks/pre-push", &(head("pre-push") + pre_push + "\n"));
    world.passes(&["public", "main"]);
    world.add_secret();
    world.is_blocked(&["public", "main"], "G010");
    assert_eq!(world.push(&["--no-verify", "public", "main"]).code, Some(0));
    assert!(world.lab.read(".git/gx/guard/alarms").contains("refs/remotes/public/main"));
    let told = world.lab.gx(&["guard", "install", "--check", "--json"]).exits(1).json();
    assert_eq!((&told["fires"], &told["hears"]), (&true.into(), &true.into()), "{told:#}");
    for hook in ["pre-push", "reference-transaction"] {
        let note = format!("{hook} is not as this gx would write it");
        assert!(told["notes"].to_string().contains(&note), "{told:#}");
    }
    let doctor = world.lab.gx(&["doctor", "--json"]).json().to_string();
    assert!(doctor.contains("the hook reference-transaction is not as this gx would write it"), "{doctor}");
    world.lab.gx(&["guard", "install"]).exits(0);
    world.lab.gx(&["guard", "install", "--check"]).exits(0);
}

#[test]
fn a_hook_that_is_called_with_words_that_nobody_knows_stops_a_push_and_no_transaction() {
    let world = World::new();
    world.lab.gx(&["hook", "pre-push", "--odd"]).exits(1);
    world.lab.gx(&["hook", "reference-transaction", "--odd"]).exits(0);
}

#[test]
fn a_second_hook_that_does_not_work_is_found_by_a_ref_that_is_moved() {
    let world = World::new();
    let text = world.lab.read(".git/hooks/reference-transaction");
    world.script(".git/hooks/reference-transaction", &text.replace("refs/remotes/", "refs/nowhere/"));
    let told = world.lab.gx(&["guard", "install", "--check", "--json"]).exits(1).json();
    assert_eq!((&told["fires"], &told["hears"]), (&true.into(), &false.into()), "{told:#}");
    let doctor = world.lab.gx(&["doctor", "--json"]).exits(1).json().to_string();
    assert!(doctor.contains("the guard's second hook does not work"), "{doctor}");
}
