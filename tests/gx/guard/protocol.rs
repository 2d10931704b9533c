//! What Git says to the hook, in every form that it has.

use std::io::Write;
use std::process::Stdio;

use crate::guard::world::{Pushed, World, told};

const ZERO: &str = "0000000000000000000000000000000000000000";

/// The hook, called as Git calls it.
fn hook(world: &World, url: &str, input: &str) -> Pushed {
    let mut command = world.lab.command(world.lab.path(".git/hooks/pre-push"));
    command.args(["public", url]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    told(child.wait_with_output().unwrap())
}

#[test]
fn each_form_of_a_line_is_read_and_what_nobody_can_read_stops_the_push() {
    let world = World::new();
    let (public, private) = (world.place("public"), world.place("origin"));
    let (public, private) = (public.to_str().unwrap(), private.to_str().unwrap());
    let head = world.lab.rev("HEAD");
    let zeros = "0".repeat(64);
    let missing = "1".repeat(40);
    for (url, input, code, word) in [
        (public, String::new(), 0, ""),
        (public, format!("refs/heads/main {head} refs/heads/main {ZERO}\n"), 0, ""),
        (public, format!("HEAD@{{0 days ago}} {head} refs/heads/main {ZERO}\n"), 0, ""),
        (public, format!("refs/heads/main {head} refs/heads/main {missing}\n"), 0, ""),
        (public, format!("refs/heads/ä b {head} refs/heads/ä {ZERO}\n"), 0, ""),
        (public, format!("(delete) {ZERO} refs/heads/none {zeros}\n"), 1, "G002"),
        (private, format!("(delete) {zeros} refs/heads/none {ZERO}\n"), 0, ""),
        (public, format!("main {missing} refs/heads/main {ZERO}\n"), 1, "G000"),
        (public, format!("main {head} refs/experiments/exp-1 {ZERO}\n"), 1, "G001"),
        (public, format!("refs/stash {head} refs/heads/main {ZERO}\n"), 1, "G001"),
        (private, format!("main {head} refs/experiments/exp-1 {ZERO}\n"), 0, ""),
        (public, "nonsense\n".to_owned(), 1, "cannot check"),
        (public, format!("main {head} refs/heads/main\n"), 1, "cannot check"),
        (public, format!("main {head} refs/heads/main 123\n"), 1, "cannot check"),
        (public, "\u{0}\u{1} \n".to_owned(), 1, "cannot check"),
    ] {
        let pushed = hook(&world, url, &input);
        assert_eq!(pushed.code, Some(code), "{input:?}: {pushed:#?}");
        assert!(pushed.said.contains(word), "{input:?}: {pushed:#?}");
        assert!(!word.is_empty() || pushed.said.is_empty(), "{input:?}: {pushed:#?}");
    }
}

#[test]
fn ten_thousand_refs_at_once_are_looked_at() {
    let world = World::new();
    let head = world.lab.rev("HEAD");
    let lines: String =
        (0..10_000).map(|number| format!("r{number} {head} refs/heads/r{number} {ZERO}\n")).collect();
    let public = world.place("public");
    let pushed = hook(&world, public.to_str().unwrap(), &lines);
    assert_eq!((pushed.code, pushed.said.as_str()), (Some(0), ""));
    let last = format!("{lines}x {head} refs/notes/experiments {ZERO}\n");
    let pushed = hook(&world, public.to_str().unwrap(), &last);
    assert_eq!(pushed.code, Some(1));
    assert!(pushed.said.contains("G001"), "{pushed:#?}");
}

#[test]
fn a_push_that_has_nothing_to_do_passes_and_so_does_one_that_is_only_tried() {
    let world = World::new();
    world.passes(&["public", "main"]);
    world.passes(&["public", "main"]);
    world.passes(&["--dry-run", "public", "main:refs/heads/other"]);
    world.add_secret();
    world.is_blocked(&["--dry-run", "public", "main"], "G010");
}
