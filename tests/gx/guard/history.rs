//! A private file stays here whatever the history does with it.

use crate::guard::world::World;

fn published() -> World {
    let world = World::new();
    world.passes(&["public", "main"]);
    world
}

#[test]
fn what_was_added_and_deleted_again_is_found() {
    let world = published();
    world.add_secret();
    world.lab.git(&["rm", "-qr", "private"]);
    world.lab.git(&["commit", "-q", "-m", "gone"]);
    world.is_blocked(&["public", "main"], "G010");
}

#[test]
fn what_a_merge_hides_is_found() {
    // Brought by a merge that is by neither side.
    let evil = published();
    evil.lab.git(&["switch", "-q", "-c", "topic"]);
    evil.lab.git(&["commit", "-q", "--allow-empty", "-m", "topic"]);
    evil.lab.git(&["switch", "-q", "main"]);
    evil.lab.git(&["merge", "-q", "--no-ff", "--no-commit", "topic"]);
    evil.lab.write("private/plan.md", "the plan\n");
    evil.lab.commit("merge");
    evil.is_blocked(&["public", "main"], "G010");
    // Thrown away by a merge that takes our side.
    let ours = published();
    ours.lab.git(&["switch", "-q", "-c", "topic"]);
    ours.add_secret();
    ours.lab.git(&["switch", "-q", "main"]);
    ours.lab.git(&["merge", "-q", "-s", "ours", "-m", "ours", "topic"]);
    assert!(!ours.has("private/plan.md"));
    ours.is_blocked(&["public", "main"], "G010");
    // One of many sides.
    let many = published();
    for side in ["a", "b", "c"] {
        many.lab.git(&["switch", "-q", "-c", side, "main"]);
        many.lab.write(if side == "b" { "private/plan.md" } else { side }, "x\n");
        many.lab.commit(side);
        many.lab.git(&["rm", "-qr", "--ignore-unmatch", "private"]);
        many.lab.git(&["commit", "-q", "--allow-empty", "-m", "clean"]);
    }
    many.lab.git(&["switch", "-q", "main"]);
    many.lab.git(&["merge", "-q", "-m", "octopus", "a", "b", "c"]);
    many.is_blocked(&["public", "main"], "G010");
}

#[test]
fn grafts_and_ignored_or_sparse_files_hide_nothing() {
    let world = published();
    let clean = world.lab.rev("HEAD");
    world.add_secret();
    world.lab.git(&["rm", "-qr", "private"]);
    world.lab.git(&["commit", "-q", "-m", "gone"]);
    let tip = world.lab.rev("HEAD");
    world.lab.write(".git/info/grafts", format!("{tip} {clean}\n"));
    // Git itself does not send by grafts what it sends without them; either way nothing private goes.
    let pushed = world.push(&["public", "main"]);
    assert_eq!(pushed.code, Some(1), "{pushed:#?}");
    let sparse = published();
    sparse.add_secret();
    sparse.lab.write(".gitignore", "private/\n");
    sparse.lab.commit("ignore what is tracked");
    sparse.lab.git(&["sparse-checkout", "set", "src"]);
    assert!(!sparse.has("private"));
    sparse.is_blocked(&["public", "main"], "G010");
}

#[test]
fn what_the_other_side_is_said_to_have_hides_nothing() {
    let world = published();
    world.add_secret();
    // Private commits are on the private remote already.
    world.passes(&["origin", "main"]);
    world.is_blocked(&["public", "main"], "G010");
    // A tracking ref that is stale, or lies.
    world.lab.git(&["update-ref", "refs/remotes/public/main", "HEAD"]);
    world.lab.git(&["update-ref", "refs/remotes/public/other", "HEAD"]);
    world.is_blocked(&["public", "main"], "G010");
    world.lab.git(&["commit", "-q", "--allow-empty", "-m", "on top"]);
    world.is_blocked(&["public", "main"], "G010");
}

#[test]
fn a_ref_of_the_other_side_that_is_not_known_here_hides_nothing() {
    let world = published();
    let other = world.lab.path("../other");
    world.lab.git(&["clone", "-q", world.place("public").to_str().unwrap(), other.to_str().unwrap()]);
    let inside = |words: &[&str]| world.lab.git(&[&["-C", other.to_str().unwrap()], words].concat());
    inside(&["commit", "-q", "--allow-empty", "-m", "theirs"]);
    inside(&["push", "-q", "origin", "main"]);
    world.add_secret();
    world.is_blocked(&["-f", "public", "main"], "G010");
    world.lab.git(&["reset", "-q", "--hard", "HEAD~1"]);
    world.lab.git(&["commit", "-q", "--allow-empty", "-m", "ours"]);
    world.passes(&["-f", "public", "main"]);
}

#[test]
fn a_root_of_its_own_is_looked_at_as_any_other() {
    let world = published();
    world.lab.git(&["switch", "-q", "--orphan", "fresh"]);
    world.lab.write("README.md", "new\n");
    world.lab.commit("a new start");
    world.passes(&["public", "fresh"]);
    world.lab.git(&["switch", "-q", "--orphan", "fresh2"]);
    world.lab.write("private/x", "x\n");
    world.lab.commit("another");
    world.is_blocked(&["public", "fresh2"], "G010");
}

#[test]
fn replaced_commits_go_over_the_wire_as_they_are() {
    let world = published();
    let clean = world.lab.rev("HEAD");
    world.add_secret();
    world.lab.git(&["replace", "HEAD", &clean]);
    world.is_blocked(&["public", "main:refs/heads/x"], "G010");
    world.is_blocked(&["-f", "public", "main"], "G010");
}

#[test]
fn an_experiments_commit_does_not_leave_under_another_name() {
    let world = published();
    let experiment = world.experiment();
    world.is_blocked(&["public", &format!("{experiment}:refs/heads/x")], "G004");
    world.lab.git(&["tag", "result", &experiment]);
    world.is_blocked(&["public", "refs/experiments/exp-1:refs/heads/x"], "G00");
    world.passes(&["origin", &format!("{experiment}:refs/heads/x")]);
}

#[test]
fn public_branches_are_deleted_only_where_the_policy_says_so() {
    let world = published();
    world.passes(&["public", "main:refs/heads/topic"]);
    world.is_blocked(&["public", ":refs/heads/topic"], "G002");
    let pushed = world.is_blocked(&["--delete", "public", "topic"], "G002");
    let file = world.lab.path(".git/gx/policy.toml");
    assert!(
        pushed.said.contains(&format!("into {}", file.display())),
        "the file that counts here: {pushed:#?}"
    );
    world.is_blocked(&["--prune", "public", "refs/heads/*:refs/heads/*"], "G002");
    world.lab.write(".git/gx/policy.toml", "[refs.public]\nallow_delete = [\"refs/heads/topic\"]\n");
    world.passes(&["--delete", "public", "topic"]);
    world.passes(&["origin", "main", "main:refs/heads/topic"]);
    world.passes(&["--delete", "origin", "topic"]);
}

#[test]
fn what_is_no_commit_does_not_leave_as_a_tag() {
    let world = published();
    world.lab.git(&["tag", "blob", "HEAD:README.md"]);
    world.lab.git(&["tag", "-a", "boxed", "-m", "a blob", "blob"]);
    world.is_blocked(&["public", "blob"], "G005");
    world.is_blocked(&["public", "boxed"], "G005");
    world.is_blocked(&["--tags", "public"], "G005");
}

#[test]
fn where_the_history_ends_before_what_is_known_it_cannot_be_checked() {
    let world = published();
    world.add_secret();
    world.lab.git(&["rm", "-qr", "private"]);
    world.lab.git(&["commit", "-q", "-m", "gone"]);
    world.lab.git(&["commit", "-q", "--allow-empty", "-m", "tip"]);
    world.passes(&["origin", "main"]);
    let shallow = world.lab.path("../shallow");
    let from = format!("file://{}", world.place("origin").display());
    world.lab.git(&["clone", "-q", "--depth", "1", &from, shallow.to_str().unwrap()]);
    let place = world.place("public");
    let inside = |words: &[&str]| {
        let mut command = world.lab.gx_command();
        command.current_dir(&shallow).args(words).output().unwrap()
    };
    let told = inside(&["guard", "check", place.to_str().unwrap(), "main"]);
    assert_eq!(told.status.code(), Some(6), "{told:?}");
    assert!(String::from_utf8_lossy(&told.stdout).contains("git fetch --unshallow"), "{told:?}");
}

#[test]
fn a_partial_clone_that_lacks_a_file_does_not_fetch_it_and_is_not_trusted() {
    let world = World::new();
    let origin = world.place("origin");
    world.lab.git(&["--git-dir", origin.to_str().unwrap(), "config", "uploadpack.allowFilter", "true"]);
    world.passes(&["origin", "main"]);
    let partial = world.lab.path("../partial");
    let from = format!("file://{}", origin.display());
    world.lab.git(&["clone", "-q", "--no-checkout", "--filter=blob:none", &from, partial.to_str().unwrap()]);
    let mut command = world.lab.gx_command();
    command.current_dir(&partial).args(["guard", "check", world.place("public").to_str().unwrap(), "main"]);
    let told = command.output().unwrap();
    assert_eq!(told.status.code(), Some(6), "{told:?}");
}

#[test]
fn a_bare_repository_pushes_under_guard_too() {
    let world = World::unguarded();
    world.add_secret();
    world.passes(&["origin", "main"]);
    let bare = world.place("origin");
    let bare = bare.to_str().unwrap();
    let mut command = world.lab.gx_command();
    let told = command.env("GIT_DIR", bare).args(["-C", bare, "guard", "install"]).output().unwrap();
    assert_eq!(told.status.code(), Some(0), "{told:?}");
    let pushed = world.git(&["--git-dir", bare, "push", world.place("public").to_str().unwrap(), "main"]);
    assert_eq!(pushed.code, Some(1), "{pushed:#?}");
    assert!(pushed.said.contains("G010"), "{pushed:#?}");
    assert!(world.there("public").is_empty());
}

#[test]
fn the_commands_that_are_told_take_a_file_out_of_what_was_not_pushed_yet() {
    let world = published();
    world.add_secret();
    world.lab.git(&["commit", "-q", "--allow-empty", "-m", "on top"]);
    world.is_blocked(&["public", "main"], "G010");
    let told = world.lab.gx(&["guard", "check", "--json", "public", "main"]).exits(3).json();
    let remedies = told["findings"][0]["remedies"].as_array().unwrap();
    let command = remedies.iter().filter_map(|one| one.as_str()).find(|one| one.contains("filter-branch"));
    let ran = world
        .lab
        .command("sh")
        .env("FILTER_BRANCH_SQUELCH_WARNING", "1")
        .args(["-c", command.unwrap()])
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    world.passes(&["public", "main"]);
    let place = world.place("public");
    let there =
        world.lab.git(&["--git-dir", place.to_str().unwrap(), "log", "--format=%s", "--name-only", "main"]);
    assert!(there.contains("on top") && !there.contains("private/"), "{there}");
}
