//! A sync that somebody has to decide about.

use serde_json::json;

use super::world::World;

#[test]
fn what_was_resolved_is_committed_with_two_parents_and_remembered() {
    let world = World::new();
    let dir = world.conflict();
    let lab = &world.lab;
    let (own, status) = (lab.rev("HEAD"), lab.status());
    assert_eq!(status, "", "the work tree at hand is not touched");
    let told = lab.gx(&["sync-down"]).exits(1);
    assert!(told.stderr.contains("waits for conflicts") && told.stderr.contains(&dir), "{}", told.stderr);
    let told = lab.gx(&["sync", "continue"]).exits(1);
    assert!(told.stderr.contains("not resolved yet") && told.stderr.contains("train.py"), "{}", told.stderr);
    lab.write(format!("{dir}/train.py"), "one\ntwo\nBOTH\nfour\nfive\n");
    let told = lab.gx(&["sync", "continue", "--json"]).exits(0).json();
    assert_eq!(told["pushed"], json!("yes"));
    assert_eq!((lab.read("train.py").as_str(), lab.rev("HEAD^1")), ("one\ntwo\nBOTH\nfour\nfive\n", own));
    assert_eq!(lab.rev("HEAD^2"), lab.rev("refs/remotes/origin/main"));
    assert_eq!((lab.status(), world.private_main()), (String::new(), lab.rev("HEAD")));
    assert!(!lab.path(".git/gx/sync/tree").exists());
    assert_eq!(lab.git(&["worktree", "list"]).lines().count(), 1);
    lab.gx(&["sync", "continue"]).exits(1);
    // The same conflict once more is resolved the same way, and still somebody looks at it.
    lab.git(&["reset", "-q", "--hard", "HEAD^1"]);
    lab.git(&["push", "-q", "--force"]);
    let told = world.sync(&[], 1);
    assert_eq!(told["conflicts"], json!([]));
    assert_eq!(
        lab.read(format!("{}/train.py", told["worktree"].as_str().unwrap())),
        "one\ntwo\nBOTH\nfour\nfive\n"
    );
    lab.gx(&["sync", "continue"]).exits(0);
    lab.fsck();
}

#[test]
fn giving_it_up_leaves_every_ref_and_file_as_it_was() {
    let world = World::new();
    world.lab_writes("train.py", "one\ntwo\nPRIVATE\nfour\nfive\n");
    world.lab.git(&["push", "-q"]);
    world.upstream_writes("train.py", "one\ntwo\nPUBLIC\nfour\nfive\n");
    let (refs, head) = (world.refs(), world.lab.read(".git/HEAD"));
    let told = world.sync(&[], 1);
    let dir = told["worktree"].as_str().unwrap();
    world.lab.write(format!("{dir}/train.py"), "half done\n");
    let told = world.lab.gx(&["sync", "abort", "--json"]).exits(0).json();
    assert_eq!((world.refs(), world.lab.read(".git/HEAD"), world.lab.status()), (refs, head, String::new()));
    assert!(!world.lab.path(".git/gx/sync/tree").exists());
    // What somebody had written there is not lost.
    let kept = told["kept"].as_str().unwrap();
    assert_eq!(world.lab.git(&["show", &format!("{kept}:train.py")]), "half done\n");
    world.lab.gx(&["sync", "abort"]).exits(1);
    assert_eq!(world.sync(&["--dry-run"], 0)["how"], json!("conflict"));
}

#[test]
fn the_first_sync_ever_can_be_given_up_too() {
    let world = World::plain();
    world.init(&[]);
    world.lab_writes("train.py", "mine\n");
    world.upstream_writes("train.py", "theirs\n");
    let refs = world.refs();
    world.sync(&[], 1);
    assert_ne!(world.refs(), refs);
    world.lab.gx(&["sync", "abort"]).exits(0);
    assert_eq!(world.refs(), refs);
}

#[test]
fn skipping_records_nothing_but_what_was_seen() {
    let world = World::new();
    world.conflict();
    let (head, accepted) = (world.lab.rev("HEAD"), world.lab.rev("refs/gx/mirror/accepted"));
    world.lab.gx(&["sync", "skip"]).exits(0);
    assert_eq!(world.lab.rev("HEAD"), head);
    assert_eq!(world.lab.rev("refs/gx/mirror/accepted"), accepted);
    assert_eq!(world.status()["behind"], json!(1));
    // Upstream mends it, and then it comes.
    world.upstream_writes("train.py", "one\ntwo\nPRIVATE\nfour\nfive\n");
    assert_eq!(world.sync(&[], 0)["how"], json!("merge"));
}

#[test]
fn a_marker_that_is_left_and_what_is_not_staged_stop_it() {
    let world = World::new();
    let dir = world.conflict();
    let at = |name: &str| format!("{dir}/{name}");
    world.lab.git(&["-C", &dir, "add", "train.py"]);
    let told = world.lab.gx(&["sync", "continue"]).exits(1);
    assert!(told.stderr.contains("a conflict marker is left in train.py, line 3"), "{}", told.stderr);
    world.lab.write(at("train.py"), "both\n");
    world.lab.git(&["-C", &dir, "add", "train.py"]);
    world.lab.write(at("README.md"), "edited too\n");
    let told = world.lab.gx(&["sync", "continue"]).exits(1);
    assert!(told.stderr.contains("not staged: README.md"), "{}", told.stderr);
    world.lab.git(&["-C", &dir, "add", "README.md"]);
    world.lab.gx(&["sync", "continue"]).exits(0);
    assert_eq!(
        (world.lab.read("README.md").as_str(), world.lab.read("train.py").as_str()),
        ("edited too\n", "both\n")
    );
}

#[test]
fn a_file_that_one_side_removed_must_be_chosen_by_hand() {
    let world = World::new();
    world.lab_writes("train.py", "mine\n");
    world.upstream.git(&["rm", "-q", "train.py"]);
    world.upstream.commit("remove it");
    world.publish();
    let dir = world.sync(&[], 1)["worktree"].as_str().unwrap().to_owned();
    let told = world.lab.gx(&["sync", "continue"]).exits(1);
    assert!(told.stderr.contains("not resolved yet"), "{}", told.stderr);
    world.lab.git(&["-C", &dir, "rm", "-q", "train.py"]);
    world.lab.gx(&["sync", "continue"]).exits(0);
    assert!(!world.lab.path("train.py").exists());
}

#[test]
fn a_merge_that_was_committed_by_hand_is_taken_and_one_given_up_by_hand_is_not() {
    let world = World::new();
    let dir = world.conflict();
    world.lab.write(format!("{dir}/train.py"), "both\n");
    world.lab.git(&["-C", &dir, "commit", "-q", "-a", "-m", "by hand"]);
    world.lab.gx(&["sync", "continue"]).exits(0);
    assert_eq!(world.lab.git(&["log", "-1", "--format=%s"]), "by hand\n");
    let world = World::new();
    let dir = world.conflict();
    world.lab.git(&["-C", &dir, "merge", "--abort"]);
    let told = world.lab.gx(&["sync", "continue"]).exits(1);
    assert!(told.stderr.contains("was given up there"), "{}", told.stderr);
    world.lab.gx(&["sync", "abort"]).exits(0);
}

#[test]
fn a_branch_that_moved_meanwhile_and_a_work_tree_that_is_gone_are_told() {
    let world = World::new();
    let dir = world.conflict();
    world.lab.write(format!("{dir}/train.py"), "both\n");
    let moved = world.lab_writes("private/x", "x\n");
    let told = world.lab.gx(&["sync", "continue"]).exits(1);
    assert!(told.stderr.contains("`main` moved meanwhile"), "{}", told.stderr);
    assert_eq!(
        (world.lab.rev("HEAD"), world.lab.read(format!("{dir}/train.py"))),
        (moved, "both\n".to_owned())
    );
    world.lab.git(&["worktree", "remove", "--force", &dir]);
    let told = world.lab.gx(&["sync", "continue"]).exits(1);
    assert!(told.stderr.contains("is gone"), "{}", told.stderr);
    world.lab.gx(&["sync", "abort"]).exits(0);
    // What was resolved was remembered.
    assert_eq!(world.sync(&[], 1)["conflicts"], json!([]));
}

#[test]
fn a_sync_is_ended_from_inside_of_its_own_work_tree_as_from_anywhere() {
    let world = World::new();
    let lab = &world.lab;
    let dir = world.conflict();
    lab.write(format!("{dir}/train.py"), "both\n");
    let told = lab.gx(&["-C", &dir, "sync", "continue", "--json"]).exits(0);
    assert_eq!(told.json()["pushed"], json!("yes"));
    assert!(told.stderr.contains("is gone: cd "), "{}", told.stderr);
    assert_eq!((lab.read("train.py"), world.private_main()), ("both\n".to_owned(), lab.rev("HEAD")));
    let world = World::new();
    let dir = world.conflict();
    world.lab.write(format!("{dir}/deep/in/it"), "");
    world.lab.gx(&["-C", &format!("{dir}/deep/in"), "sync", "abort"]).exits(0);
    assert!(!world.lab.path(&dir).exists());
}

#[test]
fn what_no_tree_holds_is_laid_aside_before_the_work_tree_goes() {
    let world = World::new();
    let lab = &world.lab;
    let dir = world.conflict();
    lab.write(format!("{dir}/train.py"), "both\n");
    lab.write(format!("{dir}/deep/.env"), "TOKEN=1\n");
    let told = lab.gx(&["sync", "continue", "--json"]).exits(0).json();
    let note = told["notes"].to_string();
    assert!(note.contains(".git/gx/sync/aside/1 now"), "{note}");
    assert_eq!(lab.read(".git/gx/sync/aside/1/deep/.env"), "TOKEN=1\n");
    assert!(!lab.path(&dir).exists());
    let world = World::new();
    let lab = &world.lab;
    let dir = world.conflict();
    lab.write(format!("{dir}/.env"), "TOKEN=2\n");
    lab.git(&["init", "-q", &format!("{dir}/inner")]);
    lab.git(&["-C", &format!("{dir}/inner"), "commit", "-q", "--allow-empty", "-m", "inner"]);
    lab.write(format!("{dir}/inner/work"), "hours\n");
    let told = lab.gx(&["sync", "abort", "--json"]).exits(0).json();
    assert!(told["notes"].to_string().contains("sync/aside/1 now"), "{told:#}");
    assert_eq!(lab.read(".git/gx/sync/aside/1/.env"), "TOKEN=2\n");
    assert_eq!(lab.read(".git/gx/sync/aside/1/inner/work"), "hours\n");
    // One that git no longer knows is left as it is, in another place.
    let dir = world.sync(&[], 1)["worktree"].as_str().unwrap().to_owned();
    std::fs::remove_file(lab.path(format!("{dir}/.git"))).unwrap();
    lab.write(format!("{dir}/train.py"), "half done\n");
    lab.gx(&["sync", "abort"]).exits(0);
    assert_eq!(lab.read(".git/gx/sync/aside/2/tree/train.py"), "half done\n");
    assert_eq!(lab.git(&["worktree", "list"]).lines().count(), 1);
}

#[test]
fn markers_are_as_long_as_the_attributes_of_the_file_say() {
    let world = World::new();
    world.upstream.write(".gitattributes", "train.py conflict-marker-size=12\n");
    world.upstream_writes("train.py", "<<<<<<< seven\ntwo\nthree\nfour\nfive\n");
    world.sync(&[], 0);
    world.lab_writes("train.py", "<<<<<<< seven\ntwo\nPRIVATE\nfour\nfive\n");
    world.upstream_writes("train.py", "<<<<<<< seven\ntwo\nPUBLIC\nfour\nfive\n");
    let dir = world.sync(&[], 1)["worktree"].as_str().unwrap().to_owned();
    let file = format!("{dir}/train.py");
    assert!(world.lab.read(&file).contains("\n<<<<<<<<<<<< "));
    let told = world.lab.gx(&["sync", "continue"]).exits(1);
    assert!(told.stderr.contains("not resolved yet"), "{}", told.stderr);
    world.lab.git(&["-C", &dir, "add", "train.py"]);
    let told = world.lab.gx(&["sync", "continue"]).exits(1);
    assert!(told.stderr.contains("a conflict marker is left in train.py, line 3"), "{}", told.stderr);
    world.lab.write(&file, "<<<<<<< seven\ntwo\n>>>>>>> both\nfour\nfive\n");
    world.lab.git(&["-C", &dir, "add", "train.py"]);
    world.lab.gx(&["sync", "continue"]).exits(0);
}
