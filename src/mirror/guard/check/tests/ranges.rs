//! Ranges lie: only what this clone's guard has let pass to the same place hides anything.

use std::time::Duration;

use super::world::*;
use super::*;
use crate::model::object::ObjectId;
use crate::process::command::Program;

#[test]
fn what_has_passed_is_not_looked_at_again_and_the_rest_is() {
    let world = World::new();
    assert_eq!(world.push().commits, 1);
    // Looking alone proves nothing; only what was let pass does.
    assert_eq!(world.push().commits, 1);
    world.pass();
    assert_eq!(world.push().commits, 0);
    world.commit(&[("src/a.txt", "a\n")]);
    let report = world.pass();
    assert_eq!((report.commits, report.blobs), (1, 1));
    // Another spelling of the place is the same place, another place is not.
    assert_eq!(world.push_to("https://me@GIT.example:443/public", "main", "refs/heads/x").commits, 0);
    assert_eq!(world.push_to("https://git.example/other", "main", "refs/heads/x").commits, 2);
}

#[test]
fn what_is_blocked_is_not_remembered_and_another_policy_looks_at_all_again() {
    let world = World::new();
    world.commit(&[("plans/a.md", "a\n")]);
    world.pass();
    world.commit(&[("private/x", "x\n")]);
    let report = world.push();
    assert_eq!((report.commits, report.exit()), (1, Exit::Blocked));
    report.remember().unwrap();
    assert_eq!(world.push().commits, 1);
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    world.policy("[paths]\nprivate = [\"plans/\"]\n");
    let report = world.push();
    assert_eq!((report.commits, rules(&report)), (2, vec!["G010"]));
}

#[test]
fn remote_tracking_refs_and_old_ids_hide_nothing() {
    let world = World::new();
    let bad = world.commit(&[("private/x", "x\n")]);
    for name in ["refs/remotes/origin/main", "refs/remotes/public/main", "refs/remotes/there/main"] {
        world.git(&["update-ref", name, &bad.to_string()]);
    }
    let update = |old: ObjectId| Update {
        source: "refs/heads/main".to_owned(),
        new: Some(bad),
        target: "refs/heads/main".to_owned(),
        old: Some(old),
    };
    for old in [bad, "12".repeat(20).parse().unwrap()] {
        assert_eq!(rules(&world.update(PUBLIC, &[update(old)])), ["G010"]);
    }
}

#[test]
fn replaced_and_grafted_commits_are_looked_at_as_they_go_over_the_wire() {
    let world = World::new();
    let good = world.rev("HEAD");
    let bad = world.commit(&[("private/x", "x\n")]);
    world.git(&["rm", "-rq", "private"]);
    let last = world.commit(&[]);
    world.git(&["replace", &bad.to_string(), &good.to_string()]);
    assert_eq!(rules(&world.push()), ["G010"]);
    world.git(&["replace", "-d", &bad.to_string()]);
    std::fs::write(world.dir().join(".git/info/grafts"), format!("{last} {good}\n")).unwrap();
    assert_eq!(rules(&world.push()), ["G010"]);
}

#[test]
fn nested_tags_are_followed_and_trees_and_blobs_are_looked_at() {
    let world = World::new();
    let good = world.rev("HEAD");
    world.commit(&[("private/x", "x\n")]);
    world.git(&["tag", "-a", "inner", "-m", "inner"]);
    world.git(&["tag", "-a", "outer", "-m", "outer", "inner"]);
    world.git(&["tag", "-a", "tree", "-m", "tree", "main^{tree}"]);
    world.git(&["tag", "blob", "main:README.md"]);
    world.git(&["reset", "-q", "--hard", &good.to_string()]);
    for tag in ["outer", "tree"] {
        let found = rules(&world.push_to(PUBLIC, tag, &format!("refs/tags/{tag}")));
        assert!(found.contains(&"G010"), "{tag}: {found:?}");
    }
    assert_eq!(world.push_to(PUBLIC, "blob", "refs/tags/blob").blobs, 1);
}

#[test]
fn an_orphan_root_is_looked_at_whole() {
    let world = World::new();
    world.pass();
    world.git(&["checkout", "-q", "--orphan", "other"]);
    world.commit(&[("private/x", "x\n")]);
    world.git(&["rm", "-rq", "private"]);
    world.commit(&[]);
    assert_eq!(rules(&world.push_to(PUBLIC, "other", "refs/heads/other")), ["G010"]);
}

#[test]
fn a_linked_work_tree_and_a_bare_clone_are_looked_at_alike() {
    let mut world = World::new();
    world.commit(&[("private/x", "x\n")]);
    world.git(&["worktree", "add", "-q", "../linked"]);
    world.git(&["clone", "-q", "--bare", ".", "../bare"]);
    for name in ["linked", "bare"] {
        world.name = name;
        assert_eq!(rules(&world.push()), ["G010"], "{name}");
    }
}

#[test]
fn where_a_shallow_clone_ends_nothing_can_be_said() {
    let mut world = World::new();
    world.commit(&[("a", "a\n")]);
    let from = format!("file://{}", world.dir().display());
    world.git(&["clone", "-q", "--depth=1", &from, "../shallow"]);
    world.name = "shallow";
    let report = world.push();
    assert_eq!((rules(&report), report.exit()), (vec!["G000"], Exit::Unchecked));
    assert_eq!(report.findings[0].remedies, ["git fetch --unshallow"]);
}

#[test]
fn a_partial_clone_says_what_it_lacks_and_fetches_nothing() {
    let mut world = World::new();
    world.commit(&[("a", "a\n"), ("b/c", "c\n")]);
    world.commit(&[("a", "a2\n"), ("b/c", "c2\n")]);
    world.git(&["config", "uploadpack.allowFilter", "true"]);
    let from = format!("file://{}", world.dir().display());
    for (filter, clone) in [("blob:none", "../no-blobs"), ("tree:0", "../no-trees")] {
        world.name = "lab";
        world.git(&["clone", "-q", "--no-checkout", &format!("--filter={filter}"), &from, clone]);
        world.name = &clone[3..];
        let count = || world.git(&["count-objects", "-v"]);
        let before = count();
        assert_eq!(world.exit(world.rev("HEAD")), Exit::Unchecked, "{filter}");
        assert_eq!(count(), before, "{filter}");
    }
}

#[test]
fn a_missing_object_of_any_kind_blocks() {
    for what in ["HEAD~1", "HEAD^{tree}", "HEAD:b", "HEAD:b/c"] {
        let world = World::new();
        world.commit(&[("b/c", "c\n")]);
        let id = world.rev(what).to_string();
        let file = world.dir().join(".git/objects").join(&id[..2]).join(&id[2..]);
        std::fs::remove_file(file).unwrap();
        // Not by its name, which git would have to read.
        let new = std::fs::read_to_string(world.dir().join(".git/refs/heads/main")).unwrap();
        assert_eq!(world.exit(new.trim().parse().unwrap()), Exit::Unchecked, "{what}");
    }
}

#[test]
fn when_the_time_is_over_nothing_leaves() {
    let world = World::new();
    let repo = world.repo();
    let policy = Policy::of(&repo, &[]).unwrap();
    let destination = Destination::of(&repo, "there", PUBLIC).unwrap();
    let new = Some(world.rev("HEAD"));
    let update = Update { source: "main".into(), new, target: "refs/heads/main".into(), old: None };
    let limits = Limits::within(Duration::ZERO);
    let report = check(&repo, &destination, &[update], &policy, &limits).unwrap();
    assert_eq!(report.exit(), Exit::Unchecked);
    assert_eq!(report.findings[0].remedies, ["gx guard scan"]);
}

#[test]
fn other_formats_are_looked_at_too() {
    for flags in [["--object-format=sha256"], ["--ref-format=reftable"]] {
        let probe = tempfile::tempdir().unwrap();
        let made = Program::new("git").args(["init", "-q"]).args(flags).dir(probe.path()).output().unwrap();
        if !made.status.success() {
            continue;
        }
        let world = World::with(&flags);
        world.pass();
        world.commit(&[("private/x", "x\n")]);
        let report = world.push();
        assert_eq!((rules(&report), report.commits), (vec!["G010"], 1), "{flags:?}");
    }
}

#[test]
fn ten_thousand_refs_at_once_are_looked_at() {
    let world = World::new();
    let bad = world.commit(&[("private/x", "x\n")]);
    let good = world.rev("HEAD~1");
    let update = |number: usize| Update {
        source: format!("refs/heads/b{number}"),
        new: Some(if number == 7777 { bad } else { good }),
        target: format!("refs/heads/b{number}"),
        old: None,
    };
    let updates: Vec<Update> = (0..10_000).map(update).collect();
    let report = world.update(PUBLIC, &updates);
    assert_eq!(rules(&report), ["G010"]);
    assert_eq!(report.findings[0].spot.target.as_deref(), Some("refs/heads/b7777"));
}

#[test]
fn what_is_declared_published_hides_itself_only_after_its_paths_were_looked_at() {
    let world = World::new();
    world.policy("[messages]\ndeny = [\"secret\"]\n");
    let repo = world.repo();
    let policy = Policy::of(&repo, &[]).unwrap();
    let destination = Destination::of(&repo, "there", PUBLIC).unwrap();
    let declare =
        |commit: &ObjectId| baseline(&repo, &destination, &[*commit], &policy, &Limits::none()).unwrap();
    // What was said there was said; paths are looked at all the same.
    world.git(&["commit", "-q", "--allow-empty", "-m", "a secret that everybody knows"]);
    let published = world.rev("HEAD");
    assert_eq!(rules(&world.push()), ["G020"]);
    let report = declare(&published);
    assert_eq!((rules(&report), report.commits), (vec![], 2));
    report.remember().unwrap();
    assert_eq!(world.push().commits, 0);
    let leaked = world.commit(&[("private/x", "x\n")]);
    let report = declare(&leaked);
    assert_eq!(rules(&report), ["G010"]);
    report.remember().unwrap();
    assert_eq!(rules(&world.push()), ["G010"]);
}
