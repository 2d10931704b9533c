//! Refs lie: by what they are called here, there, and by what they point to.

use super::world::*;
use super::*;

#[test]
fn ordinary_branches_and_tags_pass_and_what_is_private_by_its_name_does_not() {
    let world = World::new();
    world.git(&["tag", "-a", "v1", "-m", "one"]);
    assert_eq!(rules(&world.push()), [""; 0]);
    assert_eq!(rules(&world.push_to(PUBLIC, "v1", "refs/tags/v1")), [""; 0]);
    for target in
        ["refs/experiments/exp-1", "refs/notes/commits", "refs/remotes/origin/main", "refs/stash", "refs/x"]
    {
        assert_eq!(rules(&world.push_to(PUBLIC, "main", target)), ["G001"], "{target}");
        assert_eq!(rules(&world.push_to(PRIVATE, "main", target)), [""; 0], "{target}");
    }
}

#[test]
fn an_upload_of_nothing_passes() {
    assert_eq!(World::new().update(PUBLIC, &[]).exit(), Exit::Done);
}

#[test]
fn a_private_ref_does_not_leave_under_a_public_name() {
    let world = World::new();
    world.write("README.md", "changed\n");
    world.git(&["stash", "-q"]);
    world.git(&["update-ref", "refs/experiments/exp-1", "main"]);
    for source in
        ["stash@{0}", "stash", "refs/stash", "stash^", "refs/experiments/exp-1", "experiments/exp-1~0"]
    {
        let found = rules(&world.push_to(PUBLIC, source, "refs/heads/x"));
        assert!(found.contains(&"G001"), "{source}: {found:?}");
    }
}

#[test]
fn a_deletion_on_a_public_place_needs_the_policys_word() {
    let world = World::new();
    let gone = |target: &str| Update {
        source: "(delete)".to_owned(),
        new: None,
        target: target.to_owned(),
        old: Some(world.rev("HEAD")),
    };
    assert_eq!(rules(&world.update(PUBLIC, &[gone("refs/heads/old")])), ["G002"]);
    assert_eq!(rules(&world.update(PRIVATE, &[gone("refs/heads/old")])), [""; 0]);
    world.policy("[refs.public]\nallow_delete = [\"refs/heads/wip/*\"]\n");
    assert_eq!(rules(&world.update(PUBLIC, &[gone("refs/heads/wip/x"), gone("refs/heads/main")])), ["G002"]);
}

#[test]
fn a_name_that_the_policy_denies_does_not_leave_as_a_branch_or_inside_a_tag() {
    let world = World::new();
    world.policy("[refs.public]\nname_deny = [\"acme\"]\n");
    assert_eq!(rules(&world.push_to(PUBLIC, "main", "refs/heads/for-ACME")), ["G003"]);
    world.git(&["tag", "-a", "acme-1", "-m", "one"]);
    assert_eq!(rules(&world.push_to(PUBLIC, "acme-1", "refs/tags/v1")), ["G022"]);
    assert_eq!(rules(&world.push()), [""; 0]);
}

#[test]
fn a_commit_that_only_private_refs_reach_does_not_leave_by_its_id() {
    let world = World::new();
    world.pass();
    world.git(&["checkout", "-q", "--detach"]);
    let experiment = world.commit(&[("a.txt", "tried\n")]).to_string();
    // On no ref at all it is somebody's work, as what is built to be published.
    assert_eq!(rules(&world.push_to(PUBLIC, &experiment, "refs/heads/x")), [""; 0]);
    world.git(&["update-ref", "refs/experiments/exp-1", &experiment]);
    world.git(&["update-ref", "refs/artifacts/a", "main^{tree}"]);
    world.git(&["update-ref", "refs/artifacts/b", "main:README.md"]);
    for (url, found) in [(PUBLIC, &["G004"][..]), (PRIVATE, &[])] {
        assert_eq!(rules(&world.push_to(url, &experiment, "refs/heads/x")), found);
        assert_eq!(rules(&world.push_to(url, &format!("{experiment}~0"), "refs/heads/x")), found);
    }
    // What was built to be published is named by a record that stays here, and is none itself.
    world.git(&["checkout", "-q", "--detach", "main"]);
    let built = world.commit(&[("c.txt", "built\n")]).to_string();
    let record = world.git(&["commit-tree", "-p", &built, "-m", "plan", "main^{tree}"]);
    world.git(&["update-ref", "refs/gx/mirror/plans/x", &record]);
    assert_eq!(rules(&world.push_to(PUBLIC, &built, "refs/heads/x")), [""; 0]);
    assert_eq!(rules(&world.push_to(PUBLIC, &record, "refs/heads/x")), ["G004"]);
    world.git(&["checkout", "-q", "--detach", &experiment]);
    let child = world.commit(&[("b.txt", "more\n")]).to_string();
    assert_eq!(rules(&world.push_to(PUBLIC, &child, "refs/heads/x")), ["G004"]);
    // What was kept is on a branch.
    world.git(&["branch", "-f", "main", &experiment]);
    assert_eq!(rules(&world.push()), [""; 0]);
    // Older stashes are in the log of the ref alone.
    for text in ["one\n", "two\n"] {
        world.write("README.md", text);
        world.git(&["stash", "-q"]);
    }
    let old = world.git(&["rev-parse", "stash@{1}"]);
    assert!(rules(&world.push_to(PUBLIC, &old, "refs/heads/x")).contains(&"G004"));
}

#[test]
fn no_branch_makes_the_history_of_notes_or_a_record_of_gx_ordinary() {
    let world = World::new();
    world.pass();
    world.git(&["notes", "add", "-m", "what was thought", "main"]);
    world.git(&["notes", "append", "-m", "and more", "main"]);
    world.git(&["branch", "thoughts", "refs/notes/commits~1"]);
    let report = world.push_to(PUBLIC, "thoughts", "refs/heads/thoughts");
    assert_eq!(rules(&report), ["G004"], "{report:#?}");
    assert!(report.findings[0].remedies.iter().all(|remedy| !remedy.starts_with("git branch NAME")));
    world.git(&["update-ref", "refs/gx/remotes/origin/notes/commits", "refs/notes/commits"]);
    world.git(&["update-ref", "-d", "refs/notes/commits"]);
    assert_eq!(rules(&world.push_to(PUBLIC, "thoughts", "refs/heads/thoughts")), ["G004"]);
    // A mark is a record, and what it stands on is not.
    world.commit(&[("a.txt", "work\n")]);
    let mark = world.git(&["commit-tree", "-p", "main", "-m", "mark", "main^{tree}"]);
    world.git(&["update-ref", "refs/gx/marks/main", &mark]);
    world.git(&["branch", "marked", &mark]);
    assert_eq!(rules(&world.push_to(PUBLIC, "marked", "refs/heads/marked")), ["G004"]);
    assert_eq!(rules(&world.push()), [""; 0]);
}

#[test]
fn a_ref_for_notes_on_somebodys_work_makes_no_record_of_it() {
    let world = World::new();
    world.commit(&[("db/schema.sql", "create table runs\n"), ("cafe", "x\n")]);
    world.git(&["update-ref", "refs/notes/commits", "main"]);
    world.git(&["update-ref", "refs/gx/remotes/origin/notes/commits", "main"]);
    assert_eq!(rules(&world.push()), [""; 0]);
    // On top of it a note is one, also in folders, and what is on no branch stays.
    for name in ["0123456789".repeat(4), format!("01/{}", "23456789".repeat(4) + "234567")] {
        world.git(&["checkout", "-q", "-B", "thoughts", "main"]);
        world.commit(&[(&name, "a thought\n")]);
        world.git(&["update-ref", "refs/notes/commits", "thoughts"]);
        assert_eq!(rules(&world.push_to(PUBLIC, "thoughts", "refs/heads/x")), ["G004"], "{name}");
        assert_eq!(rules(&world.push()), [""; 0], "{name}");
    }
    world.git(&["checkout", "-q", "--detach", "main"]);
    let loose = world.commit(&[("a.txt", "loose\n")]).to_string();
    world.git(&["update-ref", "refs/notes/commits", &loose]);
    assert_eq!(rules(&world.push_to(PUBLIC, &loose, "refs/heads/x")), ["G004"]);
}

#[test]
fn a_ref_that_names_a_file_or_a_folder_stays_here() {
    let world = World::new();
    world.git(&["tag", "-a", "tree", "-m", "tree", "main^{tree}"]);
    for source in ["main:README.md", "tree"] {
        assert_eq!(rules(&world.push_to(PUBLIC, source, "refs/tags/x")), ["G005"], "{source}");
        assert_eq!(rules(&world.push_to(PRIVATE, source, "refs/tags/x")), [""; 0], "{source}");
    }
}
