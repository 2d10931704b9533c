//! What was copied out of private files, whole or in part.

use super::world::*;
use crate::error::Exit;

pub fn text(start: &str, lines: usize) -> String {
    (0..lines).map(|number| format!("{start} number {number} of the schedule\n")).collect()
}

/// A world whose `main` has a private file that has gone to the private place; what is built goes up by `open`.
pub fn world() -> World {
    let world = World::new();
    world.commit(&[("LICENSE", &text("licence line", 8))]);
    world.pass();
    world.git(&["branch", "open"]);
    world.commit(&[
        ("private/plan.md", &text("secret plan", 40)),
        ("private/LICENSE", &text("licence line", 8)),
    ]);
    world.commit(&[("private/__init__.py", "\n"), ("private/notes", "short but secret\n")]);
    world.git(&["checkout", "-q", "open"]);
    world
}

pub fn push(world: &World) -> Vec<&'static str> {
    rules(&world.push_to(PUBLIC, "refs/heads/open", "refs/heads/open"))
}

#[test]
fn a_file_that_ever_lay_at_a_private_path_does_not_leave_under_another_name() {
    let world = world();
    for (name, content) in
        [("docs/plan.md", text("secret plan", 40)), ("n.txt", "short but secret\n".to_owned())]
    {
        world.commit(&[(name, &content)]);
        assert_eq!(push(&world), ["G030"], "{name}");
        world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    }
    // What was taken out of the private branch again was there.
    world.git(&["checkout", "-q", "main"]);
    world.git(&["rm", "-rq", "private"]);
    world.commit(&[]);
    world.git(&["checkout", "-q", "open"]);
    world.commit(&[("docs/plan.md", &text("secret plan", 40))]);
    assert_eq!(push(&world), ["G030"]);
    assert_eq!(rules(&world.push_to(PRIVATE, "refs/heads/open", "refs/heads/open")), [""; 0]);
}

#[test]
fn what_is_public_and_was_copied_into_private_passes_and_so_does_what_says_nothing() {
    let world = world();
    world.git(&["mv", "LICENSE", "COPYING"]);
    world.commit(&[("src/__init__.py", "\n"), ("empty", "")]);
    assert_eq!(push(&world), [""; 0]);
    // On a first push to another place nothing has passed yet; the licence was there before its private copy.
    let other = world.push_to("https://git.example/other", "refs/heads/open", "refs/heads/open");
    assert_eq!(rules(&other), [""; 0]);
}

#[test]
fn an_excerpt_of_a_private_file_is_found_however_it_is_indented() {
    let world = world();
    let plan = text("secret plan", 40);
    let excerpt: String = plan.lines().skip(5).take(15).map(|line| format!("    {line}\r\n")).collect();
    world.commit(&[("docs/other.md", &format!("{}{excerpt}", text("a public line", 50)))]);
    let report = world.push_to(PUBLIC, "refs/heads/open", "refs/heads/open");
    assert_eq!(rules(&report), ["G031"]);
    assert_eq!(report.findings[0].what, "15 of 65 lines that say something stood in private files");
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    // Two lines are chance, and so is a small share.
    let two: String = plan.lines().take(2).map(|line| format!("{line}\n")).collect();
    let few: String = plan.lines().take(10).map(|line| format!("{line}\n")).collect();
    world.commit(&[("two.md", &two), ("few.md", &format!("{few}{}", text("a public line", 90)))]);
    assert_eq!(push(&world), [""; 0]);
}

#[test]
fn lines_that_a_private_file_took_from_a_public_one_are_public() {
    let world = World::new();
    let train = text("learning rate", 30);
    world.commit(&[("train.py", &train)]);
    world.commit(&[("private/train.py", &format!("{train}{}", text("secret plan", 5)))]);
    world.git(&["rm", "-rq", "private"]);
    world.commit(&[("train.py", &format!("{train}more of it\n"))]);
    let found = rules(&world.push());
    assert!(found.contains(&"G010") && !found.contains(&"G031"), "{found:?}");
}

#[test]
fn a_file_that_was_moved_into_private_was_meant_to_be_private() {
    let world = World::new();
    world.pass();
    world.commit(&[("plan.md", &text("secret plan", 20))]);
    let exposed = world.rev("HEAD").to_string();
    std::fs::create_dir(world.dir().join("private")).unwrap();
    world.git(&["mv", "plan.md", "private/plan.md"]);
    world.commit(&[]);
    assert_eq!(rules(&world.push_to(PUBLIC, &exposed, "refs/heads/x")), ["G030"]);
}

#[test]
fn an_lfs_pointer_to_what_is_private_does_not_leave_under_another_name() {
    let pointer = |oid: &str, extra: &str| {
        format!("version https://git-lfs.github.com/spec/v1\n{extra}oid sha256:{}\nsize 12\n", oid.repeat(32))
    };
    let world = world();
    world.git(&["checkout", "-q", "main"]);
    world.commit(&[("private/weights.bin", &pointer("ab", ""))]);
    world.git(&["checkout", "-q", "open"]);
    world.commit(&[("weights.bin", &pointer("ab", "ext-0-x sha256:00\n"))]);
    assert_eq!(push(&world), ["G034"]);
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    world.commit(&[("weights.bin", &pointer("cd", ""))]);
    assert_eq!(push(&world), [""; 0]);
}

#[test]
fn the_index_is_brought_up_to_date_and_one_that_is_torn_is_made_anew() {
    let world = world();
    world.commit(&[("docs/a.md", "fine\n")]);
    assert_eq!(push(&world), [""; 0]);
    world.git(&["checkout", "-q", "main"]);
    world.commit(&[("private/later.md", &text("later secret", 20))]);
    world.git(&["checkout", "-q", "open"]);
    world.commit(&[("docs/later.md", &text("later secret", 20))]);
    assert_eq!(push(&world), ["G030"]);
    let folder = world.dir().join(".git/gx/guard");
    let index = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let index = index.into_iter().find(|path| path.to_string_lossy().contains("private-")).unwrap();
    let whole = std::fs::read_to_string(&index).unwrap();
    std::fs::write(&index, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(push(&world), ["G030"]);
    // It is looked for only where the policy wants it.
    world.policy("[content]\nprivate_blobs = false\n");
    let report = world.push_to(PUBLIC, "refs/heads/open", "refs/heads/open");
    assert_eq!(report.exit(), Exit::Done);
}
