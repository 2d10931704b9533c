//! `gx sync-down` where nobody has to decide anything.

use serde_json::json;

use super::world::World;

#[test]
fn what_both_sides_did_is_joined_by_a_commit_of_two_parents_and_sent_to_the_private_repository() {
    let world = World::new();
    let own = world.lab_writes("private/plan.md", "the plan\n");
    let public = world.upstream_writes("README.md", "read this\n");
    world.upstream_writes("new.py", "new\n");
    let told = world.sync(&[], 0);
    let (how, incoming, pushed) = (&told["how"], &told["incoming"], &told["pushed"]);
    assert_eq!((how, incoming, pushed), (&json!("merge"), &json!(2), &json!("yes")));
    let lab = &world.lab;
    assert_eq!(lab.rev("HEAD^1"), own);
    assert_eq!(lab.rev("HEAD^2^"), public);
    assert_eq!(
        lab.git(&["log", "-1", "--format=%(trailers:key=Gx-Upstream,valueonly)"]).trim(),
        lab.rev("HEAD^2")
    );
    assert_eq!((lab.read("new.py").as_str(), lab.read("README.md").as_str()), ("new\n", "read this\n"));
    assert_eq!((lab.status(), world.private_main()), (String::new(), lab.rev("HEAD")));
    assert_eq!(told["is_anchor"], json!(true));
    let told = world.sync(&[], 0);
    assert_eq!((&told["how"], &told["pushed"]), (&json!("up-to-date"), &json!("up-to-date")));
    // Nothing of the private repository was sent to the public one.
    assert_eq!(world.public.git(lab, &["for-each-ref", "--format=%(refname)"]), "refs/heads/main\n");
    lab.fsck();
}

#[test]
fn a_branch_with_nothing_of_its_own_goes_forward_and_one_that_is_not_there_is_made() {
    let world = World::plain();
    world.init(&["--no-commit", "--private-branch", "work"]);
    let tip = world.upstream_writes("README.md", "read this\n");
    let told = world.sync(&[], 0);
    assert_eq!((&told["how"], world.lab.rev("work")), (&json!("fast-forward"), tip));
    let tip = world.upstream_writes("README.md", "read that\n");
    assert_eq!(world.sync(&[], 0)["how"], json!("fast-forward"));
    assert_eq!(world.lab.rev("work"), tip);
    assert_eq!(world.private.git(&world.lab, &["rev-parse", "work"]).trim(), tip);
}

#[test]
fn a_plan_shows_what_would_be_done_and_moves_no_branch() {
    let world = World::new();
    world.lab_writes("private/plan.md", "the plan\n");
    world.upstream_writes("README.md", "read this\n");
    let (head, refs) = (world.lab.rev("HEAD"), world.refs());
    let told = world.sync(&["--dry-run"], 0);
    assert_eq!(world.refs(), refs);
    assert_eq!(
        (&told["how"], &told["dry_run"], &told["incoming"]),
        (&json!("merge"), &json!(true), &json!(1))
    );
    assert_eq!((world.lab.rev("HEAD"), world.lab.status()), (head.clone(), String::new()));
    assert_ne!(world.private_main(), head);
    assert!(!world.lab.path(".git/gx/sync/state.json").exists());
    world.sync(&["--no-push"], 0);
    assert_ne!(world.private_main(), world.lab.rev("HEAD"));
    assert_eq!(world.sync(&[], 0)["pushed"], json!("yes"));
}

#[test]
fn what_others_have_synced_and_pushed_is_taken_over_instead_of_joined_once_more() {
    let world = World::new();
    world.lab_writes("private/plan.md", "the plan\n");
    world.sync(&[], 0);
    let other = World { lab: crate::support::Lab::bare_folder(), ..World::plain() };
    other.lab.git(&["clone", "-q", &world.private.url(), "."]);
    let (public, private) = (world.public.url(), world.private.url());
    other.lab.gx(&["mirror", "init", "--public", &public, "--private", &private]).exits(0);
    world.upstream_writes("README.md", "read this\n");
    other.lab.gx(&["sync-down"]).exits(0);
    let told = world.sync(&[], 0);
    assert_eq!((&told["how"], &told["incoming"]), (&json!("fast-forward"), &json!(0)));
    assert_eq!(world.lab.rev("HEAD"), other.lab.rev("HEAD"));
    assert_eq!(world.lab.status(), "");
    // The pairs of the two are one list, in whatever order they push.
    assert_eq!(world.sync(&[], 0)["pushed"], json!("up-to-date"));
}

#[test]
fn private_branches_that_went_apart_are_left_to_their_owner() {
    let world = World::new();
    world.lab_writes("private/a", "a\n");
    world.sync(&[], 0);
    world.lab.git(&["reset", "-q", "--hard", "HEAD^"]);
    let tip = world.lab_writes("private/b", "b\n");
    world.upstream_writes("README.md", "read this\n");
    let told = world.lab.gx(&["sync-down"]).exits(1);
    assert!(told.stderr.contains("went apart"), "{}", told.stderr);
    assert!(told.stderr.contains("git pull --no-rebase private main"), "{}", told.stderr);
    assert_eq!(world.lab.rev("HEAD"), tip);
}

#[test]
fn a_rewritten_upstream_stops_it_until_somebody_accepts_it() {
    let world = World::new();
    world.upstream_writes("README.md", "read this\n");
    world.sync(&[], 0);
    world.upstream.git(&["reset", "-q", "--hard", "HEAD^"]);
    world.upstream_writes("README.md", "read that\n");
    let head = world.lab.rev("HEAD");
    // A fetch by hand does not hide it.
    world.lab.git(&["fetch", "-q", "origin"]);
    for _ in 0..2 {
        let told = world.lab.gx(&["sync-down"]).exits(1);
        assert!(told.stderr.contains("upstream was rewritten"), "{}", told.stderr);
        assert!(told.stderr.contains("`gx sync-down --accept-rewrite`"), "{}", told.stderr);
    }
    let alarms = world.status()["alarms"].to_string();
    assert!(alarms.contains("upstream was rewritten"), "{alarms}");
    assert_eq!(world.lab.rev("HEAD"), head);
    world.lab.gx(&["sync-down", "--accept-rewrite"]).exits(1);
    world.lab.gx(&["sync", "abort"]).exits(0);
    world.upstream.git(&["reset", "-q", "--hard", "HEAD^"]);
    world.publish();
    world.lab.gx(&["sync-down"]).exits(1);
    world.lab.gx(&["sync-down", "--accept-rewrite"]).exits(0);
    world.lab.gx(&["sync-down"]).exits(0);
}

#[test]
fn a_rewrite_right_after_the_clone_is_seen_too() {
    let world = World::plain();
    world.init(&[]);
    world.upstream.git(&["commit", "-q", "--amend", "-m", "start anew"]);
    world.publish();
    for _ in 0..2 {
        let told = world.lab.gx(&["sync-down"]).exits(1);
        assert!(told.stderr.contains("upstream was rewritten"), "{}", told.stderr);
    }
}

#[test]
fn upstream_can_neither_add_private_files_nor_touch_the_policy() {
    for (path, told) in [
        ("private/theirs.md", "upstream has files where only private ones lie: private/theirs.md"),
        ("Private/theirs.md", "upstream has files where only private ones lie: Private/theirs.md"),
        (".gx/policy.toml", "upstream touches the policy of the private repository: .gx/policy.toml"),
        (".GX/policy.toml", "upstream touches the policy of the private repository: .GX/policy.toml"),
    ] {
        let world = World::new();
        let head = world.lab.rev("HEAD");
        world.upstream_writes(path, "[paths]\nexcept = [\"private/\"]\n");
        let said = world.lab.gx(&["sync-down"]).exits(3).stderr;
        assert!(said.contains(told), "{path}: {said}");
        assert_eq!((world.lab.rev("HEAD"), world.private_main()), (head.clone(), head), "{path}");
        world.upstream.git(&["rm", "-q", path]);
        world.upstream.commit("take it back");
        world.publish();
        world.sync(&[], 0);
        assert!(!world.lab.path(path).exists() || path.to_lowercase().starts_with(".gx"), "{path}");
    }
}

#[test]
fn what_may_lie_in_no_repository_does_not_come_even_where_upstream_took_it_back() {
    let world = World::new();
    let head = world.lab.rev("HEAD");
    let added = world.upstream_writes("deploy/.env", "TOKEN=1\n");
    world.upstream.git(&["rm", "-q", "deploy/.env"]);
    world.upstream.commit("take it back");
    world.publish();
    let told = world.lab.gx(&["sync-down"]).exits(3).stderr;
    assert!(told.contains(&format!("may lie in no repository: deploy/.env in {}", &added[..7])), "{told}");
    assert_eq!(world.lab.rev("HEAD"), head);
    // The way that it names is one that works.
    world.lab_writes(".gx/policy.toml", "[paths]\nexcept = [\"deploy/.env\"]\n");
    world.lab.git(&["push", "-q"]);
    assert_eq!(world.sync(&[], 0)["pushed"], json!("yes"));
}

#[test]
fn a_file_that_the_policy_excepts_comes_down() {
    let world = World::new();
    world.upstream_writes("private/README.md", "what belongs here\n");
    world.lab.gx(&["sync-down"]).exits(3);
    world.lab_writes(".gx/policy.toml", "[paths]\nexcept = [\"private/README.md\"]\n");
    // What is only here does not loosen anything.
    world.lab.gx(&["sync-down"]).exits(3);
    world.lab.git(&["push", "-q"]);
    assert_eq!(world.sync(&[], 0)["how"], json!("merge"));
    assert_eq!(world.lab.read("private/README.md"), "what belongs here\n");
}

#[test]
fn what_is_edited_here_is_left_alone_and_what_is_in_the_way_stops_it() {
    let world = World::new();
    world.upstream_writes("train.py", "1\n2\n");
    world.lab.write("README.md", "mine\n");
    world.lab.write("untracked", "mine\n");
    world.sync(&[], 0);
    assert_eq!(
        (world.lab.read("train.py").as_str(), world.lab.read("README.md").as_str()),
        ("1\n2\n", "mine\n")
    );
    assert_eq!(world.lab.status(), " M README.md\n?? untracked\n");
    let head = world.lab.rev("HEAD");
    world.upstream_writes("README.md", "theirs\n");
    let told = world.lab.gx(&["sync-down"]).exits(1);
    assert!(told.stderr.contains("README.md") && told.stderr.contains("stash"), "{}", told.stderr);
    assert_eq!((world.lab.rev("HEAD"), world.lab.read("README.md")), (head, "mine\n".to_owned()));
    assert!(!world.lab.path(".git/gx/sync/state.json").exists());
    world.lab.git(&["stash", "-q"]);
    world.sync(&[], 0);
    assert_eq!(world.lab.read("README.md"), "theirs\n");
}

#[test]
fn the_checkout_follows_from_wherever_it_is_called_and_other_work_trees_stay() {
    let world = World::new();
    world.lab.git(&["worktree", "add", "-q", "-b", "side", "../side"]);
    world.upstream_writes("README.md", "read this\n");
    let told =
        world.lab.gx_command().current_dir(world.lab.path("../side")).arg("sync-down").output().unwrap();
    assert!(told.status.success(), "{told:?}");
    assert_eq!(
        (world.lab.read("README.md").as_str(), world.lab.read("../side/README.md").as_str()),
        ("read this\n", "read me\n")
    );
    assert_eq!(world.lab.status(), "");
    assert_eq!(world.lab.git(&["-C", "../side", "status", "--porcelain"]), "");
}

#[test]
fn a_merge_in_progress_or_a_run_in_the_work_tree_keeps_it_from_moving() {
    let world = World::new();
    world.upstream_writes("README.md", "read this\n");
    world.lab.git(&["switch", "-q", "-c", "other", "HEAD^"]);
    world.lab_writes("x", "x\n");
    world.lab.git(&["switch", "-q", "main"]);
    world.lab.git(&["merge", "-q", "--no-commit", "--no-ff", "other"]);
    let told = world.lab.gx(&["sync-down"]).exits(1);
    assert!(told.stderr.contains("a merge is in progress"), "{}", told.stderr);
    world.lab.git(&["merge", "--abort"]);
    let run = std::fs::File::create(world.lab.path(".git/gx-run.lock")).unwrap();
    run.lock().unwrap();
    let (told, head) = (world.lab.gx(&["sync-down"]).exits(1), world.lab.rev("HEAD"));
    assert!(told.stderr.contains("is running in this work tree"), "{}", told.stderr);
    drop(run);
    world.sync(&[], 0);
    assert_ne!(world.lab.rev("HEAD"), head);
}

#[test]
fn private_commits_that_nobody_has_are_made_again_on_top_and_others_never() {
    let world = World::new();
    world.sync(&[], 0);
    world.lab_writes("private/a", "a\n");
    let told = world.lab.gx(&["sync-down", "--rebase"]).exits(0);
    assert!(told.stdout.contains("up to date"), "{}", told.stdout);
    world.lab.git(&["push", "-q"]);
    world.upstream_writes("README.md", "read this\n");
    let told = world.lab.gx(&["sync-down", "--rebase"]).exits(1);
    assert!(told.stderr.contains("`private/main` has the private commits already"), "{}", told.stderr);
    assert!(told.stderr.contains("`gx sync-down --merge`"), "{}", told.stderr);
}

#[test]
fn a_rebase_of_a_clone_that_has_pushed_nothing_keeps_authors_and_leaves_out_what_upstream_has() {
    let world = World::plain();
    world.init(&[]);
    world.lab_writes("private/a", "a\n");
    world.lab_writes("README.md", "read this\n");
    let (tip, public) = ("main".to_owned(), world.upstream_writes("README.md", "read this\n"));
    let told = world.sync(&["--rebase"], 0);
    assert_eq!((&told["how"], &told["rebased"]), (&json!("rebase"), &json!(2)));
    let log = world.lab.git(&["log", "--format=%s %an", &format!("{public}..{tip}")]);
    assert_eq!(log, "change private/a Ada\nSay what is private in this repository Ada\n");
    assert_eq!((world.lab.status(), world.private_main()), (String::new(), world.lab.rev("HEAD")));
    world.lab.fsck();
}

#[test]
fn a_rebase_that_conflicts_changes_nothing_and_offers_a_merge() {
    let world = World::plain();
    world.init(&[]);
    let tip = world.lab_writes("train.py", "mine\n");
    world.upstream_writes("train.py", "theirs\n");
    let told = world.lab.gx(&["sync-down", "--rebase"]).exits(1);
    assert!(told.stderr.contains("conflicts with upstream in train.py"), "{}", told.stderr);
    assert_eq!(world.lab.rev("HEAD"), tip);
}

#[test]
fn a_private_repository_that_refuses_is_told_and_what_was_joined_stays() {
    let world = World::new();
    world.upstream_writes("README.md", "read this\n");
    world.private.hook(&world.lab, "pre-receive", "echo no; exit 1");
    let told = world.lab.gx(&["sync-down"]).exits(1);
    assert!(told.stderr.contains("`private` refuses `refs/heads/main`"), "{}", told.stderr);
    assert_eq!(world.lab.read("README.md"), "read this\n");
    world.private.hook(&world.lab, "pre-receive", "exit 0");
    assert_eq!(world.sync(&[], 0)["pushed"], json!("yes"));
    // Nor does it go where nobody has declared it private.
    world.lab.gx(&["remote", "trust", "private", "--forget"]).exits(0);
    world.upstream_writes("README.md", "read that\n");
    let told = world.lab.gx(&["sync-down"]).exits(3);
    assert!(told.stderr.contains("gx remote trust private --private"), "{}", told.stderr);
}

#[test]
fn histories_without_a_common_commit_are_not_joined() {
    let world = World::plain();
    world.lab.git(&["switch", "-q", "--orphan", "work"]);
    world.lab_writes("other", "other\n");
    world.init(&["--private-branch", "work"]);
    let told = world.lab.gx(&["sync-down"]).exits(1);
    assert!(told.stderr.contains("have no commit in common"), "{}", told.stderr);
}
