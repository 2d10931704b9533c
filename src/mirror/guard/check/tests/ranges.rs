//! Ranges lie: only what this clone's guard has let pass to the same place hides anything.

use std::time::Duration;

use super::world::*;
use super::*;
use crate::error::tell;
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
fn what_is_blocked_is_not_remembered_and_a_stricter_policy_is_about_what_is_not_out() {
    let world = World::new();
    world.commit(&[("plans/a.md", "a\n")]);
    world.pass();
    world.commit(&[("plans/b.md", "b\n")]);
    world.let_pass();
    assert_eq!(world.push().commits, 0);
    world.policy("[paths]\nprivate = [\"plans/\"]\n");
    // What is out is out, and told where that is asked; what was only let pass is looked at again.
    let report = world.push();
    assert_eq!((report.commits, rules(&report)), (1, vec!["G010"]));
    assert_eq!(report.findings[0].spot.path, Some("plans/b.md".into()));
    let report = world.recheck();
    assert_eq!((report.commits, rules(&report)), (2, vec!["G010"]));
    assert_eq!(report.findings[0].spot.path, Some("plans/a.md".into()));
    // Whoever takes it back there has it looked at again everywhere.
    world.git(&["update-ref", "refs/remotes/public/main", "HEAD~2"]);
    assert_eq!(world.push().commits, 3);
}

#[test]
fn what_is_blocked_is_not_remembered() {
    let world = World::new();
    world.commit(&[("plans/a.md", "a\n")]);
    world.pass();
    world.commit(&[("private/x", "x\n")]);
    let report = world.push();
    assert_eq!((report.commits, report.exit()), (1, Exit::Blocked));
    report.remember().unwrap();
    assert_eq!(world.push().commits, 1);
}

#[test]
fn what_was_let_pass_and_is_not_out_is_compared_with_what_became_private_since() {
    let text: String = (0..9).map(|line| format!("a line of the schedule, number {line}\n")).collect();
    let make = |arrives: bool| {
        let world = World::new();
        world.commit(&[("docs/plan.md", &text)]);
        if arrives {
            world.pass()
        } else {
            world.let_pass()
        };
        world.git(&["checkout", "-q", "--orphan", "inner"]);
        world.commit(&[("private/plan.md", &text)]);
        world.push()
    };
    let report = make(false);
    assert_eq!((report.commits, rules(&report)), (2, vec!["G030"]));
    let report = make(true);
    assert_eq!((report.commits, rules(&report)), (0, vec![]));
}

#[test]
fn what_was_seen_at_the_public_address_is_known_as_public() {
    use crate::mirror::guard::known::learn_public;
    let world = World::new();
    world.policy("[messages]\ndeny = [\"secret\"]\n");
    world.git(&["commit", "-q", "--allow-empty", "-m", "a secret that everybody knows"]);
    let (repo, tip) = (world.repo(), world.rev("HEAD"));
    assert_eq!(rules(&world.push()), ["G020"]);
    assert_eq!(learn_public(&repo, "there", PUBLIC, tip).unwrap(), None);
    assert_eq!(world.push().commits, 0);
    // At another address it was not seen; at a private one there is nothing to know.
    let other = world.push_to("https://git.example/other", "main", "refs/heads/main");
    assert_eq!(rules(&other), ["G020"]);
    assert_eq!(learn_public(&repo, "there", PRIVATE, tip).unwrap(), None);
    let leaked = world.commit(&[("private/x", "x\n")]);
    let told = learn_public(&repo, "there", PUBLIC, leaked).unwrap().unwrap();
    assert!(told.contains("gx guard scan --published"), "{told}");
    assert_eq!(rules(&world.push()), ["G010"]);
}

#[test]
fn of_two_tips_each_forbids_for_both_and_neither_loosens() {
    let world = World::new();
    world.policy("[paths]\nexcept = [\".gx/\"]\n");
    world.git(&["checkout", "-q", "-b", "strict"]);
    let strict = world.commit(&[(".gx/policy.toml", "[paths]\nprivate = [\"plans/\"]\n")]);
    world.git(&["checkout", "-q", "-b", "loose", "main"]);
    let loose = world.commit(&[
        (".gx/policy.toml", "[paths]\nexcept = [\"plans/\", \"private/\"]\n"),
        ("plans/a.md", "a\n"),
        ("private/b.md", "b\n"),
    ]);
    let update = |name: &str, new| Update {
        source: format!("refs/heads/{name}"),
        new: Some(new),
        target: format!("refs/heads/{name}"),
        old: None,
    };
    assert_eq!(rules(&world.update(PUBLIC, &[update("loose", loose)])), ["G010"]);
    let both = world.update(PUBLIC, &[update("strict", strict), update("loose", loose)]);
    assert_eq!(rules(&both), ["G010"; 2]);
}

#[test]
fn of_very_many_findings_a_thousand_are_kept_and_the_rest_is_counted() {
    let world = World::new();
    let blob = world.blob("x\n");
    let names: Vec<Vec<u8>> = (0..1200).map(|number| format!("{number:05}.pem").into_bytes()).collect();
    let entries: Vec<_> = names.iter().map(|name| (0o100_644, name.as_slice(), blob)).collect();
    let made = world.odd_commit(&entries).to_string();
    world.git(&["branch", "odd", &made]);
    let report = world.push_to(PUBLIC, "odd", "refs/heads/odd");
    assert_eq!((report.findings.len(), report.uncounted), (1000, 200));
    assert_eq!(report.exit(), Exit::Blocked);
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
        // Its remedy is enough, also where the branch follows another remote.
        world.git(&["remote", "add", "mirror", &from]);
        world.git(&["config", "branch.main.remote", "mirror"]);
        let remedy = match Policy::of(&world.repo(), &[world.rev("HEAD")]) {
            Ok(_) => world.push().findings[0].remedies[0].clone(),
            Err(error) => tell(&error).hints[0].split('`').nth(1).unwrap().to_owned(),
        };
        let words: Vec<&str> = remedy.split(' ').skip(1).chain(["-q"]).collect();
        world.git(&words);
        assert_eq!(world.exit(world.rev("HEAD")), Exit::Done, "{filter}: {remedy}");
    }
}

#[test]
fn a_missing_object_of_any_kind_blocks() {
    for what in ["HEAD~1", "HEAD^{tree}", "HEAD:b", "HEAD:b/c"] {
        let world = World::new();
        world.commit(&[("b/c", "c\n")]);
        let id = world.rev(what).to_string();
        let file = world.dir().join(".git/objects").join(&id[..2]).join(&id[2..]);
        // Not by its name afterwards, which git would have to read.
        let new = world.rev("HEAD");
        std::fs::remove_file(file).unwrap();
        assert_eq!(world.exit(new), Exit::Unchecked, "{what}");
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
